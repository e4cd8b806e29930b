/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Thin over pthread: what can only fail by our own mistake aborts. Conditions count by the monotonic
 * clock, so that a moved system clock neither shortens nor lengthens a wait. */
#include "base/thread.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#ifdef SAWT_SANITIZED
#define STACK_FACTOR 8 /* instrumented frames are several times as large */
#else
#define STACK_FACTOR 1
#endif

/* Not g_assert_cmpint: that one is for tests and can be made non-fatal. */
static void
must(int result)
{
    if (result != 0)
        g_error("thread: %s", g_strerror(result));
}

void
lock_init(Lock *lock)
{
    must(pthread_mutex_init(&lock->mutex, NULL));
}

void
lock_clear(Lock *lock)
{
    must(pthread_mutex_destroy(&lock->mutex));
}

void
lock_take(Lock *lock)
{
    must(pthread_mutex_lock(&lock->mutex));
}

void
lock_leave(Lock *lock)
{
    must(pthread_mutex_unlock(&lock->mutex));
}

void
signal_init(Signal *signal)
{
    pthread_condattr_t how;

    must(pthread_condattr_init(&how));
    must(pthread_condattr_setclock(&how, CLOCK_MONOTONIC));
    must(pthread_cond_init(&signal->cond, &how));
    must(pthread_condattr_destroy(&how));
}

void
signal_clear(Signal *signal)
{
    must(pthread_cond_destroy(&signal->cond));
}

void
signal_wait(Signal *signal, Lock *lock)
{
    must(pthread_cond_wait(&signal->cond, &lock->mutex));
}

bool
signal_wait_for(Signal *signal, Lock *lock, int64_t microseconds)
{
    struct timespec until;
    int             result;

    clock_gettime(CLOCK_MONOTONIC, &until);
    microseconds = CLAMP(microseconds, 0, INT64_C(1000000) * 60 * 60 * 24 * 365);
    until.tv_sec += (time_t)(microseconds / 1000000);
    until.tv_nsec += (long)(microseconds % 1000000) * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }

    result = pthread_cond_timedwait(&signal->cond, &lock->mutex, &until);
    if (result == ETIMEDOUT)
        return false;
    must(result);
    return true;
}

void
signal_one(Signal *signal)
{
    must(pthread_cond_signal(&signal->cond));
}

void
signal_all(Signal *signal)
{
    must(pthread_cond_broadcast(&signal->cond));
}

static void
must_semaphore(int result)
{
    if (result != 0)
        g_error("semaphore: %s", g_strerror(errno));
}

void
latch_init(Latch *latch)
{
    must_semaphore(sem_init(&latch->semaphore, 0, 0));
}

void
latch_clear(Latch *latch)
{
    must_semaphore(sem_destroy(&latch->semaphore));
}

void
latch_wait(Latch *latch)
{
    int result;

    do
        result = sem_wait(&latch->semaphore);
    while (result != 0 && errno == EINTR);
    must_semaphore(result);
}

void
latch_open(Latch *latch)
{
    must_semaphore(sem_post(&latch->semaphore));
}

pthread_t
thread_start(const char *name, size_t stack, void *(*run)(void *), void *data)
{
    char           brief[16]; /* all that the kernel keeps */
    pthread_attr_t how;
    pthread_t      thread;

    /* GLib makes the lock of its error domains at the first error: now, before there is another thread. */
    g_error_free(g_error_new_literal(APP_ERROR, APP_ERROR_INTERNAL, ""));

    must(pthread_attr_init(&how));
    if (stack > 0)
        must(pthread_attr_setstacksize(&how, MAX(stack * STACK_FACTOR, (size_t)PTHREAD_STACK_MIN)));
    must(pthread_create(&thread, &how, run, data));
    must(pthread_attr_destroy(&how));

    g_strlcpy(brief, name, sizeof brief);
    pthread_setname_np(thread, brief);
    return thread;
}

void
thread_join(pthread_t thread)
{
    must(pthread_join(thread, NULL));
}

/* Of the thread itself, never seen by another. */
static _Thread_local bool hurried_here;

void
thread_hurry(bool hurried)
{
    hurried_here = hurried;
}

bool
thread_is_hurried(void)
{
    return hurried_here;
}

struct Queue {
    Lock   lock;
    Signal filled;
    void **ring;
    size_t most, first, length;
    bool   closed;
};

Queue *
queue_new(size_t most)
{
    Queue *queue = g_new0(Queue, 1);

    g_assert(most > 0);
    lock_init(&queue->lock);
    signal_init(&queue->filled);
    queue->ring = g_new0(void *, most);
    queue->most = most;
    return queue;
}

void
queue_free(Queue *queue)
{
    if (queue == NULL)
        return;
    signal_clear(&queue->filled);
    lock_clear(&queue->lock);
    g_free(queue->ring);
    g_free(queue);
}

bool
queue_try_push(Queue *queue, void *item)
{
    bool taken;

    g_assert(item != NULL);
    lock_take(&queue->lock);
    taken = !queue->closed && queue->length < queue->most;
    if (taken) {
        queue->ring[(queue->first + queue->length) % queue->most] = item;
        queue->length++;
        signal_one(&queue->filled);
    }
    lock_leave(&queue->lock);
    return taken;
}

size_t
queue_pop_all(Queue *queue, void **items, size_t most)
{
    size_t n;

    g_assert(most > 0);
    lock_take(&queue->lock);
    while (queue->length == 0 && !queue->closed)
        signal_wait(&queue->filled, &queue->lock);

    n = MIN(queue->length, most);
    for (size_t i = 0; i < n; i++) {
        items[i] = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->most;
    }
    queue->length -= n;
    lock_leave(&queue->lock);
    return n;
}

void *
queue_pop(Queue *queue)
{
    void *item = NULL;

    return queue_pop_all(queue, &item, 1) == 1 ? item : NULL;
}

void
queue_close(Queue *queue)
{
    lock_take(&queue->lock);
    queue->closed = true;
    signal_all(&queue->filled);
    lock_leave(&queue->lock);
}

size_t
queue_length(Queue *queue)
{
    size_t length;

    lock_take(&queue->lock);
    length = queue->length;
    lock_leave(&queue->lock);
    return length;
}
