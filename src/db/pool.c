/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: a connection is lent to one thread at a time, a thread holds one at most, and
 * none is held longer than the lease, because an open reader keeps the engine from forgetting. */
#include "db/pool.h"

#include "base/clock.h"

#define HURRIED_LEASE (20 * SECONDS / 1000)

void
pool_init(Pool *pool, const DbOptions *options)
{
    pool->lease = options->lease > 0 ? options->lease : 5 * SECONDS;
    pool->n_readers =
        options->readers > 0 ? (size_t)options->readers : 2 * (size_t)g_get_num_processors();
    pool->readers = g_new0(DbTx *, pool->n_readers);
    pool->idle = g_new0(DbTx *, pool->n_readers);
    lock_init(&pool->lock);
    signal_init(&pool->signal);
}

void
pool_clear(Pool *pool)
{
    signal_clear(&pool->signal);
    lock_clear(&pool->lock);
    g_free(pool->readers);
    g_free(pool->idle);
}

void
pool_add(Pool *pool, size_t place, DbTx *tx)
{
    g_assert(pool->readers[place] == NULL);
    tx->deadline = INT64_MAX;
    tx->pool = pool;
    pool->readers[place] = tx;
    lock_take(&pool->lock);
    pool->idle[pool->n_idle++] = tx;
    lock_leave(&pool->lock);
}

void
pool_add_out(Pool *pool, size_t place, DbTx *tx)
{
    g_assert(pool->readers[place] == NULL);
    tx->deadline = INT64_MAX;
    tx->pool = pool;
    tx->out = true;
    pool->readers[place] = tx;
}

bool
pool_thread_reads(Pool *pool)
{
    pthread_t self = pthread_self();

    for (size_t i = 0; i < pool->n_readers; i++)
        if (atomic_load_explicit(&pool->readers[i]->holder, memory_order_relaxed) == self)
            return true;
    return false;
}

static DbTx *
borrow(Pool *pool, int64_t deadline)
{
    bool    hurried = thread_is_hurried();
    int64_t lease = hurried ? MIN(pool->lease, HURRIED_LEASE) : pool->lease;
    DbTx   *tx = NULL;

    if (hurried)
        deadline = 0;

    lock_take(&pool->lock);
    while (pool->n_idle == 0) {
        int64_t left = deadline - clock_monotonic();

        if (left <= 0 || !signal_wait_for(&pool->signal, &pool->lock, left))
            break;
    }
    if (pool->n_idle > 0)
        tx = pool->idle[--pool->n_idle];
    lock_leave(&pool->lock);

    if (tx != NULL) {
        tx->deadline = clock_monotonic() + lease;
        tx->n_running = 0;
        atomic_store_explicit(&tx->holder, pthread_self(), memory_order_relaxed);
    }
    return tx;
}

DbTx *
pool_borrow(Pool *pool)
{
    return borrow(pool, clock_monotonic() + pool->lease);
}

DbTx *
pool_borrow_idle(Pool *pool)
{
    return borrow(pool, 0);
}

void
pool_give_back(DbTx *tx)
{
    Pool *pool = tx->pool;

    atomic_store_explicit(&tx->holder, 0, memory_order_relaxed);
    lock_take(&pool->lock);
    if (tx->broken)
        tx->out = true;
    else
        pool->idle[pool->n_idle++] = tx;
    lock_leave(&pool->lock);
    signal_one(&pool->signal);
}

DbTx *
pool_take_out(Pool *pool)
{
    DbTx *found = NULL;

    lock_take(&pool->lock);
    for (size_t i = 0; found == NULL && i < pool->n_readers; i++)
        if (pool->readers[i]->out) {
            found = pool->readers[i];
            found->out = false;
        }
    lock_leave(&pool->lock);
    return found;
}
