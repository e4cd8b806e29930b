/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One lock over the queue and the stack of idle workers. `waking` is true from the signal until the
 * woken worker has the lock, and holds back further signals meanwhile. */
#include "http/workers.h"

#include "base/thread.h"

#include <stdatomic.h>

#define STACK ((size_t)256 * 1024)

typedef struct Worker {
    Workers       *workers;
    pthread_t      thread;
    Signal         signal;
    struct Worker *below; /* in the stack of idle ones */
    bool           woken;
} Worker;

struct Workers {
    Lock           lock;
    WorkItem      *first, **end;
    size_t         most;
    _Atomic size_t n_waiting; /* read without the lock */
    Worker        *idle;
    bool           waking, closing;
    void (*run)(WorkItem *item);
    size_t n;
    Worker all[];
};

/* With the lock held; the caller signals after leaving it. */
static Worker *
wake_one(Workers *workers)
{
    Worker *worker = workers->idle;

    if (workers->waking || worker == NULL)
        return NULL;
    workers->idle = worker->below;
    workers->waking = true;
    worker->woken = true;
    return worker;
}

static void
fall_asleep(Workers *workers, Worker *worker)
{
    worker->below = workers->idle;
    worker->woken = false;
    workers->idle = worker;
    while (!worker->woken)
        signal_wait(&worker->signal, &workers->lock);
    workers->waking = false;
}

static WorkItem *
take_first(Workers *workers)
{
    WorkItem *item = workers->first;

    workers->first = item->next;
    if (workers->first == NULL)
        workers->end = &workers->first;
    workers->n_waiting--;
    return item;
}

static void *
work(void *data)
{
    Worker  *worker = data, *next;
    Workers *workers = worker->workers;

    lock_take(&workers->lock);
    for (;;) {
        WorkItem *item;

        while (workers->first == NULL && !workers->closing)
            fall_asleep(workers, worker);
        if (workers->first == NULL)
            break;
        item = take_first(workers);
        next = workers->first != NULL ? wake_one(workers) : NULL;
        lock_leave(&workers->lock);
        if (next != NULL)
            signal_one(&next->signal);
        workers->run(item);
        lock_take(&workers->lock);
    }
    next = wake_one(workers);
    lock_leave(&workers->lock);
    if (next != NULL)
        signal_one(&next->signal);
    return NULL;
}

Workers *
workers_new(const char *name, size_t n, size_t most, void (*run)(WorkItem *item))
{
    Workers *workers = g_malloc0(sizeof *workers + n * sizeof(Worker));

    lock_init(&workers->lock);
    workers->end = &workers->first;
    workers->most = most;
    workers->run = run;
    workers->n = n;
    for (size_t i = 0; i < n; i++) {
        workers->all[i].workers = workers;
        signal_init(&workers->all[i].signal);
        workers->all[i].thread = thread_start(name, STACK, work, &workers->all[i]);
    }
    return workers;
}

void
workers_free(Workers *workers)
{
    Worker *next;

    if (workers == NULL)
        return;
    lock_take(&workers->lock);
    workers->closing = true;
    next = wake_one(workers);
    lock_leave(&workers->lock);
    if (next != NULL)
        signal_one(&next->signal);
    for (size_t i = 0; i < workers->n; i++)
        thread_join(workers->all[i].thread);
    for (size_t i = 0; i < workers->n; i++)
        signal_clear(&workers->all[i].signal);
    lock_clear(&workers->lock);
    g_free(workers);
}

void
workers_push(Workers *workers, WorkItem *item)
{
    Worker *next;

    lock_take(&workers->lock);
    item->next = NULL;
    *workers->end = item;
    workers->end = &item->next;
    workers->n_waiting++;
    next = wake_one(workers);
    lock_leave(&workers->lock);
    if (next != NULL)
        signal_one(&next->signal);
}

bool
workers_have_room(const Workers *workers)
{
    return workers_count_waiting(workers) < workers->most;
}

size_t
workers_count_waiting(const Workers *workers)
{
    return atomic_load_explicit(&workers->n_waiting, memory_order_relaxed);
}
