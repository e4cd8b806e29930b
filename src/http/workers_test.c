/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/workers.h"

#include "base/thread.h"

#include <sched.h>
#include <stdatomic.h>

typedef struct {
    Lock    lock;
    Signal  moved;
    int     inside;
    bool    open;
    int64_t done;
} Hall;

typedef struct {
    WorkItem item;
    Hall    *hall;
} Visit;

static void
visit(WorkItem *item)
{
    Hall *hall = ((Visit *)item)->hall;

    lock_take(&hall->lock);
    hall->inside++;
    signal_all(&hall->moved);
    while (!hall->open)
        signal_wait(&hall->moved, &hall->lock);
    hall->inside--;
    hall->done++;
    signal_all(&hall->moved);
    lock_leave(&hall->lock);
}

static void
hall_init(Hall *hall, bool open)
{
    *hall = (Hall){ .open = open };
    lock_init(&hall->lock);
    signal_init(&hall->moved);
}

static void
hall_clear(Hall *hall)
{
    signal_clear(&hall->moved);
    lock_clear(&hall->lock);
}

static void
await_inside(Hall *hall, int n)
{
    lock_take(&hall->lock);
    while (hall->inside < n)
        signal_wait(&hall->moved, &hall->lock);
    lock_leave(&hall->lock);
}

static void
open_hall(Hall *hall)
{
    lock_take(&hall->lock);
    hall->open = true;
    signal_all(&hall->moved);
    lock_leave(&hall->lock);
}

/* All threads are woken for a burst, though one at a time; what waits runs before the end. */
static void
test_burst(void)
{
    Hall     hall;
    Visit    visits[10];
    Workers *workers = workers_new("test", 4, 5, visit);

    hall_init(&hall, false);
    for (size_t i = 0; i < 4; i++) {
        visits[i].hall = &hall;
        g_assert_true(workers_have_room(workers));
        workers_push(workers, &visits[i].item);
    }
    await_inside(&hall, 4);
    g_assert_cmpuint(workers_count_waiting(workers), ==, 0);
    for (size_t i = 4; i < 10; i++) {
        visits[i].hall = &hall;
        g_assert_true(workers_have_room(workers) == (i < 9));
        workers_push(workers, &visits[i].item);
    }
    g_assert_cmpuint(workers_count_waiting(workers), ==, 6);
    open_hall(&hall);
    workers_free(workers);
    g_assert_cmpint(hall.done, ==, 10);
    hall_clear(&hall);
}

typedef struct {
    Hall    *hall;
    Workers *workers;
    Visit   *visits;
    size_t   n;
} Source;

static void *
push_all(void *data)
{
    Source *source = data;

    for (size_t i = 0; i < source->n; i++) {
        source->visits[i].hall = source->hall;
        workers_push(source->workers, &source->visits[i].item);
        if (i % 7 == 0)
            sched_yield();
    }
    return NULL;
}

static void
test_many(void)
{
    Hall      hall;
    Source    sources[3];
    pthread_t threads[3];
    Workers  *workers = workers_new("test", 8, 1, visit);

    hall_init(&hall, true);
    for (size_t i = 0; i < 3; i++) {
        sources[i] = (Source){ &hall, workers, g_new0(Visit, 20000), 20000 };
        threads[i] = thread_start("source", 0, push_all, &sources[i]);
    }
    for (size_t i = 0; i < 3; i++)
        thread_join(threads[i]);
    workers_free(workers);
    g_assert_cmpint(hall.done, ==, 60000);
    for (size_t i = 0; i < 3; i++)
        g_free(sources[i].visits);
    hall_clear(&hall);
}

static void
test_idle_end(void)
{
    for (int i = 0; i < 50; i++)
        workers_free(workers_new("test", 16, 1, visit));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workers/burst", test_burst);
    g_test_add_func("/workers/many", test_many);
    g_test_add_func("/workers/idle-end", test_idle_end);
    return g_test_run();
}
