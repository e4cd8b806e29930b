/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/thread.h"
#include "core/session_fixture.h"
#include "db/verify.h"

#include <stdatomic.h>
#include <time.h>

/* ---- signing in ---- */

static void
signs_in_with_both_factors(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    AccountMade made = make(fixture, " Sami.K ", ROLE_LIAISON, WATER);
    char        token[44] = "";
    Who         who = { .lang = "ar", .person_id = 3 };
    GError     *error = NULL;

    g_assert_null(made.link_token);
    done(sign_in(fixture, "SAMI.k", password, code_now(fixture, 0), token, &error), &error);
    g_assert_cmpuint(strlen(token), ==, 43);
    done(who_is(fixture, token, &who, &error), &error);
    g_assert_cmpint(who.role, ==, ROLE_LIAISON);
    g_assert_cmpint(who.account_id, ==, made.id);
    g_assert_cmpint(who.entity_id, ==, WATER);
    g_assert_cmpint(who.directorate_id, ==, 0);
    g_assert_cmpstr(who.name, ==, "سامي الخطيب");
    g_assert_cmpstr(who.lang, ==, "ar");
    g_assert_cmpuint(who.session.size, ==, 32);

    done(session_end(IN(fixture), who.session, &error), &error);
    refused(who_is(fixture, token, &who, &error), &error, APP_ERROR_NOT_FOUND);
    done(session_end(IN(fixture), (Bytes){ NULL, 0 }, &error), &error);
}

static const struct {
    const char *name, *login, *word;
    int         off; /* steps; 9: no digits at all */
} wrong_cases[] = {
    { "an unknown login", "nobody", password, 0 },
    { "no login", "", password, 0 },
    { "another password", "sami", "حصان بطارية دبوس خطأ", 0 },
    { "no password", "sami", "", 0 },
    { "a code of two steps ago", "sami", password, -2 },
    { "a code of the step after next", "sami", password, 2 },
    { "no code", "sami", password, 9 },
    { "everything wrong", "nobody", "x", 9 },
};

static void
answers_the_same_whatever_is_wrong(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    g_autofree char *first = NULL;
    GError          *error = NULL;

    make(fixture, "sami", ROLE_UNIT, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong_cases); i++) {
        char        token[44] = "untouched";
        const char *digits = wrong_cases[i].off == 9 ? "" : code_now(fixture, wrong_cases[i].off);

        g_assert_false(
            sign_in(fixture, wrong_cases[i].login, wrong_cases[i].word, digits, token, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
        if (first == NULL)
            first = g_strdup(error->message);
        g_assert_cmpstr(error->message, ==, first);
        g_assert_cmpstr(token, ==, "untouched");
        g_clear_error(&error);
    }
    g_assert_cmpint(count(fixture, &count_sessions, 0), ==, 0);
}

/* Of this thread, so that a busy machine does not matter. */
static int64_t
processor_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * SECONDS + now.tv_nsec / 1000;
}

static int64_t
time_of(CoreFixture *fixture, const char *login)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < 4; i++) {
        g_autoptr(GError) error = NULL;
        int64_t begun = processor_time();
        char    token[44];

        g_assert_false(sign_in(fixture, login, "a wrong password", "123456", token, &error));
        best = MIN(best, processor_time() - begun);
    }
    return best;
}

static void
takes_as_long_for_nobody(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    int64_t somebody, nobody;

    make(fixture, "sami", ROLE_UNIT, 0);
    somebody = time_of(fixture, "sami");
    nobody = time_of(fixture, "nobody");
    g_test_message("sami %" G_GINT64_FORMAT " us, nobody %" G_GINT64_FORMAT " us", somebody,
                   nobody);
    g_assert_cmpint(nobody, >, somebody / 2);
    g_assert_cmpint(somebody, >, nobody / 2);
}

static void
takes_a_step_once(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    char    token[44];
    GError *error = NULL;

    make(fixture, "sami", ROLE_UNIT, 0);
    done(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error);
    refused(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error,
            APP_ERROR_UNAUTHENTICATED);
    refused(sign_in(fixture, "sami", password, code_now(fixture, -1), token, &error), &error,
            APP_ERROR_UNAUTHENTICATED);
    done(sign_in(fixture, "sami", password, code_now(fixture, 1), token, &error), &error);
    clock_move(fixture->clock, 30 * SECONDS);
    refused(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error,
            APP_ERROR_UNAUTHENTICATED); /* was used a step early */
    clock_move(fixture->clock, 30 * SECONDS);
    done(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error);
}

typedef struct {
    CoreFixture *fixture;
    const char  *digits;
    atomic_int   let_in;
} Crowd;

static void *
sign_in_in_crowd(void *data)
{
    Crowd *crowd = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    char token[44];

    if (session_sign_in(&crowd->fixture->sys, mem, "sami", password, crowd->digits, token, &error))
        atomic_fetch_add(&crowd->let_in, 1);
    else
        g_assert_cmpint(error_code(error), ==, APP_ERROR_UNAUTHENTICATED);
    return NULL;
}

static void
lets_one_in_by_one_code(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    Crowd     crowd = { .fixture = fixture };
    pthread_t threads[6];

    make(fixture, "sami", ROLE_UNIT, 0);
    crowd.digits = code_now(fixture, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("crowd", 0, sign_in_in_crowd, &crowd);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
    g_assert_cmpint(crowd.let_in, ==, 1);
    g_assert_cmpint(count(fixture, &count_sessions, 0), ==, 1);
}

/* ---- sessions ---- */

static void
ends_idle_and_after_twelve_hours(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    char    token[44], idle[44];
    Who     who = { .role = ROLE_NONE };
    int64_t n;
    GError *error = NULL;

    make(fixture, "sami", ROLE_UNIT, 0);
    done(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error);
    done(sign_in(fixture, "sami", password, code_now(fixture, 1), idle, &error), &error);
    for (int i = 0; i < 12 * 3 - 1; i++) {
        clock_move(fixture->clock, 20 * MINUTES);
        done(who_is(fixture, token, &who, &error), &error);
        if (i % 5 == 0)
            done(session_flush_seen(IN(fixture), &error), &error);
    }
    refused(who_is(fixture, idle, &who, &error), &error, APP_ERROR_NOT_FOUND);
    clock_move(fixture->clock, 20 * MINUTES);
    refused(who_is(fixture, token, &who, &error), &error, APP_ERROR_NOT_FOUND);
    refused(who_is(fixture, "nonsense", &who, &error), &error, APP_ERROR_NOT_FOUND);
    refused(who_is(fixture, NULL, &who, &error), &error, APP_ERROR_NOT_FOUND);

    done(session_sweep(IN(fixture), &n, &error), &error);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpint(count(fixture, &count_sessions, 0), ==, 0);
}

static bool
prepare_role(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    int64_t id = *(const int64_t *)cmd;
    Event   event = { .petition_id = id,
                      .version = 2,
                      .kind = "account_role",
                      .visibility = "unit",
                      .actor_role = ROLE_SYSTEM };

    (void)result;
    if (!event_append(prepare, &event, error))
        return false;
    plan_one(prepare->plan, &change_role, DB_PARAMS(db_text("analyst"), db_int(id)));
    return true;
}

/* Without ending its sessions, as session_account_disable does. */
static bool
prepare_disable_only(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    int64_t id = *(const int64_t *)cmd;
    Event   event = { .petition_id = id,
                      .version = 2,
                      .kind = "account_disable",
                      .visibility = "unit",
                      .actor_role = ROLE_SYSTEM };

    (void)result;
    if (!event_append(prepare, &event, error))
        return false;
    plan_one(prepare->plan, &disable_only, DB_PARAMS(db_int(id)));
    return true;
}

static void
lets_no_session_outlive_its_account(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    AccountMade    made = make(fixture, "sami", ROLE_UNIT, 0);
    char           token[44];
    Who            who = { .role = ROLE_NONE };
    GError        *error = NULL;

    done(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error);
    done(command_run(&context, prepare_disable_only, &made.id, NULL, NULL, &error), &error);
    g_assert_cmpint(count(fixture, &count_sessions, 0), ==, 1);
    refused(who_is(fixture, token, &who, &error), &error, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(who.role, ==, ROLE_NONE);
}

static void
is_what_the_account_is(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    const Who      unit = { .role = ROLE_UNIT, .account_id = 1 };
    AccountMade    made = make(fixture, "sami", ROLE_UNIT, 0);
    char           token[44];
    Who            who = { .role = ROLE_NONE };
    GError        *error = NULL;

    done(sign_in(fixture, "sami", password, code_now(fixture, 0), token, &error), &error);
    done(command_run(&context, prepare_role, &made.id, NULL, NULL, &error), &error);
    done(who_is(fixture, token, &who, &error), &error);
    g_assert_cmpint(who.role, ==, ROLE_ANALYST);

    context.by = &unit;
    refused(session_account_disable(&context, made.id, &error), &error, APP_ERROR_FORBIDDEN);
    context = core_fixture_context(fixture, fixture->mem);
    done(session_account_disable(&context, made.id, &error), &error);
    refused(who_is(fixture, token, &who, &error), &error, APP_ERROR_NOT_FOUND);
    refused(sign_in(fixture, "sami", password, code_now(fixture, 1), token, &error), &error,
            APP_ERROR_UNAUTHENTICATED);
    done(session_account_disable(&context, made.id, &error), &error);
    refused(session_account_disable(&context, 5, &error), &error, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(count(fixture, &count_events, made.id), ==, 3);
    g_assert_cmpint(count(fixture, &count_sessions, 0), ==, 0);
}

/* ---- tokens ---- */

static void
binds_a_form_to_its_session(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    uint8_t a[32] = { 1 }, b[32] = { 2 };
    Who visitor = { .visitor = BYTES_OF(a) }, other = { .visitor = BYTES_OF(b) }, nobody = { 0 };
    Who session = { .visitor = BYTES_OF(a), .session = BYTES_OF(b) };
    Who turned = { .visitor = BYTES_OF(b), .session = BYTES_OF(a) };
    System *sys = &fixture->sys;
    char   *token = session_csrf(sys, fixture->mem, &visitor), *inside;
    GError *error = NULL;

    g_assert_cmpuint(strlen(token), ==, 64);
    g_assert_cmpstr(token, !=, session_csrf(sys, fixture->mem, &visitor));
    g_assert_true(session_csrf_is_right(sys, &visitor, token));
    g_assert_false(session_csrf_is_right(sys, &other, token));
    g_assert_false(session_csrf_is_right(sys, &session, token));
    inside = session_csrf(sys, fixture->mem, &session);
    g_assert_true(session_csrf_is_right(sys, &session, inside));
    g_assert_false(session_csrf_is_right(sys, &turned, inside));
    g_assert_false(session_csrf_is_right(sys, &visitor, inside));
    g_assert_false(session_csrf_is_right(sys, &other, inside)); /* a session's is no visitor's */

    g_assert_cmpstr(session_csrf(sys, fixture->mem, &nobody), ==, "");
    g_assert_false(session_csrf_is_right(sys, &nobody, ""));
    g_assert_false(session_csrf_is_right(sys, &nobody, token));
    g_assert_false(session_csrf_is_right(sys, &visitor, NULL));
    g_assert_false(session_csrf_is_right(sys, &visitor, ""));
    for (size_t i = 0; i < 64; i++) {
        char changed[65];

        memcpy(changed, token, sizeof changed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        g_assert_false(session_csrf_is_right(sys, &visitor, changed));
    }
    done(vault_rotate(sys->vault, VAULT_KEY_COOKIE, &error), &error);
    g_assert_true(session_csrf_is_right(sys, &visitor, token));
    done(vault_rotate(sys->vault, VAULT_KEY_COOKIE, &error), &error);
    g_assert_false(session_csrf_is_right(sys, &visitor, token));
}

static void
follows_one_petition_for_half_an_hour(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    System *sys = &fixture->sys;
    char   *cookie = session_follow_cookie(sys, fixture->mem, 4711);
    int64_t id = 0;
    GError *error = NULL;

    g_assert_true(session_follow_read(sys, fixture->mem, cookie, &id));
    g_assert_cmpint(id, ==, 4711);
    id = 0;
    for (size_t i = 0; cookie[i] != '\0'; i++) {
        char kept = cookie[i];

        cookie[i] = kept == 'A' ? 'B' : 'A';
        g_assert_false(session_follow_read(sys, fixture->mem, cookie, &id));
        cookie[i] = kept;
    }
    g_assert_false(session_follow_read(sys, fixture->mem, "", &id));
    g_assert_false(session_follow_read(sys, fixture->mem, NULL, &id));
    g_assert_cmpint(id, ==, 0);

    done(vault_rotate(sys->vault, VAULT_KEY_COOKIE, &error), &error);
    clock_move(fixture->clock, 30 * MINUTES - 1);
    g_assert_true(session_follow_read(sys, fixture->mem, cookie, &id));
    clock_move(fixture->clock, 1);
    g_assert_false(session_follow_read(sys, fixture->mem, cookie, &id));
}

static void
costs(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    g_autoptr(Arena) mem = arena_new();
    uint8_t session[32] = { 1 };
    Who     who = { .session = BYTES_OF(session) };
    char   *token = session_csrf(IN(fixture), &who), staff[44];
    int64_t begun;
    GError *error = NULL;

    begun = clock_monotonic();
    for (int i = 0; i < 20000; i++)
        g_assert_cmpuint(strlen(session_csrf(&fixture->sys, mem, &who)), ==, 64);
    g_test_message("csrf token made: %.2f us", (double)(clock_monotonic() - begun) / 20000);
    begun = clock_monotonic();
    for (int i = 0; i < 20000; i++)
        g_assert_true(session_csrf_is_right(&fixture->sys, &who, token));
    g_test_message("csrf token checked: %.2f us", (double)(clock_monotonic() - begun) / 20000);

    make(fixture, "sami", ROLE_UNIT, 0);
    done(sign_in(fixture, "sami", password, code_now(fixture, 0), staff, &error), &error);
    begun = clock_monotonic();
    for (int i = 0; i < 20000; i++)
        g_assert_true(who_is(fixture, staff, &who, NULL));
    g_test_message("staff session looked up: %.2f us", (double)(clock_monotonic() - begun) / 20000);
}

static void
reads_by_index(void)
{
    g_autoptr(CoreFixture) fixture = new_fixture();
    GError *error = NULL;

    done(db_verify_plans(fixture->sys.db, &error), &error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/session/signs in with both factors", signs_in_with_both_factors);
    g_test_add_func("/session/answers the same whatever is wrong",
                    answers_the_same_whatever_is_wrong);
    g_test_add_func("/session/takes as long for nobody", takes_as_long_for_nobody);
    engine_fixture_add("/session/takes a step once", takes_a_step_once);
    engine_fixture_add("/session/lets one in by one code", lets_one_in_by_one_code);
    engine_fixture_add("/session/ends idle and after twelve hours",
                       ends_idle_and_after_twelve_hours);
    engine_fixture_add("/session/is what the account is", is_what_the_account_is);
    engine_fixture_add("/session/lets no session outlive its account",
                       lets_no_session_outlive_its_account);
    engine_fixture_add("/session/binds a form to its session", binds_a_form_to_its_session);
    engine_fixture_add("/session/follows one petition for half an hour",
                       follows_one_petition_for_half_an_hour);
    engine_fixture_add("/session/reads by index", reads_by_index);
    g_test_add_func("/session/costs", costs);
    return g_test_run();
}
