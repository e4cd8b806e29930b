/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/command.h"

#include "base/thread.h"
#include "core/core_fixture_petition.h"
#include "db/verify.h"

#include <string.h>

static const CoreFixtureOptions options = { .queries = core_fixture_petition_queries };

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

static int64_t
submit(CoreFixture *fixture, Arena *mem, const char *subject)
{
    CommandContext   context = core_fixture_context(fixture, mem);
    FixtureSubmit    cmd = { .subject = subject };
    FixtureSubmitted made = { .petition_id = 0 };
    CommandOutcome   outcome;
    GError          *error = NULL;

    done(command_run(&context, core_fixture_petition_submit, &cmd, &made, &outcome, &error), error);
    g_assert_false(outcome.repeated);
    return made.petition_id;
}

/* ---- one command ---- */

static void
writes_once_and_repeats(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmit cmd = { .subject = "انقطاع المياه", .payload = "{\"text\":\"…\"}" };
    FixtureSubmitted first = { .petition_id = 0 }, second = { .petition_id = 0 };
    CommandOutcome   outcome;
    GError          *error = NULL;

    context.command_id = command_id_read(fixture->mem, "000102030405060708090a0b0c0d0e0f");
    done(command_run(&context, core_fixture_petition_submit, &cmd, &first, &outcome, &error),
         error);
    g_assert_false(outcome.repeated);

    done(command_run(&context, core_fixture_petition_submit, &cmd, &second, &outcome, &error),
         error);
    g_assert_true(outcome.repeated);
    g_assert_cmpint(first.petition_id, ==, second.petition_id);
    g_assert_cmpint(core_fixture_petition_events(fixture), ==, 1);

    cmd.subject = "other content";
    refused(command_run(&context, core_fixture_petition_submit, &cmd, &second, &outcome, &error),
            &error, APP_ERROR_INVALID);
    g_assert_cmpint(core_fixture_petition_count(fixture), ==, 1);
}

static bool
refuse(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    char    text[] = "مياه";
    Refusal refusal = {
        .message = 42, .field = "entity", .arguments = { text }, .times = { prepare->now }
    };

    (void)cmd, (void)result;
    bool refused = command_refuse(prepare, &refusal, error);
    memset(text, 'x', sizeof text - 1);
    return refused;
}

static void
copies_the_refusal(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    CommandOutcome outcome;
    GError        *error = NULL;

    refused(command_run(&context, refuse, NULL, NULL, &outcome, &error), &error, APP_ERROR_INVALID);
    g_assert_cmpint(outcome.refusal.message, ==, 42);
    g_assert_cmpstr(outcome.refusal.field, ==, "entity");
    g_assert_cmpstr(outcome.refusal.arguments[0], ==, "مياه");
    g_assert_cmpint(outcome.refusal.times[0], ==, CORE_FIXTURE_NOW);
}

static bool
always_lose(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    int *prepared = result;

    (void)prepare, (void)cmd;
    ++*prepared;
    return fail(error, APP_ERROR_RACE, "lost");
}

static void
gives_up_after_five_races(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    GError        *error = NULL;
    int            prepared = 0;

    refused(command_run(&context, always_lose, NULL, &prepared, NULL, &error), &error,
            APP_ERROR_CONFLICT);
    g_assert_cmpint(prepared, ==, 5);
}

/* The snapshot must be gone before the writer is asked: db refuses otherwise. */
static void
holds_no_snapshot_of_the_caller(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext   context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmit    cmd = { .subject = "a" };
    FixtureSubmitted made = { .petition_id = 0 };
    GError          *error = NULL;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    g_assert_nonnull(tx);
    refused(command_run(&context, core_fixture_petition_submit, &cmd, &made, NULL, &error), &error,
            APP_ERROR_INTERNAL);
}

static void
acts_at_the_given_time(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext   context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmit    cmd = { .subject = "a" };
    FixtureSubmitted made = { .petition_id = 0 };
    EventRow        *rows;
    size_t           n;
    GError          *error = NULL;

    context.at = CORE_FIXTURE_NOW - 10 * DAYS;
    done(command_run(&context, core_fixture_petition_submit, &cmd, &made, NULL, &error), error);

    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);
    done(event_history(tx, made.petition_id, 0, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 1);
    g_assert_cmpint(rows[0].at, ==, CORE_FIXTURE_NOW - 10 * DAYS);
    g_assert_cmpint(rows[0].recorded_at, ==, CORE_FIXTURE_NOW);
}

static void
reads_command_ids(void)
{
    static const struct {
        const char *name, *text;
        bool        fresh;
    } cases[] = {
        { "22 characters are an id", "000102030405060708090a0b0c0d0e0f", false },
        { "nothing is a fresh one", NULL, true },
        { "empty is a fresh one", "", true },
        { "too short is a fresh one", "AAECAwQFBgcICQoLDA0O", true },
        { "too long is a fresh one", "000102030405060708090a0b0c0d0e0fAA", true },
        { "other characters are a fresh one", "AAECAwQFBgcICQoLDA0O!!", true },
    };
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes id = command_id_read(mem, cases[i].text);
        Bytes again = command_id_read(mem, cases[i].text);

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(id.size, ==, COMMAND_ID_SIZE);
        g_assert_cmpint(bytes_equal(id, again), ==, !cases[i].fresh);
    }
}

/* ---- at the same time ---- */

enum { RACERS = 16 };

typedef struct {
    CoreFixture     *fixture;
    Bytes            command_id;
    FixtureSubmitted made;
    CommandOutcome   outcome;
    bool             succeeded;
} Racer;

static void *
submit_the_same(void *data)
{
    Racer *racer = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    CommandContext context = core_fixture_context(racer->fixture, mem);
    FixtureSubmit  cmd = { .subject = "the same" };

    context.command_id = racer->command_id;
    racer->succeeded = command_run(&context, core_fixture_petition_submit, &cmd, &racer->made,
                                   &racer->outcome, &error);
    racer->outcome.refusal = (Refusal){ .message = 0 };
    return NULL;
}

static void
sixteen_taps_are_one(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);

    for (int round = 0; round < 20; round++) {
        Racer     racers[RACERS];
        pthread_t threads[RACERS];
        int       first = 0;
        Bytes     command_id = command_id_read(fixture->mem, NULL);

        for (int i = 0; i < RACERS; i++) {
            racers[i] = (Racer){ .fixture = fixture, .command_id = command_id };
            threads[i] = thread_start("racer", 0, submit_the_same, &racers[i]);
        }
        for (int i = 0; i < RACERS; i++)
            thread_join(threads[i]);

        for (int i = 0; i < RACERS; i++) {
            g_assert_true(racers[i].succeeded);
            g_assert_cmpint(racers[i].made.petition_id, ==, racers[0].made.petition_id);
            first += racers[i].outcome.repeated ? 0 : 1;
        }
        g_assert_cmpint(first, ==, 1);
        g_assert_cmpint(core_fixture_petition_count(fixture), ==, round + 1);
    }
}

/* Two officers have read the same version before either of them writes. */
typedef struct {
    Lock   lock;
    Signal signal;
    int    arrived;
} Meeting;

static void
wait_for_the_other(void *data)
{
    Meeting *meeting = data;

    lock_take(&meeting->lock);
    meeting->arrived++;
    signal_all(&meeting->signal);
    while (meeting->arrived < 2)
        signal_wait(&meeting->signal, &meeting->lock);
    lock_leave(&meeting->lock);
}

typedef struct {
    CoreFixture *fixture;
    FixtureMove  cmd;
    int          prepared;
    bool         succeeded;
    AppError     code;
} Officer;

static void *
move_petition(void *data)
{
    Officer *officer = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    CommandContext context = core_fixture_context(officer->fixture, mem);

    officer->succeeded = command_run(&context, core_fixture_petition_move, &officer->cmd,
                                     &officer->prepared, NULL, &error);
    officer->code = officer->succeeded ? APP_ERROR_INTERNAL : error_code(error);
    return NULL;
}

static void
the_second_officer_is_told(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    int64_t   id = submit(fixture, fixture->mem, "a");
    Meeting   meeting = { .arrived = 0 };
    Officer   officers[2];
    pthread_t threads[2];

    lock_init(&meeting.lock);
    signal_init(&meeting.signal);
    for (int i = 0; i < 2; i++) {
        officers[i] = (Officer){
            .fixture = fixture,
            .cmd = { id, "assigned", i == 0 ? "in_progress" : "returned", wait_for_the_other,
                     &meeting },
        };
        threads[i] = thread_start("officer", 0, move_petition, &officers[i]);
    }
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    lock_clear(&meeting.lock);
    signal_clear(&meeting.signal);

    int winner = officers[0].succeeded ? 0 : 1;
    g_assert_true(officers[winner].succeeded);
    g_assert_cmpint(officers[winner].prepared, ==, 1);
    g_assert_false(officers[1 - winner].succeeded);
    g_assert_cmpint(officers[1 - winner].prepared, ==, 2);
    g_assert_cmpint(officers[1 - winner].code, ==, APP_ERROR_CONFLICT);

    FixturePetition petition = core_fixture_petition_read(fixture, fixture->mem, id);
    g_assert_cmpstr(petition.state, ==, officers[winner].cmd.to);
    g_assert_cmpint(petition.version, ==, 2);
}

/* ---- many ---- */

enum { MANY = 600 };

static void
run_batch(CoreFixture *fixture, const CommandContext *contexts, FixtureSubmitted *made, size_t n)
{
    FixtureSubmit *cmds = ARENA_ARRAY(fixture->mem, FixtureSubmit, n);
    const void   **cmd = ARENA_ARRAY(fixture->mem, const void *, n);
    void         **results = ARENA_ARRAY(fixture->mem, void *, n);
    GError        *error = NULL;

    for (size_t i = 0; i < n; i++) {
        cmds[i] = (FixtureSubmit){ .subject = "batch", .payload = "{}" };
        cmd[i] = &cmds[i];
        results[i] = &made[i];
    }
    done(command_run_batch(contexts, core_fixture_petition_submit, cmd, results, n, &error), error);
}

static void
a_batch_is_few_commits(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext   *contexts = ARENA_ARRAY(fixture->mem, CommandContext, MANY);
    FixtureSubmitted *made = ARENA_ARRAY(fixture->mem, FixtureSubmitted, MANY);
    int64_t           batches = db_stats(fixture->sys.db).batches;

    for (size_t i = 0; i < MANY; i++)
        contexts[i] = core_fixture_context(fixture, fixture->mem);
    run_batch(fixture, contexts, made, MANY);

    g_assert_cmpint(core_fixture_petition_count(fixture), ==, MANY);
    g_assert_cmpint(db_stats(fixture->sys.db).batches - batches, ==, 3);
    run_batch(fixture, contexts, made, 0);
}

/* Two of a batch are the same command: prepared together, neither sees the other. */
static void
a_batch_with_a_race_goes_one_by_one(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext   contexts[3];
    FixtureSubmitted made[3] = { 0 };
    Bytes            command_id = command_id_read(fixture->mem, NULL);

    for (size_t i = 0; i < 3; i++) {
        contexts[i] = core_fixture_context(fixture, fixture->mem);
        contexts[i].command_id = i < 2 ? command_id : command_id_read(fixture->mem, NULL);
    }
    run_batch(fixture, contexts, made, 3);

    g_assert_cmpint(core_fixture_petition_count(fixture), ==, 2);
    g_assert_cmpint(made[0].petition_id, ==, made[1].petition_id);
    g_assert_cmpint(made[0].petition_id, !=, made[2].petition_id);

    run_batch(fixture, contexts, made, 3); /* again: nothing new */
    g_assert_cmpint(core_fixture_petition_count(fixture), ==, 2);
}

static void
a_batch_ends_with_the_first_failure(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext contexts[2] = { core_fixture_context(fixture, fixture->mem),
                                   core_fixture_context(fixture, fixture->mem) };
    FixtureMove    cmd = { .petition_id = 12345, .from = "assigned", .to = "closed" };
    int            prepared = 0;
    const void    *cmds[] = { &cmd, &cmd };
    void          *results[] = { &prepared, &prepared };
    GError        *error = NULL;

    refused(command_run_batch(contexts, core_fixture_petition_move, cmds, results, 2, &error),
            &error, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(prepared, ==, 1);
}

/* ---- the statements of core ---- */

static void
every_statement_reads_by_an_index(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    GError *error = NULL;

    done(db_verify_plans(fixture->sys.db, &error), error);
}

/* ---- how long ---- */

static void
speed_of_commands(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext   *contexts = ARENA_ARRAY(fixture->mem, CommandContext, MANY);
    FixtureSubmitted *made = ARENA_ARRAY(fixture->mem, FixtureSubmitted, MANY);
    int64_t           begun;

    for (size_t i = 0; i < MANY; i++)
        contexts[i] = core_fixture_context(fixture, fixture->mem);
    begun = clock_monotonic();
    run_batch(fixture, contexts, made, MANY);
    g_test_message("a submission in a batch: %.1f µs", (double)(clock_monotonic() - begun) / MANY);

    begun = clock_monotonic();
    for (int i = 0; i < 50; i++)
        submit(fixture, fixture->mem, "alone");
    g_test_message("a submission alone: %.1f µs", (double)(clock_monotonic() - begun) / 50);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/command/writes once and repeats", writes_once_and_repeats);
    engine_fixture_add("/command/copies the refusal", copies_the_refusal);
    engine_fixture_add("/command/gives up after five races", gives_up_after_five_races);
    engine_fixture_add("/command/holds no snapshot of the caller", holds_no_snapshot_of_the_caller);
    engine_fixture_add("/command/acts at the given time", acts_at_the_given_time);
    g_test_add_func("/command/reads command ids", reads_command_ids);
    engine_fixture_add("/command/sixteen taps are one", sixteen_taps_are_one);
    engine_fixture_add("/command/the second officer is told", the_second_officer_is_told);
    engine_fixture_add("/command/a batch is few commits", a_batch_is_few_commits);
    engine_fixture_add("/command/a batch with a race goes one by one",
                       a_batch_with_a_race_goes_one_by_one);
    engine_fixture_add("/command/a batch ends with the first failure",
                       a_batch_ends_with_the_first_failure);
    engine_fixture_add("/command/every statement reads by an index",
                       every_statement_reads_by_an_index);
    engine_fixture_add("/command/speed of commands", speed_of_commands);
    return g_test_run();
}
