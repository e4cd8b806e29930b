/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Threads and locks are pthread's, seen by ThreadSanitizer (GLib's are not instrumented). */
#pragma once

#include "base/error.h"

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    pthread_mutex_t mutex;
} Lock;

typedef struct {
    pthread_cond_t cond;
} Signal;

void lock_init(Lock *lock);
void lock_clear(Lock *lock);
void lock_take(Lock *lock);
void lock_leave(Lock *lock);

void signal_init(Signal *signal);
void signal_clear(Signal *signal);
/* Wait with `lock` held. */
void signal_wait(Signal *signal, Lock *lock);
/* False when `microseconds` went by first. Measured by the monotonic clock. Like signal_wait it may
 * wake for nothing: look at the condition again. */
bool signal_wait_for(Signal *signal, Lock *lock, int64_t microseconds);
void signal_one(Signal *signal);
void signal_all(Signal *signal);

/* Opened once, by one thread, for one that waits. Who opens it does not touch it afterwards, so that it
 * may lie on the stack of who waits; a lock and a signal there would wake the waiter into a held lock. */
typedef struct {
    sem_t semaphore;
} Latch;

void latch_init(Latch *latch);
void latch_clear(Latch *latch);
void latch_wait(Latch *latch);
void latch_open(Latch *latch);

/* A thread with a stack of `stack` bytes (0: the default), named for debuggers. Aborts when the
 * system refuses. */
pthread_t thread_start(const char *name, size_t stack, void *(*run)(void *), void *data);
void      thread_join(pthread_t thread);

/* A hurried thread serves many others and waits for none of them: what would have to wait says BUSY at
 * once (db_begin, db_apply), and another thread does the whole again. */
void thread_hurry(bool hurried);
bool thread_is_hurried(void);

/* A bounded queue of pointers between threads. */
typedef struct Queue Queue;

/* What still waits when it is freed is its owner's. */
Queue *queue_new(size_t most);
void   queue_free(Queue *queue);
/* False when it is full or closed. */
bool queue_try_push(Queue *queue, void *item);
/* Waits; NULL when the queue is closed and empty. */
void *queue_pop(Queue *queue);
/* Everything that waits, up to `most`, at once; waits until there is something. 0: closed. */
size_t queue_pop_all(Queue *queue, void **items, size_t most);
void   queue_close(Queue *queue);
size_t queue_length(Queue *queue);
