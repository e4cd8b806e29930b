/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Staff: password and second factor, of which each step counts once, and the one-time link. */
#include "base/text.h"
#include "core/cookie.h"
#include "feature/account/account_fixture.h"

#include <string.h>

#define GET(path) account_fixture_get(fixture, path)
#define POST(path, ...) account_fixture_post(fixture, path, __VA_ARGS__, NULL)
#define TARGET account_fixture_target(fixture)
#define CODE(off) account_fixture_code(fixture, account_fixture_totp, off)
#define SIGN_IN(login_, password_, code_)                                                          \
    POST("/staff/sign-in", "login", login_, "password", password_, "code", code_)

static void
leave(AccountFixture *fixture)
{
    testing_set_cookie(fixture->browser, COOKIE_STAFF, NULL);
}

/* ---- signing in ---- */

static void
signs_in_and_out(AccountFixture *fixture, const void *data)
{
    const char *old;

    (void)data;
    g_assert_cmpint(SIGN_IN(" Officer ", ACCOUNT_FIXTURE_PASSWORD, CODE(0)), ==, 303);
    g_assert_cmpstr(TARGET, ==, "/office");
    old = arena_copy(fixture->core->mem, testing_cookie(fixture->browser, COOKIE_STAFF));
    g_assert_cmpint(GET("/staff/sign-in"), ==, 303); /* is in already */
    g_assert_cmpint(GET("/sign-in"), ==, 403);       /* the citizens' */
    g_assert_cmpint(POST("/sign-out", "none", ""), ==, 303);
    g_assert_cmpint(GET("/staff/sign-in"), ==, 200);
    testing_set_cookie(fixture->browser, COOKIE_STAFF, old); /* kept by somebody */
    g_assert_cmpint(GET("/staff/sign-in"), ==, 200);
}

static void
goes_on_where_it_was(AccountFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST("/staff/sign-in", "login", "officer", "password", ACCOUNT_FIXTURE_PASSWORD,
                         "code", CODE(0), "next", "/office/search?q=x"),
                    ==, 303);
    g_assert_cmpstr(TARGET, ==, "/office/search?q=x");
    leave(fixture);
    g_assert_cmpint(POST("/staff/sign-in", "login", "officer", "password", ACCOUNT_FIXTURE_PASSWORD,
                         "code", CODE(1), "next", "//evil.example"),
                    ==, 303);
    g_assert_cmpstr(TARGET, ==, "/office");
}

static void
a_step_counts_once(AccountFixture *fixture, const void *data)
{
    const char *before = CODE(-1), *now = CODE(0), *next = CODE(1);

    (void)data;
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, now), ==, 303);
    leave(fixture);
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, now), ==, 422);
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, before), ==, 422);
    g_assert_null(testing_cookie(fixture->browser, COOKIE_STAFF));
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, next), ==, 303);
    leave(fixture);
    clock_move(fixture->core->clock, 30 * SECONDS);
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, next), ==, 422); /* the same one */
    clock_move(fixture->core->clock, 30 * SECONDS);
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, CODE(0)), ==, 303);
}

/* A wrong password does not use the step up. */
static void
whatever_is_wrong_looks_the_same(AccountFixture *fixture, const void *data)
{
    const struct {
        const char *login, *password, *code;
    } tries[] = {
        { "officer", "كلمة أخرى لا يعرفها أحد", CODE(0) },
        { "officer", ACCOUNT_FIXTURE_PASSWORD, CODE(7) },
        { "officer", ACCOUNT_FIXTURE_PASSWORD, CODE(-7) },
        { "nobody", ACCOUNT_FIXTURE_PASSWORD, CODE(0) },
        { "officer' OR '1'='1", ACCOUNT_FIXTURE_PASSWORD, CODE(0) },
    };
    char *first = NULL;

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
        g_assert_cmpint(SIGN_IN(tries[i].login, tries[i].password, tries[i].code), ==, 422);
        if (first == NULL)
            first = account_fixture_bare(fixture);
        g_assert_cmpstr(account_fixture_bare(fixture), ==, first);
        g_assert_null(testing_cookie(fixture->browser, COOKIE_STAFF));
    }
    g_assert_cmpint(SIGN_IN("officer", ACCOUNT_FIXTURE_PASSWORD, CODE(0)), ==, 303);
}

/* ---- the link ---- */

static const char *
path_of(AccountFixture *fixture, const char *token)
{
    return arena_printf(fixture->core->mem, "/staff/setup/%s", token);
}

/* The secret that the page carries. */
static const char *
secret_of(AccountFixture *fixture, uint8_t totp[20])
{
    static const char begin[] = "name=\"secret\" value=\"";
    const char       *at = strstr(testing_text(fixture->browser), begin);
    const char       *secret;

    g_assert_nonnull(at);
    secret = arena_text(fixture->core->mem, at + sizeof begin - 1, 40);
    g_assert_true(text_from_hex(secret, totp, 20));
    return secret;
}

static void
a_link_sets_up_once(AccountFixture *fixture, const void *data)
{
    const char *path = path_of(fixture, account_fixture_link(fixture, "head", ROLE_UNIT));
    const char *secret;
    uint8_t     totp[20], other[20];

    (void)data;
    g_assert_cmpint(GET(path), ==, 200);
    account_fixture_shows(fixture, "head");
    secret = secret_of(fixture, totp);
    g_assert_cmpint(
        POST(path, "password", ACCOUNT_FIXTURE_PASSWORD, "code", "000000", "secret", secret), ==,
        422);
    g_assert_cmpstr(secret_of(fixture, other), ==, secret); /* the QR code that was scanned stays */
    g_assert_cmpint(POST(path, "password", "قصيرة", "code", account_fixture_code(fixture, totp, 0),
                         "secret", secret),
                    ==, 422);
    g_assert_cmpint(POST(path, "password", ACCOUNT_FIXTURE_PASSWORD, "code",
                         account_fixture_code(fixture, totp, 0), "secret", secret),
                    ==, 303);
    g_assert_cmpstr(TARGET, ==, "/staff/sign-in?done=setup");
    g_assert_cmpint(GET(path), ==, 404);
    g_assert_cmpint(POST(path, "password", ACCOUNT_FIXTURE_PASSWORD, "code",
                         account_fixture_code(fixture, totp, 1), "secret", secret),
                    ==, 404);

    /* What was shown while setting up is used as well. */
    g_assert_cmpint(
        SIGN_IN("head", ACCOUNT_FIXTURE_PASSWORD, account_fixture_code(fixture, totp, 0)), ==, 422);
    g_assert_cmpint(
        SIGN_IN("head", ACCOUNT_FIXTURE_PASSWORD, account_fixture_code(fixture, totp, 1)), ==, 303);
    g_assert_cmpstr(TARGET, ==, "/office/triage");
}

static void
a_link_that_is_none(AccountFixture *fixture, const void *data)
{
    const char *path = path_of(fixture, account_fixture_link(fixture, "late", ROLE_AUDITOR));
    uint8_t     totp[20];

    (void)data;
    g_assert_cmpint(GET(path_of(fixture, "A")), ==, 404);
    g_assert_cmpint(GET(path_of(fixture, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), ==, 404);
    g_assert_cmpint(GET(path), ==, 200);
    secret_of(fixture, totp);
    for (size_t i = 0; i < 3; i++) {
        static const char *const changed[] = { "", "00",
                                               "no secret at all, and far too long for it" };

        g_assert_cmpint(POST(path, "password", ACCOUNT_FIXTURE_PASSWORD, "code",
                             account_fixture_code(fixture, totp, 0), "secret", changed[i]),
                        ==, 422);
    }
    g_assert_cmpint(
        SIGN_IN("late", ACCOUNT_FIXTURE_PASSWORD, account_fixture_code(fixture, totp, 0)), ==,
        422); /* nobody's password yet */
    clock_move(fixture->core->clock, 24 * HOURS);
    g_assert_cmpint(GET(path), ==, 404);
}

#define ADD(name, test)                                                                            \
    g_test_add("/account_staff/" name, AccountFixture, "officer", account_fixture_up, test,        \
               account_fixture_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("sign-in", signs_in_and_out);
    ADD("next", goes_on_where_it_was);
    ADD("step", a_step_counts_once);
    ADD("wrong", whatever_is_wrong_looks_the_same);
    ADD("link", a_link_sets_up_once);
    ADD("no-link", a_link_that_is_none);
    return g_test_run();
}
