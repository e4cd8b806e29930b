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
    Limiter *limiter = limit_new(1000, NULL);
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
    Limiter *limiter = limit_new(1000, NULL);
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
    Limiter *limiter = limit_new(1024, NULL);
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
    Limiter *one = limit_new(10, NULL), *other = limit_new(10, NULL);

    g_assert_true(limit_key(one, 1, "a", 1) == limit_key(one, 1, "a", 1));
    g_assert_true(limit_key(one, 1, "a", 1) != limit_key(one, 2, "a", 1));
    g_assert_true(limit_key(one, 1, "a", 1) != limit_key(one, 1, "b", 1));
    g_assert_true(limit_key(one, 1, "a", 1) != limit_key(other, 1, "a", 1));
    limit_free(one);
    limit_free(other);
}

/* Two processes, one bucket: each tells what it gave away since it last did, and hears the sum. */
typedef struct {
    Limiter *nodes[2];
    AppTime  shared; /* the sum, as a table keeps it */
} Pair;

static void
exchange(Pair *pair, uint64_t key, AppTime now)
{
    for (int i = 0; i < 2; i++) {
        int64_t untold = limit_tell(pair->nodes[i], key, now);

        if (untold > 0)
            pair->shared = MAX(pair->shared, now) + untold;
    }
    for (int i = 0; i < 2; i++)
        limit_hear(pair->nodes[i], key, pair->shared, now);
}

/* Who asks two nodes in turn, told to each other once a second, gets a burst more at first and then what
 * one node alone would give: what was too much is owed. */
static void
test_shared(void)
{
    static const uint8_t secret[LIMIT_SECRET_SIZE] = { 1 };
    Pair                 pair = { .nodes = { limit_new(10, secret), limit_new(10, secret) } };
    uint64_t             key = limit_key(pair.nodes[0], 1, "a", 1);
    int64_t              retry = 0, first = 0, later = 0;

    g_assert_true(key == limit_key(pair.nodes[1], 1, "a", 1));
    for (int second = 0; second < 600; second++) {
        AppTime now = NOW + second * SECONDS;

        for (int try = 0; try < 40; try++)
            if (limit_take(pair.nodes[try % 2], key, 0.1, 10, now, &retry))
                *(second == 0 ? &first : &later) += 1;
        exchange(&pair, key, now);
    }
    g_assert_cmpint(first, ==, 20);
    /* Sixty tokens in ten minutes; ten of them were given away before, and at the end one may be owed. */
    g_assert_cmpint(later, >=, 49);
    g_assert_cmpint(later, <=, 51);
    for (int i = 0; i < 2; i++)
        limit_free(pair.nodes[i]);
}

/* One that nobody takes from any more becomes full, and nothing is told twice. */
static void
test_told_once(void)
{
    Limiter *limiter = limit_new(10, NULL);
    int64_t  retry;

    for (int i = 0; i < 3; i++)
        g_assert_true(limit_take(limiter, 7, 1, 3, NOW, &retry));
    g_assert_cmpint(limit_ahead(limiter, 7, NOW), ==, 3 * SECONDS);
    g_assert_cmpint(limit_tell(limiter, 7, NOW), ==, 3 * SECONDS);
    g_assert_cmpint(limit_tell(limiter, 7, NOW), ==, 0);
    /* An older sum, which another was told before, changes nothing. */
    limit_hear(limiter, 7, NOW + 2 * SECONDS, NOW);
    g_assert_cmpint(limit_ahead(limiter, 7, NOW), ==, 3 * SECONDS);
    limit_hear(limiter, 7, NOW + 5 * SECONDS, NOW);
    g_assert_false(limit_take(limiter, 7, 1, 3, NOW + 2 * SECONDS, &retry));
    g_assert_true(limit_take(limiter, 7, 1, 3, NOW + 3 * SECONDS, &retry));
    g_assert_cmpint(limit_tell(limiter, 7, NOW + 3 * SECONDS), ==, SECONDS);
    g_assert_cmpint(limit_ahead(limiter, 7, NOW + 10 * SECONDS), ==, 0);
    g_assert_cmpint(limit_tell(limiter, 7, NOW + 10 * SECONDS), ==, 0);
    limit_free(limiter);
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
    Crowded   crowded = { .limiter = limit_new(1000, NULL) };
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
    g_test_add_func("/limit/shared", test_shared);
    g_test_add_func("/limit/told-once", test_told_once);
    return g_test_run();
}
