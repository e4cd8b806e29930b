/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/limit.h"

#include "base/thread.h"

#include <glib.h>
#include <sodium.h>
#include <stdatomic.h>

#define NOW (1000 * SECONDS)

static void
test_burst(void)
{
    Limiter *limiter = limit_new(1000);
    int64_t  retry = 0;

    for (int i = 0; i < 3; i++)
        g_assert_true(limit_take(limiter, 1, 0.2, 3, NOW, &retry));
    g_assert_false(limit_take(limiter, 1, 0.2, 3, NOW, &retry));
    g_assert_cmpint(retry, ==, 5);
    g_assert_false(limit_take(limiter, 1, 0.2, 3, NOW + 1500000, &retry));
    g_assert_cmpint(retry, ==, 4);
    g_assert_false(limit_take(limiter, 1, 0.2, 3, NOW + 5 * SECONDS - 1, &retry));
    g_assert_cmpint(retry, ==, 1);
    g_assert_true(limit_take(limiter, 1, 0.2, 3, NOW + 5 * SECONDS, &retry));
    g_assert_false(limit_take(limiter, 1, 0.2, 3, NOW + 5 * SECONDS, &retry));
    /* Being refused costs nothing: full again after three intervals. */
    for (int i = 0; i < 3; i++)
        g_assert_true(limit_take(limiter, 1, 0.2, 3, NOW + 20 * SECONDS, &retry));
    g_assert_true(limit_take(limiter, 2, 0.2, 3, NOW, &retry));
    limit_free(limiter);
}

static void
test_clock_back(void)
{
    Limiter *limiter = limit_new(1000);
    int64_t  retry = 0;

    for (int i = 0; i < 2; i++)
        g_assert_true(limit_take(limiter, 1, 1, 2, NOW + DAYS, &retry));
    g_assert_false(limit_take(limiter, 1, 1, 2, NOW, &retry));
    g_assert_cmpint(retry, ==, 1);
    g_assert_true(limit_take(limiter, 1, 1, 2, NOW + SECONDS, &retry));
    limit_free(limiter);
}

/* A flood of strangers must not free the one who is held back. */
static void
test_flood(void)
{
    Limiter *limiter = limit_new(1024);
    int64_t  retry = 0;
    uint64_t held = limit_key(limiter, 1, "held", 4);

    while (limit_take(limiter, held, 0.001, 100, NOW, &retry))
        ;
    for (uint64_t i = 0; i < 100000; i++)
        limit_take(limiter, limit_key(limiter, 1, &i, sizeof i), 0.001, 100, NOW, &retry);
    g_assert_false(limit_take(limiter, held, 0.001, 100, NOW, &retry));
    limit_free(limiter);
}

static void
test_keys(void)
{
    Limiter *one = limit_new(10), *other = limit_new(10);

    g_assert_true(limit_key(one, 1, "a", 1) == limit_key(one, 1, "a", 1));
    g_assert_true(limit_key(one, 1, "a", 1) != limit_key(one, 2, "a", 1));
    g_assert_true(limit_key(one, 1, "a", 1) != limit_key(one, 1, "b", 1));
    g_assert_true(limit_key(one, 1, "a", 1) != limit_key(other, 1, "a", 1));
    limit_free(one);
    limit_free(other);
}

typedef struct {
    Limiter        *limiter;
    _Atomic int64_t granted;
} Crowded;

static void *
take_many(void *data)
{
    Crowded *crowded = data;
    int64_t  retry;

    for (int i = 0; i < 20000; i++)
        if (limit_take(crowded->limiter, (uint64_t)(i % 10), 0.001, 100, NOW, &retry))
            atomic_fetch_add(&crowded->granted, 1);
    return NULL;
}

static void
test_threads(void)
{
    Crowded   crowded = { .limiter = limit_new(1000) };
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        threads[i] = thread_start("limit", 0, take_many, &crowded);
    for (size_t i = 0; i < 4; i++)
        thread_join(threads[i]);
    g_assert_cmpint(crowded.granted, ==, 1000);
    limit_free(crowded.limiter);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add_func("/limit/burst", test_burst);
    g_test_add_func("/limit/clock-back", test_clock_back);
    g_test_add_func("/limit/flood", test_flood);
    g_test_add_func("/limit/keys", test_keys);
    g_test_add_func("/limit/threads", test_threads);
    return g_test_run();
}
