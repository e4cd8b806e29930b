/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What workers do with a request. Exchanges are kept for the next request with their arena, response
 * and buffers, the last one used first. */
#include "http/exchange.h"

#include "base/log.h"
#include "base/thread.h"
#include "http/request_parts.h"
#include "http/response_parts.h"

#include <sodium.h>

#define MOST_KEPT 512

struct ExchangePool {
    const Router *router;
    bool          https;
    Lock          lock;
    Exchange     *free;
    size_t        n_free;
};

ExchangePool *
exchange_pool_new(const Router *router, bool https)
{
    ExchangePool *pool = g_new0(ExchangePool, 1);

    pool->router = router;
    pool->https = https;
    lock_init(&pool->lock);
    return pool;
}

static void
destroy(Exchange *exchange)
{
    response_free(exchange->res);
    arena_free(exchange->arena);
    buffer_clear(&exchange->body);
    g_free(exchange->piece);
    g_free(exchange);
}

void
exchange_pool_free(ExchangePool *pool)
{
    if (pool == NULL)
        return;
    while (pool->free != NULL) {
        Exchange *exchange = pool->free;

        pool->free = exchange->next_free;
        destroy(exchange);
    }
    lock_clear(&pool->lock);
    g_free(pool);
}

static Exchange *
make(ExchangePool *pool)
{
    Exchange *exchange = g_new0(Exchange, 1);

    exchange->router = pool->router;
    exchange->https = pool->https;
    exchange->arena = arena_new();
    exchange->res = response_new(exchange->arena);
    response_renew(exchange->res, pool->https);
    buffer_init(&exchange->body);
    return exchange;
}

Exchange *
exchange_take(ExchangePool *pool)
{
    Exchange *exchange;

    lock_take(&pool->lock);
    exchange = pool->free;
    if (exchange != NULL) {
        pool->free = exchange->next_free;
        pool->n_free--;
    }
    lock_leave(&pool->lock);
    return exchange != NULL ? exchange : make(pool);
}

void
exchange_put(ExchangePool *pool, Exchange *exchange)
{
    Arena    *arena = exchange->arena;
    Response *res = exchange->res;
    Buffer    body = exchange->body;
    uint8_t  *piece = exchange->piece;
    bool      kept;

    upload_free(exchange->uploading);
    g_clear_error(&exchange->error);
    if (body.size > 0)
        sodium_memzero(body.data, body.size);
    body.size = 0;
    response_renew(res, pool->https);
    arena_reset(arena);
    *exchange = (Exchange){ .router = pool->router,
                            .https = pool->https,
                            .arena = arena,
                            .res = res,
                            .body = body,
                            .piece = piece };

    lock_take(&pool->lock);
    kept = pool->n_free < MOST_KEPT;
    if (kept) {
        exchange->next_free = pool->free;
        pool->free = exchange;
        pool->n_free++;
    }
    lock_leave(&pool->lock);
    if (!kept)
        destroy(exchange);
}

static bool
enter(Exchange *exchange, GError **error)
{
    return router_run_enter(exchange->router, &exchange->req, exchange->res, &exchange->uploading,
                            error);
}

static bool
finish(Exchange *exchange, GError **error)
{
    RequestParts *parts = exchange->req.parts;

    if (exchange->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&exchange->error));
        return false;
    }
    parts->body = exchange->body.data;
    parts->body_size = exchange->body.size;
    if (exchange->uploading == NULL && !enter(exchange, error))
        return false;
    return router_run_finish(exchange->router, &exchange->req, exchange->res, exchange->uploading,
                             error);
}

static bool
feed(Exchange *exchange, GError **error)
{
    return upload_feed(exchange->uploading, exchange->chunk, exchange->chunk_size, error);
}

/* The stage's work, and the stage that follows when it succeeds. */
static bool
step(Exchange *exchange, ExchangeStage *next, GError **error)
{
    switch (exchange->stage) {
    case EXCHANGE_ENTER:
        *next = EXCHANGE_RECEIVE;
        return enter(exchange, error);
    case EXCHANGE_FEED:
        *next = EXCHANGE_FED;
        return feed(exchange, error);
    case EXCHANGE_FINISH:
        *next = EXCHANGE_ANSWER;
        return finish(exchange, error);
    case EXCHANGE_HEAD:
    case EXCHANGE_BODY:
    case EXCHANGE_RECEIVE:
    case EXCHANGE_FED:
    case EXCHANGE_ANSWER:
    case EXCHANGE_STREAM:
    case EXCHANGE_FILL:
    case EXCHANGE_LEAVE:
    default:
        g_assert_not_reached();
    }
}

/* The first piece is filled here, so that a short stream needs no second worker. */
static void
end_work(Exchange *exchange)
{
    upload_free(g_steal_pointer(&exchange->uploading));
    router_run_wipe(&exchange->req);
    if (response_stream_of(exchange->res) != NULL && !exchange->req.parts->head)
        exchange_fill(exchange);
    exchange->stage = EXCHANGE_ANSWER;
}

void
exchange_work(Exchange *exchange)
{
    ExchangeStage next;
    GError       *error = NULL;

    log_set_request(exchange->req.id);
    if (!step(exchange, &next, &error)) {
        router_run_explain(exchange->router, &exchange->req, exchange->res, error);
        next = EXCHANGE_ANSWER;
    }
    exchange->stage = next;
    if (next == EXCHANGE_ANSWER)
        end_work(exchange);
    log_set_request(0);
}

/* As it was before the gate. */
static void
undo(Exchange *exchange)
{
    Request *req = &exchange->req;

    response_renew(exchange->res, exchange->https);
    req->who = NULL;
    req->page = NULL;
    req->lang = NULL;
}

bool
exchange_try(Exchange *exchange)
{
    ExchangeStage next;
    g_autoptr(GError) error = NULL;
    bool put_off;

    log_set_request(exchange->req.id);
    exchange->stage = EXCHANGE_FINISH;
    thread_hurry(true);
    put_off = !step(exchange, &next, &error) && error_code(error) == APP_ERROR_BUSY;
    thread_hurry(false);
    if (put_off) {
        undo(exchange);
    } else {
        if (error != NULL)
            router_run_explain(exchange->router, &exchange->req, exchange->res,
                               g_steal_pointer(&error));
        end_work(exchange);
    }
    log_set_request(0);
    return !put_off;
}

void
exchange_fill(Exchange *exchange)
{
    const ResponseStream *stream = response_stream_of(exchange->res);

    if (exchange->piece == NULL)
        exchange->piece = g_malloc(EXCHANGE_PIECE);
    exchange->piece_at = 0;
    exchange->piece_result = stream->read(stream->data, exchange->piece, EXCHANGE_PIECE);
    exchange->piece_size = (size_t)MAX(exchange->piece_result, 0);
}
