/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between I/O threads and workers. A connection is suspended by its own I/O thread before the exchange
 * is pushed, and resumed by the worker as its last act; in between nobody else touches it. */
#include "http/engine_parts.h"

void
engine_work_count_down(Engine *engine, _Atomic int64_t *counter)
{
    atomic_fetch_sub(counter, 1);
    if (atomic_load(&engine->stopping)) {
        lock_take(&engine->lock);
        lock_leave(&engine->lock);
        signal_all(&engine->calm);
    }
}

bool
engine_work_hand_over(Exchange *exchange, ExchangeStage stage)
{
    Engine  *engine = exchange->engine;
    Workers *workers = stage == EXCHANGE_FEED ? engine->writers : engine->workers;

    atomic_fetch_add(&engine->n_suspended, 1);
    if (atomic_load(&engine->closing)) {
        engine_work_count_down(engine, &engine->n_suspended);
        return false;
    }
    exchange->suspended = true;
    exchange->stage = stage;
    intake_busy(exchange->inlet, 0);
    MHD_suspend_connection(exchange->connection);
    workers_push(workers, &exchange->item);
    return true;
}

void
engine_work_take_back(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    if (!exchange->suspended)
        return;
    exchange->suspended = false;
    engine_work_count_down(engine, &engine->n_suspended);
}

void
engine_work_leave(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    if (exchange->uploads)
        atomic_fetch_sub(&engine->n_uploads, 1);
    exchange_put(engine->exchanges, exchange);
    engine_work_count_down(engine, &engine->n_active);
}

void
engine_work_run(WorkItem *item)
{
    Exchange *exchange = (Exchange *)item;

    if (exchange->stage == EXCHANGE_LEAVE) {
        engine_work_leave(exchange);
        return;
    }
    if (exchange->stage == EXCHANGE_FILL) {
        exchange_fill(exchange);
        exchange->stage = EXCHANGE_STREAM;
    } else {
        exchange_work(exchange);
    }
    MHD_resume_connection(exchange->connection);
}
