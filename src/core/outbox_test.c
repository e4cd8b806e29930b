/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/outbox.h"

#include "base/thread.h"
#include "core/core_fixture_petition.h"

static void
done(bool succeeded, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(succeeded);
}

static void
refused(bool succeeded, GError **error, AppError code)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    g_clear_error(error);
}

/* Messages that are a petition's and messages that are nobody's. */
static bool
add_message(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    (void)result, (void)error;
    outbox_add(prepare, cmd);
    return true;
}

static void
add(CoreFixture *fixture, const char *channel, const char *dedupe, AppTime at)
{
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    OutboxMessage  message = {
         .recipient = "account",
         .account_id = 3,
         .channel = channel,
         .message = "climb",
         .lang = "ar",
         .dedupe = dedupe,
         .at = at,
    };
    GError *error = NULL;

    done(command_run(&context, add_message, &message, NULL, NULL, &error), error);
}

static size_t
claim(CoreFixture *fixture, const char *channel, OutboxRow **rows)
{
    GError *error = NULL;
    size_t  n = 0;

    done(outbox_claim(&fixture->sys, fixture->mem, channel, 10, rows, &n, &error), error);
    return n;
}

static size_t
recent(CoreFixture *fixture, int64_t before, OutboxRow **rows)
{
    GError *error = NULL;
    size_t  n = 0;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    done(outbox_recent(tx, before, rows, &n, &error), error);
    return n;
}

static void
only_what_is_due_on_the_channel(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows;

    add(fixture, "sms", "now", 0);
    add(fixture, "sms", "later", CORE_FIXTURE_NOW + HOURS);
    add(fixture, "email", "mail", 0);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 1);
    g_assert_cmpstr(rows[0].dedupe, ==, "now");
    g_assert_cmpstr(rows[0].fate, ==, "waiting");
    g_assert_cmpint(rows[0].tries, ==, 1);
    g_assert_cmpint(rows[0].account_id, ==, 3);
    g_assert_cmpint(rows[0].petition_id, ==, 0);
    g_assert_cmpint(claim(fixture, "call", &rows), ==, 0);
}

static void
the_same_message_is_written_once(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows;

    add(fixture, "sms", "once", 0);
    add(fixture, "email", "once", 0);
    g_assert_cmpint(recent(fixture, 0, &rows), ==, 1);
    g_assert_cmpstr(rows[0].channel, ==, "sms");
}

static void
a_lease_ends(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *first, *second, *none;
    GError    *error = NULL;

    add(fixture, "sms", "a", 0);
    g_assert_cmpint(claim(fixture, "sms", &first), ==, 1);
    g_assert_cmpint(claim(fixture, "sms", &none), ==, 0);
    clock_move(fixture->clock, 59 * SECONDS);
    g_assert_cmpint(claim(fixture, "sms", &none), ==, 0);

    clock_move(fixture->clock, 2 * SECONDS); /* its sender died */
    g_assert_cmpint(claim(fixture, "sms", &second), ==, 1);
    g_assert_cmpint(second[0].tries, ==, 2);

    refused(outbox_settle(&fixture->sys, fixture->mem, first, "sent", 0, NULL, &error), &error,
            APP_ERROR_CONFLICT);
    done(outbox_settle(&fixture->sys, fixture->mem, second, "sent", 0, NULL, &error), error);
    refused(outbox_settle(&fixture->sys, fixture->mem, second, "sent", 0, NULL, &error), &error,
            APP_ERROR_CONFLICT);
}

static void
waits_and_dies_visibly(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows;
    GError    *error = NULL;

    add(fixture, "sms", "a", 0);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 1);
    done(outbox_settle(&fixture->sys, fixture->mem, rows, "waiting", CORE_FIXTURE_NOW + 5 * MINUTES,
                       "gateway 503", &error),
         error);
    clock_move(fixture->clock, 4 * MINUTES);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 0);
    clock_move(fixture->clock, 2 * MINUTES);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 1);
    g_assert_cmpstr(rows[0].error, ==, "gateway 503");

    done(outbox_settle(&fixture->sys, fixture->mem, rows, "dead", 0, "no such number", &error),
         error);
    clock_move(fixture->clock, DAYS);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 0);
    g_assert_cmpint(recent(fixture, 0, &rows), ==, 1);
    g_assert_cmpstr(rows[0].fate, ==, "dead");
    g_assert_cmpstr(rows[0].error, ==, "no such number");
    g_assert_cmpint(rows[0].tries, ==, 2);
    g_assert_cmpint(rows[0].done_at, ==, CORE_FIXTURE_NOW + 6 * MINUTES);
    g_assert_cmpint(rows[0].next_at, ==, 0);
}

static AppTime
next(CoreFixture *fixture, const char *channel)
{
    GError *error = NULL;
    AppTime at = 1;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    done(outbox_next(tx, channel, &at, &error), error);
    return at;
}

static void
goes_back_untried(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows, *again;
    GError    *error = NULL;

    add(fixture, "sms", "a", 0);
    add(fixture, "sms", "b", 0);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 2);
    g_assert_cmpint(next(fixture, "sms"), ==, CORE_FIXTURE_NOW + MINUTES);
    done(outbox_settle(&fixture->sys, fixture->mem, &rows[0], "sent", 0, NULL, &error), error);
    done(outbox_give_back(&fixture->sys, fixture->mem, rows, 2, CORE_FIXTURE_NOW + 5, &error),
         error); /* the first is settled: it stays so */
    g_assert_cmpint(next(fixture, "sms"), ==, CORE_FIXTURE_NOW + 5);
    g_assert_cmpint(next(fixture, "email"), ==, 0);

    clock_move(fixture->clock, 5);
    g_assert_cmpint(claim(fixture, "sms", &again), ==, 1);
    g_assert_cmpstr(again[0].dedupe, ==, "b");
    g_assert_cmpint(again[0].tries, ==, 1);
}

static void
falls_back_once(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *sms, *mail, *all;
    GError    *error = NULL;

    add(fixture, "sms", "sms", 0);
    g_assert_cmpint(claim(fixture, "sms", &sms), ==, 1);
    done(outbox_fall_back(&fixture->sys, fixture->mem, sms, "refused", "email", "mail", &error),
         error);
    refused(outbox_fall_back(&fixture->sys, fixture->mem, sms, "refused", "email", "x", &error),
            &error, APP_ERROR_CONFLICT);

    g_assert_cmpint(claim(fixture, "email", &mail), ==, 1);
    g_assert_cmpstr(mail[0].message, ==, "climb");
    g_assert_cmpstr(mail[0].lang, ==, "ar");
    g_assert_cmpint(mail[0].account_id, ==, 3);
    done(outbox_fall_back(&fixture->sys, fixture->mem, mail, "refused", "sms", "sms", &error),
         error); /* there it was already */
    g_assert_cmpint(recent(fixture, 0, &all), ==, 2);
    for (int i = 0; i < 2; i++)
        g_assert_cmpstr(all[i].fate, ==, "dead");
}

static void
a_new_process_takes_over(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows, *again;
    GError    *error = NULL;

    add(fixture, "sms", "a", 0);
    add(fixture, "call", "b", 0);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 1);
    g_assert_cmpint(claim(fixture, "call", &rows), ==, 1);
    done(outbox_recover(&fixture->sys, fixture->mem, &error), error);
    g_assert_cmpint(claim(fixture, "sms", &again), ==, 1);
    g_assert_cmpint(again[0].tries, ==, 2);
    g_assert_cmpint(claim(fixture, "call", &again), ==, 0); /* a person has it */
}

static void
refuses_what_is_no_fate(void)
{
    static const struct {
        const char *name, *fate;
        AppTime     next_at;
    } cases[] = {
        { "an unknown word", "lost", 0 },
        { "waiting without a time", "waiting", 0 },
        { "sent with a time", "sent", 5 },
    };
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows;
    GError    *error = NULL;

    add(fixture, "sms", "a", 0);
    g_assert_cmpint(claim(fixture, "sms", &rows), ==, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        refused(outbox_settle(&fixture->sys, fixture->mem, rows, cases[i].fate, cases[i].next_at,
                              NULL, &error),
                &error, APP_ERROR_INTERNAL);
    }
}

static void
newest_first_by_pages(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    OutboxRow *rows;

    for (int i = 0; i < 60; i++)
        add(fixture, "sms", arena_printf(fixture->mem, "%d", i), 0);
    g_assert_cmpint(recent(fixture, 0, &rows), ==, 50);
    g_assert_cmpstr(rows[0].dedupe, ==, "59");
    g_assert_cmpint(recent(fixture, rows[49].id, &rows), ==, 10);
    g_assert_cmpstr(rows[9].dedupe, ==, "0");
}

/* ---- two senders ---- */

typedef struct {
    CoreFixture *fixture;
    size_t       claimed;
} Sender;

static void *
send_all(void *data)
{
    Sender *sender = data;
    size_t  n = 1;

    for (int idle = 0; idle < 20; idle += n == 0) {
        g_autoptr(Arena) mem = arena_new();
        OutboxRow *rows;
        GError    *error = NULL;

        done(outbox_claim(&sender->fixture->sys, mem, "sms", 3, &rows, &n, &error), error);
        for (size_t i = 0; i < n; i++)
            done(outbox_settle(&sender->fixture->sys, mem, &rows[i], "sent", 0, NULL, &error),
                 error);
        sender->claimed += n;
    }
    return NULL;
}

static void
two_senders_share(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    Sender    senders[2] = { { fixture, 0 }, { fixture, 0 } };
    pthread_t threads[2];

    for (int i = 0; i < 40; i++)
        add(fixture, "sms", arena_printf(fixture->mem, "%d", i), 0);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_start("sender", 0, send_all, &senders[i]);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    g_assert_cmpint(senders[0].claimed + senders[1].claimed, ==, 40);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/outbox/only what is due on the channel", only_what_is_due_on_the_channel);
    engine_fixture_add("/outbox/the same message is written once",
                       the_same_message_is_written_once);
    engine_fixture_add("/outbox/a lease ends", a_lease_ends);
    engine_fixture_add("/outbox/waits and dies visibly", waits_and_dies_visibly);
    engine_fixture_add("/outbox/goes back untried", goes_back_untried);
    engine_fixture_add("/outbox/falls back once", falls_back_once);
    engine_fixture_add("/outbox/a new process takes over", a_new_process_takes_over);
    engine_fixture_add("/outbox/refuses what is no fate", refuses_what_is_no_fate);
    engine_fixture_add("/outbox/newest first by pages", newest_first_by_pages);
    engine_fixture_add("/outbox/two senders share", two_senders_share);
    return g_test_run();
}
