/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/id.h"

#include "base/thread.h"

#include <glib.h>
#include <stdlib.h>

#define NEW_YEAR (INT64_C(1767225600) * SECONDS) /* 2026-01-01 */
#define N_THREADS 4
#define N_IDS 20000

static void
an_id_holds_its_instant_and_node(void)
{
    Clock    *clock = clock_new_fixed(NEW_YEAR + 123456);
    IdSource *source = id_source_new(clock, 1023);
    int64_t   id = id_next(source);

    g_assert_cmpint(id_time(id), ==, NEW_YEAR + 123000);
    g_assert_cmpint(id_floor(NEW_YEAR + 123000), <=, id);
    g_assert_cmpint(id_floor(NEW_YEAR + 124000), >, id);
    g_assert_cmpint(id_floor(0), ==, 0);
    g_assert_cmpint(id >> 12 & 1023, ==, 1023);
    g_assert_cmpint(id & 4095, ==, 0);
    g_assert_cmpint(id_next(source), ==, id + 1);
    id_source_free(source);
    id_source_free(NULL);
    clock_free(clock);
}

static void
a_full_millisecond_runs_into_the_next(void)
{
    Clock    *clock = clock_new_fixed(NEW_YEAR);
    IdSource *source = id_source_new(clock, 5);
    int64_t   last = 0;

    for (int i = 0; i < 10000; i++) {
        int64_t id = id_next(source);

        g_assert_cmpint(id, >, last);
        g_assert_cmpint(id_time(id), ==, NEW_YEAR + i / 4096 * 1000);
        g_assert_cmpint(id >> 12 & 1023, ==, 5);
        last = id;
    }
    id_source_free(source);
    clock_free(clock);
}

static void
it_never_goes_back_even_when_the_clock_does(void)
{
    Clock    *clock = clock_new_fixed(NEW_YEAR);
    IdSource *source = id_source_new(clock, 0);
    int64_t   last = id_next(source);

    for (int i = 0; i < 100; i++) {
        int64_t id;

        clock_move(clock, i % 3 == 0 ? -HOURS : MINUTES);
        id = id_next(source);
        g_assert_cmpint(id, >, last);
        last = id;
    }
    id_source_free(source);
    clock_free(clock);
}

static void
before_2020_ids_are_still_positive_and_grow(void)
{
    Clock    *clock = clock_new_fixed(0);
    IdSource *source = id_source_new(clock, 0);
    int64_t   first = id_next(source);

    g_assert_cmpint(first, >, 0);
    g_assert_cmpint(id_next(source), >, first);
    id_source_free(source);
    clock_free(clock);
}

static void
after_a_restart_it_goes_on_behind_the_store(void)
{
    Clock    *clock = clock_new_fixed(NEW_YEAR);
    IdSource *before = id_source_new(clock, 7);
    IdSource *after = id_source_new(clock, 7);
    int64_t   last = id_next(before);

    clock_move(clock, -DAYS);
    id_source_resume(after, last);
    g_assert_cmpint(id_next(after), >, last);
    id_source_resume(after, 0);
    g_assert_cmpint(id_next(after), >, last);
    id_source_free(before);
    id_source_free(after);
    clock_free(clock);
}

typedef struct {
    IdSource *source;
    int64_t   ids[N_IDS];
} Taker;

static void *
take_ids(void *data)
{
    Taker *taker = data;

    for (size_t i = 0; i < N_IDS; i++) {
        taker->ids[i] = id_next(taker->source);
        g_assert_true(i == 0 || taker->ids[i] > taker->ids[i - 1]);
    }
    return NULL;
}

static int
compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void
threads_never_get_the_same_id(void)
{
    Clock    *clock = clock_new_system();
    IdSource *source = id_source_new(clock, 1);
    Taker    *takers = g_new0(Taker, N_THREADS);
    int64_t  *all = g_new(int64_t, N_THREADS * N_IDS);
    pthread_t threads[N_THREADS];

    for (size_t i = 0; i < N_THREADS; i++) {
        takers[i].source = source;
        threads[i] = thread_start("taker", 0, take_ids, &takers[i]);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        thread_join(threads[i]);
        for (size_t k = 0; k < N_IDS; k++)
            all[i * N_IDS + k] = takers[i].ids[k];
    }
    qsort(all, N_THREADS * N_IDS, sizeof *all, compare);
    for (size_t i = 1; i < N_THREADS * N_IDS; i++)
        g_assert_cmpint(all[i], >, all[i - 1]);
    g_free(all);
    g_free(takers);
    id_source_free(source);
    clock_free(clock);
}

static void
cost(void)
{
    Clock           *clock = clock_new_system();
    IdSource        *source = id_source_new(clock, 1);
    volatile int64_t sink = 0;
    int              rounds = 1000000;

    if (g_test_perf()) {
        g_test_timer_start();
        for (int i = 0; i < rounds; i++)
            sink = id_next(source);
        g_test_message("%.1f ns per id", g_test_timer_elapsed() * 1e9 / rounds);
    }
    (void)sink;
    id_source_free(source);
    clock_free(clock);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/id/instant-and-node", an_id_holds_its_instant_and_node);
    g_test_add_func("/id/full-millisecond", a_full_millisecond_runs_into_the_next);
    g_test_add_func("/id/never-back", it_never_goes_back_even_when_the_clock_does);
    g_test_add_func("/id/before-2020", before_2020_ids_are_still_positive_and_grow);
    g_test_add_func("/id/restart", after_a_restart_it_goes_on_behind_the_store);
    g_test_add_func("/id/threads", threads_never_get_the_same_id);
    g_test_add_func("/id/cost", cost);
    return g_test_run();
}
