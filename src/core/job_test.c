/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/job.h"

#include "base/thread.h"
#include "core/core_fixture_petition.h"

#include <stdatomic.h>

static const CoreFixtureOptions options = { .queries = core_fixture_petition_queries };

static void
done(bool succeeded, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(succeeded);
}

/* ---- the test's jobs tell what they did through the System's address ---- */

typedef struct {
    Lock   lock;
    Signal signal;
    int    beats, rests, fails, chained, messages;
} Diary;

static _Atomic(Diary *) diary_now; /* tests run one after the other */

static void
note(int *what)
{
    Diary *diary = atomic_load(&diary_now);

    lock_take(&diary->lock);
    ++*what;
    signal_all(&diary->signal);
    lock_leave(&diary->lock);
}

static void
wait_until(Diary *diary, const int *what, int n)
{
    lock_take(&diary->lock);
    while (*what < n)
        signal_wait(&diary->signal, &diary->lock);
    lock_leave(&diary->lock);
}

static int
count(Diary *diary, const int *what)
{
    lock_take(&diary->lock);
    int n = *what;
    lock_leave(&diary->lock);
    return n;
}

static void
diary_begin(Diary *diary)
{
    *diary = (Diary){ .beats = 0 };
    lock_init(&diary->lock);
    signal_init(&diary->signal);
    atomic_store(&diary_now, diary);
}

static void
diary_end(Diary *diary)
{
    lock_clear(&diary->lock);
    signal_clear(&diary->signal);
}

static bool
beat(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    (void)sys, (void)mem, (void)now, (void)again, (void)error;
    note(&atomic_load(&diary_now)->beats);
    return true;
}

static bool
rest(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    (void)sys, (void)mem, (void)now, (void)again, (void)error;
    note(&atomic_load(&diary_now)->rests);
    return true;
}

static bool
ask_soon(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    (void)sys, (void)mem, (void)error;
    note(&atomic_load(&diary_now)->beats);
    *again = now + MINUTES;
    return true;
}

static bool
wait_for_a_beat(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    Diary *diary = atomic_load(&diary_now);

    wait_until(diary, &diary->beats, 1);
    return rest(sys, mem, now, again, error);
}

static bool
write_message(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    (void)cmd, (void)result, (void)error;
    outbox_add(prepare, &(OutboxMessage){ .recipient = "account",
                                          .account_id = 3,
                                          .channel = "sms",
                                          .message = "climb",
                                          .lang = "ar",
                                          .dedupe = "one" });
    return true;
}

static bool
look_for_messages(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    Diary     *diary = atomic_load(&diary_now);
    OutboxRow *rows;
    size_t     n;
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    (void)now, (void)again;
    if (tx == NULL || !outbox_recent(tx, 0, &rows, &n, error))
        return false;
    if (n > 0)
        note(&diary->messages);
    note(&diary->beats);
    return true;
}

static bool
fail_once(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    Diary *diary = atomic_load(&diary_now);

    (void)sys, (void)mem, (void)now, (void)again;
    note(&diary->fails);
    return diary->fails > 1 || fail(error, APP_ERROR_BUSY, "not yet");
}

/* Ten rounds of work, of which each is one submission. */
static bool
work_off(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    static const Who by = { .role = ROLE_SYSTEM };
    Diary           *diary = atomic_load(&diary_now);
    CommandContext   context = { .sys = sys, .mem = mem, .by = &by, .at = now };
    FixtureSubmit    cmd = { .subject = "work" };
    FixtureSubmitted made = { .petition_id = 0 };

    if (diary->chained >= 10)
        return true;
    note(&diary->chained);
    *again = diary->chained < 10 ? now : 0;
    return command_run(&context, core_fixture_petition_submit, &cmd, &made, NULL, error);
}

/* ---- until idle ---- */

static void
runs_each_until_nothing_is_left(void)
{
    static const JobSpec        list[] = { { .name = "beat", .every = HOURS, .run = beat },
                                           { .name = "work", .every = MINUTES, .run = work_off },
                                           { .name = NULL } };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary   diary;
    GError *error = NULL;

    diary_begin(&diary);
    done(job_run_until_idle(&fixture->sys, jobs, &error), error);
    g_assert_cmpint(diary.chained, ==, 10);
    g_assert_cmpint(core_fixture_petition_count(fixture), ==, 10);
    g_assert_cmpint(diary.beats, ==, 11); /* with each pass, and once after the last work */

    done(job_run_until_idle(&fixture->sys, jobs, &error), error);
    g_assert_cmpint(diary.beats, ==, 12); /* although the table says: in an hour */
    diary_end(&diary);
}

static void
tells_what_failed(void)
{
    static const JobSpec        list[] = { { .name = "fail", .every = HOURS, .run = fail_once },
                                           { .name = NULL } };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary   diary;
    GError *error = NULL;

    diary_begin(&diary);
    g_assert_false(job_run_until_idle(&fixture->sys, jobs, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    g_clear_error(&error);
    done(job_run_until_idle(&fixture->sys, jobs, &error), error);
    g_assert_cmpint(diary.fails, ==, 2);
    diary_end(&diary);
}

/* ---- leases ---- */

static const DbQuery lend = {
    .sql = "INSERT INTO job (name, next_at, lease_until, runs) VALUES ('beat', 1, $1, 1)",
    .table = "job",
};

static const DbQuery *const lend_queries[] = { &lend, NULL };

static void
another_node_has_it(void)
{
    static const JobSpec        list[] = { { .name = "beat", .every = HOURS, .run = beat },
                                           { .name = NULL } };
    static const JobSpec *const jobs[] = { list, NULL };
    CoreFixtureOptions          lending = { .queries = lend_queries };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&lending);
    WritePlan *plan = plan_new(fixture->mem);
    Diary      diary;
    GError    *error = NULL;

    diary_begin(&diary);
    plan_one(plan, &lend, DB_PARAMS(db_int(CORE_FIXTURE_NOW + MINUTES)));
    done(db_apply(fixture->sys.db, plan, &error), error);

    done(job_run_until_idle(&fixture->sys, jobs, &error), error);
    g_assert_cmpint(diary.beats, ==, 0);
    clock_move(fixture->clock, 61 * SECONDS); /* it died */
    done(job_run_until_idle(&fixture->sys, jobs, &error), error);
    g_assert_cmpint(diary.beats, ==, 1);
    diary_end(&diary);
}

/* ---- the thread ---- */

static void
runs_when_due_and_when_woken(void)
{
    static const JobSpec list[] = {
        { .name = "beat", .every = HOURS, .run = beat, .on_wake = true },
        { .name = "work", .every = HOURS, .run = work_off },
        { .name = "rest", .every = HOURS, .run = rest },
        { .name = NULL }
    };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary diary;

    diary_begin(&diary);
    JobRunner *runner = job_start(&fixture->sys, jobs);
    wait_until(&diary, &diary.beats, 1);
    wait_until(&diary, &diary.chained, 10); /* more: at once */
    wait_until(&diary, &diary.rests, 1);

    job_wake(runner);
    job_wake(runner);
    wait_until(&diary, &diary.beats, 2);

    clock_move(fixture->clock, HOURS + SECONDS);
    wait_until(&diary, &diary.beats, 3);
    wait_until(&diary, &diary.rests, 2); /* by the table, not by the wakes */
    job_stop(runner);
    g_assert_cmpint(diary.rests, ==, 2);
    g_assert_cmpint(core_fixture_petition_count(fixture), ==, 10);
    diary_end(&diary);
}

/* A message that a command writes wakes, but not before its commit: the job finds it. */
static void
a_command_wakes(void)
{
    static const JobSpec list[] = {
        { .name = "look", .every = DAYS, .run = look_for_messages, .on_wake = true },
        { .name = NULL }
    };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    Diary          diary;
    GError        *error = NULL;

    diary_begin(&diary);
    JobRunner *runner = job_start(&fixture->sys, jobs);
    atomic_store(&fixture->sys.jobs, runner);
    wait_until(&diary, &diary.beats, 1);
    g_assert_cmpint(diary.messages, ==, 0);

    done(command_run(&context, write_message, NULL, NULL, NULL, &error), error);
    wait_until(&diary, &diary.messages, 1);
    job_stop(runner);
    diary_end(&diary);
}

/* Both wait at one time: the one that is alone does not keep the other. */
static void
waits_alone(void)
{
    static const JobSpec list[] = {
        { .name = "gateway", .every = HOURS, .run = wait_for_a_beat, .alone = true },
        { .name = "beat", .every = HOURS, .run = beat },
        { .name = NULL }
    };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary diary;

    diary_begin(&diary);
    JobRunner *runner = job_start(&fixture->sys, jobs);
    wait_until(&diary, &diary.rests, 1);
    job_stop(runner);
    g_assert_cmpint(diary.beats, ==, 1);
    diary_end(&diary);
}

/* Its own time, when that is before the next round. */
static void
runs_again_when_it_asks(void)
{
    static const JobSpec        list[] = { { .name = "soon", .every = HOURS, .run = ask_soon },
                                           { .name = NULL } };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary diary;

    diary_begin(&diary);
    JobRunner *runner = job_start(&fixture->sys, jobs);
    wait_until(&diary, &diary.beats, 1);
    clock_move(fixture->clock, MINUTES);
    wait_until(&diary, &diary.beats, 2);
    job_stop(runner);
    diary_end(&diary);
}

static void
tries_again_after_an_error(void)
{
    static const JobSpec        list[] = { { .name = "fail", .every = HOURS, .run = fail_once },
                                           { .name = NULL } };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary diary;

    diary_begin(&diary);
    JobRunner *runner = job_start(&fixture->sys, jobs);
    wait_until(&diary, &diary.fails, 1);
    clock_move(fixture->clock, MINUTES); /* not an hour */
    wait_until(&diary, &diary.fails, 2);
    job_stop(runner);
    diary_end(&diary);
}

static void
two_runners_share(void)
{
    static const JobSpec        list[] = { { .name = "work", .every = HOURS, .run = work_off },
                                           { .name = NULL } };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary diary;

    diary_begin(&diary);
    JobRunner *one = job_start(&fixture->sys, jobs);
    JobRunner *other = job_start(&fixture->sys, jobs);
    wait_until(&diary, &diary.chained, 10);
    job_stop(one);
    job_stop(other);
    g_assert_cmpint(core_fixture_petition_count(fixture), ==, 10);
    diary_end(&diary);
}

/* What a node holds in memory is looked at by each; the rest by one. The shared job stands first, so that
 * both have looked at it when both have run their own. */
static void
runs_on_each_node(void)
{
    static const JobSpec list[] = {
        { .name = "shared", .every = HOURS, .run = rest },
        { .name = "own", .every = HOURS, .run = beat, .each = true },
        { .name = NULL },
    };
    static const JobSpec *const jobs[] = { list, NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Diary diary;

    diary_begin(&diary);
    JobRunner *one = job_start(&fixture->sys, jobs);
    JobRunner *other = job_start(&fixture->sys, jobs);
    wait_until(&diary, &diary.beats, 2);
    g_assert_cmpint(count(&diary, &diary.rests), ==, 1);

    clock_move(fixture->clock, HOURS + SECONDS);
    wait_until(&diary, &diary.beats, 4);
    job_stop(one);
    job_stop(other);
    g_assert_cmpint(diary.rests, ==, 2);
    g_assert_cmpint(diary.beats, ==, 4);
    diary_end(&diary);
}

static void
stops_without_jobs(void)
{
    static const JobSpec *const jobs[] = { NULL };
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);

    job_stop(job_start(&fixture->sys, jobs));
    job_stop(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/job/runs each until nothing is left", runs_each_until_nothing_is_left);
    engine_fixture_add("/job/tells what failed", tells_what_failed);
    engine_fixture_add("/job/another node has it", another_node_has_it);
    engine_fixture_add("/job/runs when due and when woken", runs_when_due_and_when_woken);
    engine_fixture_add("/job/a command wakes", a_command_wakes);
    engine_fixture_add("/job/waits alone", waits_alone);
    engine_fixture_add("/job/runs again when it asks", runs_again_when_it_asks);
    engine_fixture_add("/job/tries again after an error", tries_again_after_an_error);
    engine_fixture_add("/job/two runners share", two_runners_share);
    engine_fixture_add("/job/runs on each node", runs_on_each_node);
    engine_fixture_add("/job/stops without jobs", stops_without_jobs);
    return g_test_run();
}
