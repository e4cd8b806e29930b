/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Codes become ids here; what goes with what is core/session's to judge. */
#include "app/appoint.h"

#include "core/session.h"

static bool
find_entity(const Reference *ref, const char *code, AccountNew *cmd, GError **error)
{
    const Entity *entity = reference_entity_by_code(ref, code);

    if (entity == NULL || entity->retired)
        return fail(error, APP_ERROR_INVALID, "there is no entity \"%s\"", code);
    cmd->entity_id = entity->id;
    return true;
}

static bool
find_directorate(const Reference *ref, const char *code, AccountNew *cmd, GError **error)
{
    const Directorate *directorate = reference_directorate_by_code(ref, code);

    if (directorate == NULL || directorate->retired)
        return fail(error, APP_ERROR_INVALID, "there is no directorate \"%s\"", code);
    cmd->directorate_id = directorate->id;
    return true;
}

bool
appoint(System *sys, int argc, char **argv, FILE *out, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    const Reference *ref = system_reference(sys);
    Who              system_who = { .role = ROLE_SYSTEM };
    CommandContext   context = { .sys = sys, .mem = mem, .by = &system_who };
    AccountNew       cmd;
    AccountMade      made;

    if (argc < 3 || argc > 5)
        return fail(error, APP_ERROR_INVALID,
                    "accounts add takes LOGIN ROLE NAME [ENTITY [DIRECTORATE]]");
    cmd = (AccountNew){ .login = argv[0], .name = argv[2] };
    if (!role_parse(argv[1], &cmd.role))
        return fail(error, APP_ERROR_INVALID, "there is no role \"%s\"", argv[1]);
    if ((argc > 3 && !find_entity(ref, argv[3], &cmd, error)) ||
        (argc > 4 && !find_directorate(ref, argv[4], &cmd, error)) ||
        !session_account_new(&context, &cmd, &made, error))
        return false;

    fprintf(
        out,
        "\"%s\": set password and second factor within 24 hours, once, at\n  %s/staff/setup/%s\n",
        cmd.login, sys->address, made.link_token);
    return true;
}
