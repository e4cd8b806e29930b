/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What several nodes have in common in the database. The program with several nodes: tests/fault/pg_nodes_test.py. */
#include "base/thread.h"
#include "core/aggregate.h"
#include "core/cluster.h"
#include "core/core_fixture_petition.h"
#include "core/rate.h"

#include <stdatomic.h>

static void
done(bool succeeded, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(succeeded);
}

/* ---- rate limits ---- */

static const RateRule rule = { .interval = 10 * SECONDS, .burst = 10, .most = 800 * SECONDS };

static bool
take(System *sys, Arena *mem, uint64_t key, AppTime now)
{
    GError *error = NULL;
    bool    granted = false;

    done(rate_take(sys, mem, key, rule, now, &granted, &error), error);
    return granted;
}

static int
take_many(System *sys, Arena *mem, uint64_t key, AppTime now)
{
    int granted = 0;

    for (int i = 0; i < 30; i++)
        granted += take(sys, mem, key, now);
    return granted;
}

static void
a_bucket_is_common(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    System *sys = &fixture->sys;
    AppTime now = CORE_FIXTURE_NOW;

    g_assert_cmpint(take_many(sys, fixture->mem, 1, now), ==, 10);
    g_assert_cmpint(take_many(sys, fixture->mem, 2, now), ==, 10);
    g_assert_false(take(sys, fixture->mem, 1, now + 9 * SECONDS));
    g_assert_true(take(sys, fixture->mem, 1, now + 10 * SECONDS));
    g_assert_false(take(sys, fixture->mem, 1, now + 10 * SECONDS));
    /* Being refused costs nothing: full again after ten intervals. */
    g_assert_cmpint(take_many(sys, fixture->mem, 1, now + 110 * SECONDS), ==, 10);
    /* A key is any 64 bits. */
    g_assert_cmpint(take_many(sys, fixture->mem, UINT64_MAX, now), ==, 10);
    g_assert_cmpint(take_many(sys, fixture->mem, 0, now), ==, 10);
}

/* A node whose clock was a day ahead must not lock anybody out for a day. */
static void
a_wrong_clock_does_not_lock_out(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    AppTime now = CORE_FIXTURE_NOW;

    g_assert_cmpint(take_many(&fixture->sys, fixture->mem, 1, now + DAYS), ==, 10);
    g_assert_cmpint(take_many(&fixture->sys, fixture->mem, 1, now), ==, 10);
    g_assert_false(take(&fixture->sys, fixture->mem, 1, now));
}

enum { TAKERS = 8 };

typedef struct {
    System    *sys;
    atomic_int granted;
} Crowd;

static void *
take_in_crowd(void *data)
{
    Crowd *crowd = data;
    g_autoptr(Arena) mem = arena_new();

    for (int i = 0; i < 10; i++)
        if (take(crowd->sys, mem, 7, CORE_FIXTURE_NOW))
            atomic_fetch_add(&crowd->granted, 1);
    return NULL;
}

/* Four writers are four nodes to the server. */
static void
a_crowd_gets_a_burst(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    Crowd     crowd = { .sys = &fixture->sys };
    pthread_t threads[TAKERS];

    for (int i = 0; i < TAKERS; i++)
        threads[i] = thread_start("taker", 0, take_in_crowd, &crowd);
    for (int i = 0; i < TAKERS; i++)
        thread_join(threads[i]);
    g_assert_cmpint(atomic_load(&crowd.granted), ==, 10);
}

static void
what_is_told_adds_up(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    System   *sys = &fixture->sys;
    AppTime   now = CORE_FIXTURE_NOW;
    RateSpent spent[] = { { 9, 5 * SECONDS, 100 * SECONDS }, { 3, 60 * SECONDS, 100 * SECONDS } };
    RateRow  *rows;
    size_t    n;
    GError   *error = NULL;

    done(rate_tell(sys, fixture->mem, spent, 2, now, &error), error);
    done(rate_tell(sys, fixture->mem, spent, 2, now + SECONDS, &error), error);
    done(rate_hear(sys, fixture->mem, now, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 2);
    for (size_t i = 0; i < n; i++)
        g_assert_cmpint(rows[i].full_at - now, ==, rows[i].key == 9 ? 10 * SECONDS : 101 * SECONDS);
    done(rate_hear(sys, fixture->mem, now + SECONDS, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 0);

    done(rate_sweep(sys, fixture->mem, now + HOURS, &error), error);
    done(rate_hear(sys, fixture->mem, 0, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 0);
}

/* ---- counts ---- */

static void
submit(CoreFixture *fixture, const char *subject)
{
    uint8_t          command_id[16];
    CommandContext   context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmit    cmd = { .subject = subject };
    FixtureSubmitted made;
    GError          *error = NULL;

    crypto_random(command_id, sizeof command_id);
    context.command_id = BYTES_OF(command_id);
    done(command_run(&context, core_fixture_petition_submit, &cmd, &made, NULL, &error), error);
}

static void
assert_counts(CoreFixture *fixture, const char *rows, const char *sum)
{
    g_autofree char *n = engine_fixture_sql(fixture->case_url, "SELECT count(*) FROM aggregate");
    g_autofree char *all = engine_fixture_sql(fixture->case_url, "SELECT sum(n) FROM aggregate");

    g_assert_cmpstr(n, ==, rows);
    g_assert_cmpstr(all, ==, sum);
}

static void
counts_are_folded(void)
{
    static const EventListener listeners[] = { aggregate_on_event, NULL };
    CoreFixtureOptions         options = { .queries = core_fixture_petition_queries,
                                           .listeners = listeners };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    GError *error = NULL;
    bool    more = true;

    for (int i = 0; i < 5; i++)
        submit(fixture, "a");
    assert_counts(fixture, "5", "5");
    done(aggregate_fold(&fixture->sys, fixture->mem, &more, &error), error);
    g_assert_false(more);
    assert_counts(fixture, "1", "5");

    for (int i = 0; i < 3; i++)
        submit(fixture, "b");
    assert_counts(fixture, "4", "8");
    done(aggregate_fold(&fixture->sys, fixture->mem, &more, &error), error);
    done(aggregate_fold(&fixture->sys, fixture->mem, &more, &error), error);
    assert_counts(fixture, "1", "8");
}

static void *
fold_until_told(void *data)
{
    Crowd *crowd = data;
    g_autoptr(Arena) mem = arena_new();
    bool more;

    while (atomic_load(&crowd->granted) == 0) {
        GError *error = NULL;

        done(aggregate_fold(crowd->sys, mem, &more, &error), error);
        arena_reset(mem);
    }
    return NULL;
}

/* Beside writers, and beside another fold, as when a lease ran out: nothing is lost or counted twice. */
static void
folding_meets_nobody(void)
{
    static const EventListener listeners[] = { aggregate_on_event, NULL };
    CoreFixtureOptions         options = { .queries = core_fixture_petition_queries,
                                           .listeners = listeners };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    Crowd     crowd = { .sys = &fixture->sys };
    pthread_t threads[2];
    GError   *error = NULL;
    bool      more;

    for (int i = 0; i < 2; i++)
        threads[i] = thread_start("folder", 0, fold_until_told, &crowd);
    for (int i = 0; i < 60; i++)
        submit(fixture, "a");
    atomic_store(&crowd.granted, 1);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    done(aggregate_fold(&fixture->sys, fixture->mem, &more, &error), error);
    assert_counts(fixture, "1", "60");
}

/* ---- the two parts of a store ---- */

static void
the_case_knows_its_vault(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    g_autoptr(CoreFixture) other = core_fixture_new(NULL);
    GError *error = NULL;
    Vault  *own = fixture->sys.vault;

    done(cluster_check_vault(&fixture->sys, fixture->mem, &error), error);
    done(cluster_check_vault(&fixture->sys, fixture->mem, &error), error);
    fixture->sys.vault = other->sys.vault;
    g_assert_false(cluster_check_vault(&fixture->sys, fixture->mem, &error));
    g_assert_true(g_error_matches(error, APP_ERROR, APP_ERROR_INVALID));
    g_clear_error(&error);
    fixture->sys.vault = own;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/nodes/a bucket is common", a_bucket_is_common);
    engine_fixture_add("/nodes/a wrong clock", a_wrong_clock_does_not_lock_out);
    engine_fixture_add("/nodes/a crowd gets a burst", a_crowd_gets_a_burst);
    engine_fixture_add("/nodes/what is told adds up", what_is_told_adds_up);
    engine_fixture_add_pg("/nodes/counts are folded", counts_are_folded);
    engine_fixture_add_pg("/nodes/folding meets nobody", folding_meets_nobody);
    engine_fixture_add("/nodes/the case knows its vault", the_case_knows_its_vault);
    return g_test_run();
}
