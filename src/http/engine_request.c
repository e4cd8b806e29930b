/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The way in: from a head to an exchange that a worker can take. I/O threads collect bytes and never
 * block. The library calls again and again; the exchange's stage says what the call is about. Requests
 * without a body are answered in the second call: an answer in the first ends the connection. */
#include "http/engine_parts.h"

#include "http/request_parts.h"
#include "http/response_parts.h"

#include <string.h>

static enum MHD_Result
keep_header(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    request_add_header(data, name, value == NULL ? "" : value);
    return MHD_YES;
}

static void
read_peer(Exchange *exchange)
{
    const Engine *engine = exchange->engine;
    Request      *req = &exchange->req;

    memcpy(req->peer, engine_mhd_link(exchange->connection)->peer, PEER_SIZE);
    if (peer_list_has(engine->proxies, req->peer))
        peer_forwarded(engine->proxies, request_header(req, "X-Forwarded-For"),
                       request_header(req, "Forwarded"), req->peer);
    peer_cut(req->peer);
}

static void
fail_head(Exchange *exchange, int status, const char *what)
{
    exchange->req.parts->status = status;
    if (status == 405)
        response_header(exchange->res, "Allow", "GET, HEAD, POST");
    g_set_error_literal(&exchange->error, APP_ERROR,
                        status == 413 ? APP_ERROR_TOO_LARGE : APP_ERROR_INVALID, what);
}

static void
read_head(Exchange *exchange, const char *method)
{
    Engine     *engine = exchange->engine;
    Request    *req = &exchange->req;
    bool        known = request_begin(req, exchange->arena, method, exchange->target);
    const char *length;

    req->parts->https = exchange->https;
    req->now = clock_now(engine->clock);
    req->id = atomic_fetch_add(&engine->next_id, 1);
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, keep_header, req);
    read_peer(exchange);
    if (engine_answer_is_refusal(exchange)) {
        request_begin(req, exchange->arena, "GET", "/");
        MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, keep_header, req);
        fail_head(exchange, intake_status(exchange->inlet), "the head was refused");
        return;
    }
    length = request_header(req, "Content-Length");
    exchange->length = length == NULL ? 0 : g_ascii_strtoll(length, NULL, 10);
    if (!known)
        fail_head(exchange, 405, "the method is none of ours");
    else if (request_header(req, "Transfer-Encoding") != NULL)
        fail_head(exchange, 501, "a body without length");
    else if (!router_run_admit(engine->router, req, exchange->res, exchange->length,
                               &exchange->error))
        return;
}

static bool
is_upload(const Exchange *exchange)
{
    char type[64];

    return exchange->error == NULL && exchange->req.method == HTTP_POST &&
           exchange->req.route->upload != NULL &&
           request_media_type(&exchange->req, type, sizeof type) &&
           g_str_equal(type, "multipart/form-data");
}

static bool
is_busy(const Engine *engine)
{
    return atomic_load(&engine->stopping) || !workers_have_room(engine->workers);
}

static bool
is_quick(const Exchange *exchange)
{
    const Engine *engine = exchange->engine;

    return engine->quick && exchange->error == NULL && exchange->length == 0 &&
           exchange->req.route->quick;
}

/* Everything is in that will be. */
static enum MHD_Result
submit(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    /* An upload was admitted before its bytes came. */
    if (exchange->uploading == NULL && is_busy(engine))
        return engine_answer_queue_busy(exchange);
    if (is_quick(exchange) && exchange_try(exchange))
        return engine_answer_queue(exchange);
    return engine_work_hand_over(exchange, EXCHANGE_FINISH) ? MHD_YES : MHD_NO;
}

static enum MHD_Result
begin_upload(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    if (is_busy(engine) || atomic_load(&engine->n_uploads) >= (int64_t)engine->limits.uploads)
        return engine_answer_queue_busy(exchange);
    atomic_fetch_add(&engine->n_uploads, 1);
    exchange->uploads = true;
    exchange->began = clock_monotonic();
    return engine_work_hand_over(exchange, EXCHANGE_ENTER) ? MHD_YES : MHD_NO;
}

/* The library's first call. A body that nobody wants is read when it is small, which keeps the
 * connection; else the answer goes out at once and ends it. */
static enum MHD_Result
begin(Exchange *exchange, const char *method)
{
    Engine *engine = exchange->engine;

    read_head(exchange, method);
    exchange->stage = EXCHANGE_BODY;
    if (is_upload(exchange))
        return begin_upload(exchange);
    if (exchange->length > ROUTER_RUN_MOST_BODY)
        return submit(exchange);
    if (exchange->length > 0)
        intake_busy(exchange->inlet, engine->limits.body);
    return MHD_YES;
}

static enum MHD_Result
collect(Exchange *exchange, const char *data, size_t *size)
{
    const EngineShelf *shelf;

    if (*size > 0) {
        exchange->received += (int64_t)*size;
        if (exchange->received > ROUTER_RUN_MOST_BODY)
            return MHD_NO; /* only without our reader: it knows the length */
        buffer_add(&exchange->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    shelf = engine_answer_find_file(exchange);
    return shelf != NULL ? engine_answer_queue_file(exchange, shelf) : submit(exchange);
}

static void
await_upload(Exchange *exchange)
{
    const ServerLimits *limits = &((Engine *)exchange->engine)->limits;
    int64_t             spent = clock_monotonic() - exchange->began - exchange->waited;
    int64_t             most =
        engine_answer_time_for(exchange->engine, limits->upload_grace, exchange->received);

    intake_busy(exchange->inlet, MAX(1, MIN(most, limits->upload) - spent));
}

/* An upload's bytes stay in the library's buffer until workers have eaten all of them. The library
 * may add to them while it resumes, and does not call again for what is left over when it is told
 * of a part: so nothing is left. */
static enum MHD_Result
hand_bytes(Exchange *exchange, const char *data, size_t size)
{
    exchange->chunk = (const uint8_t *)data + exchange->fed;
    exchange->chunk_size = size - exchange->fed;
    exchange->waited -= clock_monotonic();
    return engine_work_hand_over(exchange, EXCHANGE_FEED) ? MHD_YES : MHD_NO;
}

static enum MHD_Result
receive(Exchange *exchange, const char *data, size_t *size)
{
    if (*size > 0)
        return hand_bytes(exchange, data, *size);
    await_upload(exchange);
    return engine_answer_is_whole(exchange) ? submit(exchange) : MHD_YES;
}

static enum MHD_Result
go_on(Exchange *exchange, const char *data, size_t *size)
{
    exchange->waited += clock_monotonic();
    exchange->fed += exchange->chunk_size;
    if (*size > exchange->fed)
        return hand_bytes(exchange, data, *size);
    exchange->received += (int64_t)exchange->fed;
    exchange->fed = 0;
    *size = 0;
    exchange->stage = EXCHANGE_RECEIVE;
    await_upload(exchange);
    return MHD_YES;
}

/* The answer is there. In the middle of a body the library takes none: the rest is skipped. */
static enum MHD_Result
answer(Exchange *exchange, size_t *size)
{
    if (*size == 0)
        return engine_answer_queue(exchange);
    exchange->received += (int64_t)*size;
    if (!engine_answer_is_whole(exchange) && !exchange->skipped) {
        exchange->skipped = true;
        intake_skip(exchange->inlet);
    }
    *size = 0;
    return MHD_YES;
}

enum MHD_Result
engine_request_handle(void *data, struct MHD_Connection *connection, const char *url,
                      const char *method, const char *version, const char *bytes, size_t *size,
                      void **context)
{
    Exchange *exchange = *context;

    (void)data;
    (void)connection;
    (void)url;
    (void)version;
    if (exchange == NULL)
        return MHD_NO;
    engine_work_take_back(exchange);
    switch (exchange->stage) {
    case EXCHANGE_HEAD:
        return begin(exchange, method);
    case EXCHANGE_BODY:
        return collect(exchange, bytes, size);
    case EXCHANGE_RECEIVE:
        return receive(exchange, bytes, size);
    case EXCHANGE_FED:
        return go_on(exchange, bytes, size);
    case EXCHANGE_ANSWER:
        return answer(exchange, size);
    case EXCHANGE_STREAM:
    case EXCHANGE_ENTER:
    case EXCHANGE_FEED:
    case EXCHANGE_FINISH:
    case EXCHANGE_FILL:
    case EXCHANGE_LEAVE:
    default:
        return MHD_NO;
    }
}
