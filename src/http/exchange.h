/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: one request and its answer, from head to last byte. It belongs to its
 * connection's I/O thread, or, from being pushed to the workers until the connection is resumed, to
 * one worker. */
#pragma once

#include "http/intake.h"
#include "http/route_parts.h"
#include "http/workers.h"

typedef enum {
    EXCHANGE_HEAD,    /* the head is in */
    EXCHANGE_BODY,    /* bytes are collected in memory */
    EXCHANGE_RECEIVE, /* an upload's bytes are awaited */
    EXCHANGE_FED,     /* and were eaten */
    EXCHANGE_ANSWER,  /* the answer is ready */
    EXCHANGE_STREAM,  /* and is being sent piece by piece */
    /* With a worker: */
    EXCHANGE_ENTER,  /* may it upload? */
    EXCHANGE_FEED,   /* bytes of an upload */
    EXCHANGE_FINISH, /* everything is in */
    EXCHANGE_FILL,   /* the next piece of a stream */
    EXCHANGE_LEAVE,  /* the connection is gone */
} ExchangeStage;

#define EXCHANGE_PIECE ((size_t)32 * 1024)

typedef struct Exchange {
    WorkItem       item; /* first */
    ExchangeStage  stage;
    const Router  *router;
    bool           https;
    void          *engine, *connection; /* the engine's */
    Inlet         *inlet;
    bool           suspended;
    Arena         *arena;
    Request        req;
    Response      *res;
    const char    *target;
    GError        *error; /* what the head alone told */
    Uploading     *uploading;
    bool           uploads, skipped; /* skipped: the rest of the body, and the connection with it */
    Buffer         body;
    int64_t        length, received;
    const uint8_t *chunk;           /* the library's, while suspended */
    size_t         chunk_size, fed; /* fed: the library was not told yet */
    int64_t        began, waited;   /* an upload: monotonic; time that was ours */
    uint8_t       *piece;           /* of a stream */
    size_t         piece_size, piece_at;
    int64_t        piece_result; /* of the last read: 0 or negative end it */
    struct Exchange *next_free;
} Exchange;

typedef struct ExchangePool ExchangePool;

ExchangePool               *exchange_pool_new(const Router *router, bool https);
void                        exchange_pool_free(ExchangePool *pool);
Exchange                   *exchange_take(ExchangePool *pool);
/* Wipes and forgets everything; abandons an upload. */
void exchange_put(ExchangePool *pool, Exchange *exchange);

/* What the stage asks for, on a worker. */
void exchange_work(Exchange *exchange);
/* EXCHANGE_FINISH on the I/O thread, hurried. False: it would have had to wait, nothing is answered and
 * a worker begins anew. */
bool exchange_try(Exchange *exchange);
/* Fill the next piece of a stream, on a worker. */
void exchange_fill(Exchange *exchange);
