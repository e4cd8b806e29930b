/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/thread.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>

#define N_THREADS 4
#define N_ITEMS 20000

typedef struct {
    Lock   lock;
    Signal signal;
    int    count, wanted;
} Shared;

static void
shared_init(Shared *shared)
{
    *shared = (Shared){ .count = 0 };
    lock_init(&shared->lock);
    signal_init(&shared->signal);
}

static void
shared_clear(Shared *shared)
{
    signal_clear(&shared->signal);
    lock_clear(&shared->lock);
}

static void *
count_up(void *data)
{
    Shared *shared = data;

    for (int i = 0; i < N_ITEMS; i++) {
        lock_take(&shared->lock);
        shared->count++;
        lock_leave(&shared->lock);
    }
    lock_take(&shared->lock);
    shared->wanted++;
    signal_all(&shared->signal);
    lock_leave(&shared->lock);
    return NULL;
}

static void
a_lock_keeps_others_out(void)
{
    Shared    shared;
    pthread_t threads[N_THREADS];

    shared_init(&shared);
    for (size_t i = 0; i < N_THREADS; i++)
        threads[i] = thread_start("counter", 64 * 1024, count_up, &shared);

    lock_take(&shared.lock);
    while (shared.wanted < N_THREADS)
        signal_wait(&shared.signal, &shared.lock);
    g_assert_cmpint(shared.count, ==, N_THREADS * N_ITEMS);
    lock_leave(&shared.lock);

    for (size_t i = 0; i < N_THREADS; i++)
        thread_join(threads[i]);
    shared_clear(&shared);
}

static void
a_wait_ends_when_its_time_is_over(void)
{
    static const int64_t waits[] = { -5, 0, 1, 2000, 20000 };
    Shared               shared;

    shared_init(&shared);
    lock_take(&shared.lock);
    for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
        int64_t begin = g_get_monotonic_time();

        while (signal_wait_for(&shared.signal, &shared.lock, waits[i]))
            ; /* woken for nothing */
        g_assert_cmpint(g_get_monotonic_time() - begin, >=, waits[i]);
    }
    lock_leave(&shared.lock);
    shared_clear(&shared);
}

static void *
raise_flag(void *data)
{
    Shared *shared = data;

    lock_take(&shared->lock);
    shared->wanted = 1;
    signal_one(&shared->signal);
    lock_leave(&shared->lock);
    return NULL;
}

static void
a_signal_ends_a_wait_early(void)
{
    Shared    shared;
    pthread_t thread;
    bool      in_time = true;

    shared_init(&shared);
    lock_take(&shared.lock);
    thread = thread_start("raiser", 0, raise_flag, &shared);
    while (shared.wanted == 0 && in_time)
        in_time = signal_wait_for(&shared.signal, &shared.lock, INT64_MAX);
    g_assert_true(in_time);
    lock_leave(&shared.lock);
    thread_join(thread);
    shared_clear(&shared);
}

static void *
tell_name(void *data)
{
    g_assert_cmpint(prctl(PR_GET_NAME, data), ==, 0);
    return NULL;
}

/* The kernel may not yet know the name when the thread begins: only its length is certain. */
static void
long_names_and_tiny_stacks_are_taken(void)
{
    char name[17] = "";

    thread_join(thread_start("a name much longer than fifteen", 1, tell_name, name));
    g_assert_cmpuint(strlen(name), <=, 15);
}

static void
a_queue_keeps_order_and_its_limit(void)
{
    Queue *queue = queue_new(3);
    int    items[4];
    void  *out[4] = { NULL };

    for (int round = 0; round < 5; round++) {
        g_assert_true(queue_try_push(queue, &items[0]));
        g_assert_true(queue_try_push(queue, &items[1]));
        g_assert_true(queue_try_push(queue, &items[2]));
        g_assert_false(queue_try_push(queue, &items[3]));
        g_assert_cmpuint(queue_length(queue), ==, 3);
        g_assert_true(queue_pop(queue) == &items[0]);
        g_assert_true(queue_try_push(queue, &items[3]));
        g_assert_cmpuint(queue_pop_all(queue, out, 2), ==, 2);
        g_assert_true(out[0] == &items[1] && out[1] == &items[2]);
        g_assert_cmpuint(queue_pop_all(queue, out, 4), ==, 1);
        g_assert_true(out[0] == &items[3]);
    }
    queue_free(queue);
    queue_free(NULL);
}

static void
a_closed_queue_takes_nothing_and_gives_the_rest(void)
{
    Queue *queue = queue_new(2);
    int    item;
    void  *out[2];

    g_assert_true(queue_try_push(queue, &item));
    queue_close(queue);
    g_assert_false(queue_try_push(queue, &item));
    g_assert_true(queue_pop(queue) == &item);
    g_assert_null(queue_pop(queue));
    g_assert_cmpuint(queue_pop_all(queue, out, 2), ==, 0);
    queue_close(queue);
    queue_free(queue);
}

typedef struct {
    Queue *queue;
    int   *seen; /* one for each item, each written once, under nobody's lock: TSan watches */
    bool   all;
} Worker;

static void *
push_items(void *data)
{
    Worker *worker = data;

    for (int i = 0; i < N_ITEMS; i++) {
        while (!queue_try_push(worker->queue, &worker->seen[i]))
            sched_yield();
    }
    return NULL;
}

static void *
pop_items(void *data)
{
    Worker *worker = data;
    void   *items[16];
    size_t  n;

    do {
        n = worker->all ? queue_pop_all(worker->queue, items, G_N_ELEMENTS(items))
                        : (items[0] = queue_pop(worker->queue)) != NULL;
        for (size_t i = 0; i < n; i++)
            ++*(int *)items[i];
    } while (n > 0);
    return NULL;
}

static void
every_item_arrives_once(void)
{
    Queue    *queue = queue_new(64);
    Worker    pushers[2], poppers[3];
    pthread_t pushing[2], popping[3];

    for (size_t i = 0; i < 3; i++) {
        poppers[i] = (Worker){ .queue = queue, .all = i < 2 };
        popping[i] = thread_start("popper", 0, pop_items, &poppers[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        pushers[i] = (Worker){ .queue = queue, .seen = g_new0(int, N_ITEMS) };
        pushing[i] = thread_start("pusher", 0, push_items, &pushers[i]);
    }
    for (size_t i = 0; i < 2; i++)
        thread_join(pushing[i]);
    queue_close(queue);
    for (size_t i = 0; i < 3; i++)
        thread_join(popping[i]);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < N_ITEMS; k++)
            g_assert_cmpint(pushers[i].seen[k], ==, 1);
        g_free(pushers[i].seen);
    }
    queue_free(queue);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/thread/lock", a_lock_keeps_others_out);
    g_test_add_func("/thread/wait-ends", a_wait_ends_when_its_time_is_over);
    g_test_add_func("/thread/signal", a_signal_ends_a_wait_early);
    g_test_add_func("/thread/name-and-stack", long_names_and_tiny_stacks_are_taken);
    g_test_add_func("/queue/order", a_queue_keeps_order_and_its_limit);
    g_test_add_func("/queue/closed", a_closed_queue_takes_nothing_and_gives_the_rest);
    g_test_add_func("/queue/threads", every_item_arrives_once);
    return g_test_run();
}
