/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/session_fixture.h"

#define LONG_ENOUGH "fifteen letters"
#define NEW(r, ...)                                                                                \
    {                                                                                              \
        .login = "a", .name = "n", .role = (r), ##__VA_ARGS__                                      \
    }

static const struct {
    const char *name;
    AccountNew  cmd;
} refused_cases[] = {
    { "a requester", NEW(ROLE_REQUESTER) },
    { "the system", NEW(ROLE_SYSTEM) },
    { "nobody", NEW(ROLE_NONE) },
    { "no login", { .login = "  ", .name = "n", .role = ROLE_UNIT } },
    { "a login of two words", { .login = "a b", .name = "n", .role = ROLE_UNIT } },
    { "a login that looks like another", { .login = "аdmin", .name = "n", .role = ROLE_UNIT } },
    { "no name", { .login = "a", .name = " ", .role = ROLE_UNIT } },
    { "a short password",
      NEW(ROLE_UNIT, .password = "fourteen chars", .totp = { totp_bytes, 20 }) },
    { "no second factor", NEW(ROLE_UNIT, .password = LONG_ENOUGH) },
    { "no password", NEW(ROLE_UNIT, .totp = { totp_bytes, 20 }) },
    { "a short second factor",
      NEW(ROLE_UNIT, .password = LONG_ENOUGH, .totp = { totp_bytes, 10 }) },
    { "an officer of no entity", NEW(ROLE_LIAISON) },
    { "an officer of an entity that is not there", NEW(ROLE_HEAD, .entity_id = 99) },
    { "the unit's of an entity", NEW(ROLE_UNIT, .entity_id = WATER) },
    { "a member of no directorate", NEW(ROLE_DIRECTORATE, .entity_id = WATER) },
    { "a member of another entity's directorate",
      NEW(ROLE_DIRECTORATE, .entity_id = HEALTH, .directorate_id = WATER_NETWORKS) },
    { "an officer of a directorate",
      NEW(ROLE_LIAISON, .entity_id = WATER, .directorate_id = WATER_NETWORKS) },
};

static void
refuses_accounts_that_cannot_be(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    AccountNew     right = { .login = "a", .name = "n", .role = ROLE_UNIT };
    AccountMade    made;
    GError        *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
        if (session_account_new(&context, &refused_cases[i].cmd, &made, &error))
            g_error("%s", refused_cases[i].name);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_clear_error(&error);
    }
    for (Role role = ROLE_NONE; role < ROLE_SYSTEM; role++) {
        Who by = { .role = role, .account_id = 1, .person_id = 1 };

        context.by = &by;
        if (role != ROLE_ADMIN)
            refused(session_account_new(&context, &right, &made, &error), &error,
                    APP_ERROR_FORBIDDEN);
    }
}

static void
repeats_a_command_and_keeps_a_login(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    AccountNew     cmd = { .login = "rania",
                           .name = "رانيا",
                           .role = ROLE_DIRECTORATE,
                           .entity_id = WATER,
                           .directorate_id = WATER_NETWORKS };
    AccountMade    first, again;
    GError        *error = NULL;

    context.command_id = command_id_read(fixture->mem, NULL);
    done(session_account_new(&context, &cmd, &first, &error), &error);
    done(session_account_new(&context, &cmd, &again, &error), &error);
    g_assert_cmpint(first.id, ==, again.id);
    g_assert_cmpstr(first.link_token, ==, again.link_token);
    g_assert_cmpint(count(fixture, &count_events, first.id), ==, 1);

    cmd.name = "other";
    refused(session_account_new(&context, &cmd, &again, &error), &error, APP_ERROR_INVALID);
    context.command_id = command_id_read(fixture->mem, NULL);
    cmd.login = "RANIA";
    refused(session_account_new(&context, &cmd, &again, &error), &error, APP_ERROR_INVALID);
}

static void
sets_up_by_a_link_once(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    AccountNew     cmd = { .login = "rania", .name = "رانيا", .role = ROLE_UNIT };
    AccountMade    made, late;
    Account        account;
    char           token[44];
    Who            who = { .role = ROLE_NONE };
    System        *sys = &fixture->sys;
    int64_t        n = 0;
    Arena         *mem = fixture->mem;
    GError        *error = NULL;

    done(session_account_new(&context, &cmd, &made, &error), &error);
    cmd.login = "late";
    done(session_account_new(&context, &cmd, &late, &error), &error);
    g_assert_cmpuint(strlen(made.link_token), ==, 43);
    done(session_count_accounts(IN(fixture), &n, &error), &error);
    g_assert_cmpint(n, ==, 2);
    refused(sign_in(fixture, "rania", password, code_now(fixture, 0), token, &error), &error,
            APP_ERROR_UNAUTHENTICATED);
    done(session_setup_account(sys, mem, made.link_token, &account, &error), &error);
    g_assert_cmpstr(account.login, ==, "rania");
    refused(session_setup_account(sys, mem, "nonsense", &account, &error), &error,
            APP_ERROR_NOT_FOUND);

    refused(session_setup(sys, mem, made.link_token, "short", totp, code_now(fixture, 0), &error),
            &error, APP_ERROR_INVALID);
    refused(session_setup(sys, mem, made.link_token, password, totp, "000000", &error), &error,
            APP_ERROR_INVALID);
    refused(session_setup(sys, mem, made.link_token, password, (Bytes){ totp_bytes, 19 }, "000000",
                          &error),
            &error, APP_ERROR_INVALID);
    done(session_setup(sys, mem, made.link_token, password, totp, code_now(fixture, 0), &error),
         &error);
    refused(session_setup(sys, mem, made.link_token, password, totp, code_now(fixture, 1), &error),
            &error, APP_ERROR_NOT_FOUND);
    refused(session_setup_account(sys, mem, made.link_token, &account, &error), &error,
            APP_ERROR_NOT_FOUND);
    refused(sign_in(fixture, "rania", password, code_now(fixture, 0), token, &error), &error,
            APP_ERROR_UNAUTHENTICATED); /* the code that set it up is used */
    done(sign_in(fixture, "rania", password, code_now(fixture, 1), token, &error), &error);
    done(who_is(fixture, token, &who, &error), &error);
    g_assert_cmpint(count(fixture, &count_events, made.id), ==, 2);

    clock_move(fixture->clock, 24 * HOURS);
    refused(session_setup_account(sys, mem, late.link_token, &account, &error), &error,
            APP_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/session_account/refuses accounts that cannot be",
                       refuses_accounts_that_cannot_be);
    engine_fixture_add("/session_account/repeats a command and keeps a login",
                       repeats_a_command_and_keeps_a_login);
    engine_fixture_add("/session_account/sets up by a link once", sets_up_by_a_link_once);
    return g_test_run();
}
