/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A person is known by their place: the same document and telephone in every run, whatever its seed. */
#include "feature/generate/generate_people.h"

enum {
    STREAM_PERSON = 3,
    REGISTRATION_STEP = 1000,
    ASKED_MOST = 64 /* in one snapshot of a database that each question travels to */
};

static const Who by = { .role = ROLE_SYSTEM, .lang = "ar" };

static void
fill(const GenerateRun *run, Arena *mem, int64_t place, VaultRegister *cmd)
{
    GenerateDraw draw = generate_draw_of(run->seed, STREAM_PERSON, (uint64_t)place);
    Identity    *identity = ARENA_NEW(mem, Identity);
    Contact     *contact = ARENA_NEW(mem, Contact);
    size_t year = 1940 + generate_draw_below(&draw, 66), day = generate_draw_below(&draw, 336);

    *identity =
        (Identity){ .document_type = "national_number",
                    .document_issuer = "JO",
                    .document_number = arena_printf(mem, "8%09" G_GINT64_FORMAT, (gint64)place),
                    .birth_date =
                        arena_printf(mem, "%04zu-%02zu-%02zu", year, day / 28 + 1, day % 28 + 1) };
    generate_texts_name(run->texts, &draw, identity->name);
    *contact = (Contact){ .phone = arena_printf(mem, "96278%07" G_GINT64_FORMAT,
                                                (gint64)(place % 10000000)) };
    *cmd =
        (VaultRegister){ .identity = identity,
                         .contact = contact,
                         .verification = VAULT_VERIFIED,
                         .lang = "ar",
                         .by = &by,
                         .command_id = generate_command_id(run, mem, 0, place, REGISTRATION_STEP) };
}

static bool
register_all(const GenerateRun *run, Arena *mem, const VaultRegister *cmds, size_t n,
             VaultPerson *made, GError **error)
{
    Vault *vault = run->sys->vault;
    size_t most = db_is_shared(vault_db(vault)) ? ASKED_MOST : n;

    for (size_t at = 0; at < n; at += most)
        if (!vault_register_each(vault, mem, cmds + at, MIN(n - at, most), made + at, error))
            return false;
    return true;
}

bool
generate_people_meet(GenerateRun *run, Arena *mem, const GenerateRequest *requests, size_t n,
                     GError **error)
{
    VaultRegister *cmds = ARENA_ARRAY(mem, VaultRegister, n);
    VaultPerson   *made = ARENA_ARRAY(mem, VaultPerson, n);
    int64_t       *places = ARENA_ARRAY(mem, int64_t, n);
    size_t         fresh = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t place = requests[i].person;

        if (run->persons[place] != 0)
            continue;
        run->persons[place] = -1; /* asked for, once */
        places[fresh] = place;
        fill(run, mem, place, &cmds[fresh++]);
    }
    if (!register_all(run, mem, cmds, fresh, made, error))
        return false;
    for (size_t i = 0; i < fresh; i++)
        run->persons[places[i]] = made[i].id;
    return true;
}
