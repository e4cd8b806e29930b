/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only file that includes microhttpd.h. I/O threads collect bytes and send answers; whatever may
 * block runs on a worker while the connection is suspended. A connection is suspended by its own I/O
 * thread before the exchange is pushed, and resumed by the worker as its last act; in between
 * nobody else touches it. An answer that is queued before the whole body was read ends the
 * connection, so requests without a body are answered in the library's second call. */
#include "http/engine_mhd.h"

#include "base/thread.h"
#include "http/crowd.h"
#include "http/exchange.h"
#include "http/peer.h"
#include "http/request_parts.h"
#include "http/response_parts.h"
#include "http/static_file.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define POOL ((size_t)64 * 1024)
#define IO_STACK ((size_t)256 * 1024)

typedef struct {
    const StaticFile    *file;
    struct MHD_Response *full[STATIC_FILE_FORMS], *same[STATIC_FILE_FORMS];
    char                *tags[STATIC_FILE_FORMS];
} Shelf;

struct Engine {
    struct MHD_Daemon   *daemon;
    ServerLimits         limits;
    const Router        *router;
    const Clock         *clock;
    Intake              *intake;
    Workers             *workers, *writers;
    ExchangePool        *exchanges;
    PeerList            *proxies;
    Crowd               *crowd;
    GHashTable          *shelves; /* path → Shelf; const once started */
    struct MHD_Response *busy;
    bool                 reader;
    _Atomic bool         stopping, closing;
    _Atomic int64_t      n_active, n_suspended, n_requests, n_uploads, next_id;
    Lock                 lock;
    Signal               calm; /* n_active or n_suspended went down while stopping */
};

/* Of a connection. */
typedef struct {
    Inlet  *inlet;
    uint8_t peer[PEER_SIZE];
    bool    counted;
} Link;

static Link *
link_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info->socket_context;
}

/* --- Handing over ------------------------------------------------------------------------- */

static void
count_down(Engine *engine, _Atomic int64_t *counter)
{
    atomic_fetch_sub(counter, 1);
    if (atomic_load(&engine->stopping)) {
        lock_take(&engine->lock);
        lock_leave(&engine->lock);
        signal_all(&engine->calm);
    }
}

/* False when the server is closing: then nothing may be suspended any more. */
static bool
hand_over(Exchange *exchange, ExchangeStage stage)
{
    Engine  *engine = exchange->engine;
    Workers *workers = stage == EXCHANGE_FEED ? engine->writers : engine->workers;

    atomic_fetch_add(&engine->n_suspended, 1);
    if (atomic_load(&engine->closing)) {
        count_down(engine, &engine->n_suspended);
        return false;
    }
    exchange->suspended = true;
    exchange->stage = stage;
    intake_busy(exchange->inlet, 0);
    MHD_suspend_connection(exchange->connection);
    workers_push(workers, &exchange->item);
    return true;
}

/* Back on the I/O thread. */
static void
take_back(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    if (!exchange->suspended)
        return;
    exchange->suspended = false;
    count_down(engine, &engine->n_suspended);
}

static void
add_header(void *answer, const char *name, const char *value)
{
    MHD_add_response_header(answer, name, value);
}

static ssize_t read_stream(void *data, uint64_t position, char *out, size_t room);

/* On a worker: there is time. */
static void
prepare(Exchange *exchange)
{
    const ResponseStream *stream = response_stream_of(exchange->res);
    Bytes                 bytes = response_bytes(exchange->res);

    if (stream != NULL)
        exchange->answer = MHD_create_response_from_callback(
            stream->size < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)stream->size, EXCHANGE_PIECE,
            read_stream, exchange, NULL);
    else
        exchange->answer =
            MHD_create_response_from_buffer(bytes.size, (void *)bytes.data, MHD_RESPMEM_PERSISTENT);
    g_assert(exchange->answer != NULL);
    response_each_header(exchange->res, add_header, exchange->answer);
}

static void
leave(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    if (exchange->uploads)
        atomic_fetch_sub(&engine->n_uploads, 1);
    exchange_put(engine->exchanges, exchange);
    count_down(engine, &engine->n_active);
}

static void
work(WorkItem *item)
{
    Exchange *exchange = (Exchange *)item;

    if (exchange->stage == EXCHANGE_LEAVE) {
        leave(exchange);
        return;
    }
    if (exchange->stage == EXCHANGE_FILL) {
        exchange_fill(exchange);
        exchange->stage = EXCHANGE_STREAM;
    } else {
        exchange_work(exchange);
        if (exchange->stage == EXCHANGE_ANSWER)
            prepare(exchange);
    }
    MHD_resume_connection(exchange->connection);
}

/* --- Answers ------------------------------------------------------------------------------ */

/* At the slowest rate we bear. */
static int64_t
time_for(const Engine *engine, int64_t grace, int64_t bytes)
{
    return grace + bytes * SECONDS / engine->limits.slowest;
}

static ssize_t
read_stream(void *data, uint64_t position, char *out, size_t room)
{
    Exchange *exchange = data;
    Engine   *engine = exchange->engine;
    size_t    n;

    (void)position;
    take_back(exchange);
    if (exchange->piece_at == exchange->piece_size) {
        if (exchange->piece_result == 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (exchange->piece_result < 0 || !hand_over(exchange, EXCHANGE_FILL))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        return 0;
    }
    n = MIN(exchange->piece_size - exchange->piece_at, room);
    memcpy(out, exchange->piece + exchange->piece_at, n);
    exchange->piece_at += n;
    intake_busy(exchange->inlet, time_for(engine, engine->limits.send_grace, (int64_t)n));
    return (ssize_t)n;
}

static bool
is_read(const Exchange *exchange)
{
    return exchange->received >= exchange->length;
}

static enum MHD_Result
queue(Exchange *exchange, int status, struct MHD_Response *answer, int64_t size)
{
    Engine *engine = exchange->engine;

    if (!is_read(exchange))
        intake_linger(exchange->inlet);
    exchange->stage = EXCHANGE_STREAM;
    intake_busy(exchange->inlet, time_for(engine, engine->limits.send_grace, size));
    return MHD_queue_response(exchange->connection, (unsigned)status, answer);
}

/* What the reader put in the place of a head it refused. */
static bool
is_refusal(const Exchange *exchange)
{
    return intake_status(exchange->inlet) != 0 &&
           g_str_has_prefix(exchange->target, INTAKE_REFUSED);
}

static enum MHD_Result
queue_answer(Exchange *exchange)
{
    struct MHD_Response *answer = exchange->answer;
    enum MHD_Result      result;

    if (is_refusal(exchange) || exchange->skipped ||
        atomic_load(&((Engine *)exchange->engine)->stopping))
        MHD_add_response_header(answer, "Connection", "close");
    result = queue(exchange, response_status(exchange->res), answer,
                   (int64_t)response_bytes(exchange->res).size);
    MHD_destroy_response(answer);
    exchange->answer = NULL;
    return result;
}

static enum MHD_Result
queue_busy(Exchange *exchange)
{
    return queue(exchange, 503, ((Engine *)exchange->engine)->busy, 1024);
}

static struct MHD_Response *
make_busy(bool https)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    struct MHD_Response *busy;

    response_renew(res, https);
    router_run_plain(res, 503);
    response_header(res, "Retry-After", "5");
    response_header(res, "Connection", "close");
    busy = MHD_create_response_from_buffer(response_bytes(res).size,
                                           (void *)response_bytes(res).data, MHD_RESPMEM_MUST_COPY);
    response_each_header(res, add_header, busy);
    return busy;
}

/* --- Files from memory -------------------------------------------------------------------- */

static struct MHD_Response *
make_file(const StaticFile *file, StaticFileForm form, const char *tag, bool full, bool https)
{
    static const char *const codings[] = {
        [STATIC_FILE_GZIP] = "gzip", [STATIC_FILE_BROTLI] = "br"
    };
    const unsigned char *data[] = { file->data, file->gzip, file->brotli };
    size_t               sizes[] = { file->size, file->gzip_size, file->brotli_size };
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    struct MHD_Response *answer = MHD_create_response_from_buffer(
        full ? sizes[form] : 0, (void *)data[form], MHD_RESPMEM_PERSISTENT);

    response_renew(res, https);
    if (full)
        response_body(res, 200, file->type);
    if (full && form != STATIC_FILE_PLAIN)
        response_header(res, "Content-Encoding", codings[form]);
    response_header(res, "ETag", tag);
    response_header(res, "Vary", "Accept-Encoding");
    response_header(res, "Cache-Control",
                    file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    response_each_header(res, add_header, answer);
    return answer;
}

static Shelf *
shelf_new(const StaticFile *file, bool https)
{
    const unsigned char *forms[] = { file->data, file->gzip, file->brotli };
    Shelf               *shelf = g_new0(Shelf, 1);

    shelf->file = file;
    for (StaticFileForm form = STATIC_FILE_PLAIN; form < STATIC_FILE_FORMS; form++) {
        if (forms[form] == NULL)
            continue;
        shelf->tags[form] = static_file_tag(file->etag, form);
        shelf->full[form] = make_file(file, form, shelf->tags[form], true, https);
        shelf->same[form] = make_file(file, form, shelf->tags[form], false, https);
    }
    return shelf;
}

static void
shelf_free(void *data)
{
    Shelf *shelf = data;

    for (size_t form = 0; form < STATIC_FILE_FORMS; form++) {
        if (shelf->full[form] == NULL)
            continue;
        MHD_destroy_response(shelf->full[form]);
        MHD_destroy_response(shelf->same[form]);
        g_free(shelf->tags[form]);
    }
    g_free(shelf);
}

static enum MHD_Result
queue_file(Exchange *exchange, const Shelf *shelf)
{
    const StaticFile *file = shelf->file;
    StaticFileForm    form = static_file_choose(request_header(&exchange->req, "Accept-Encoding"),
                                                file->gzip != NULL, file->brotli != NULL);

    if (static_file_matches(request_header(&exchange->req, "If-None-Match"), shelf->tags[form]))
        return queue(exchange, 304, shelf->same[form], 0);
    return queue(exchange, 200, shelf->full[form], (int64_t)file->size);
}

/* --- The way in --------------------------------------------------------------------------- */

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

    memcpy(req->peer, link_of(exchange->connection)->peer, PEER_SIZE);
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

    req->now = clock_now(engine->clock);
    req->id = atomic_fetch_add(&engine->next_id, 1);
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, keep_header, req);
    read_peer(exchange);
    if (is_refusal(exchange)) {
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

/* Everything is in that will be. */
static enum MHD_Result
submit(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    /* An upload was admitted before its bytes came. */
    if (exchange->uploading == NULL && is_busy(engine))
        return queue_busy(exchange);
    return hand_over(exchange, EXCHANGE_FINISH) ? MHD_YES : MHD_NO;
}

static const Shelf *
find_file(const Exchange *exchange)
{
    const Engine *engine = exchange->engine;

    if (exchange->req.method != HTTP_GET || exchange->length > 0)
        return NULL;
    return g_hash_table_lookup(engine->shelves, exchange->req.path);
}

static enum MHD_Result
begin_upload(Exchange *exchange)
{
    Engine *engine = exchange->engine;

    if (is_busy(engine) || atomic_load(&engine->n_uploads) >= (int64_t)engine->limits.uploads)
        return queue_busy(exchange);
    atomic_fetch_add(&engine->n_uploads, 1);
    exchange->uploads = true;
    exchange->began = clock_monotonic();
    return hand_over(exchange, EXCHANGE_ENTER) ? MHD_YES : MHD_NO;
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
    const Shelf *shelf;

    if (*size > 0) {
        exchange->received += (int64_t)*size;
        if (exchange->received > ROUTER_RUN_MOST_BODY)
            return MHD_NO; /* only without our reader: it knows the length */
        buffer_add(&exchange->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    shelf = find_file(exchange);
    return shelf != NULL ? queue_file(exchange, shelf) : submit(exchange);
}

static void
await_upload(Exchange *exchange)
{
    const ServerLimits *limits = &((Engine *)exchange->engine)->limits;
    int64_t             spent = clock_monotonic() - exchange->began - exchange->waited;
    int64_t             most = time_for(exchange->engine, limits->upload_grace, exchange->received);

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
    return hand_over(exchange, EXCHANGE_FEED) ? MHD_YES : MHD_NO;
}

static enum MHD_Result
receive(Exchange *exchange, const char *data, size_t *size)
{
    if (*size > 0)
        return hand_bytes(exchange, data, *size);
    await_upload(exchange);
    return is_read(exchange) ? submit(exchange) : MHD_YES;
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
        return queue_answer(exchange);
    exchange->received += (int64_t)*size;
    if (!is_read(exchange) && !exchange->skipped) {
        exchange->skipped = true;
        intake_skip(exchange->inlet);
    }
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result
handle(void *data, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *bytes, size_t *size, void **context)
{
    Exchange *exchange = *context;

    (void)data;
    (void)connection;
    (void)url;
    (void)version;
    if (exchange == NULL)
        return MHD_NO;
    take_back(exchange);
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

/* The request line, before the library decodes it in place. */
static void *
begin_request(void *data, const char *target, struct MHD_Connection *connection)
{
    Engine   *engine = data;
    Link     *link = link_of(connection);
    Exchange *exchange;

    if (link == NULL || link->inlet == NULL)
        return NULL;
    g_assert(intake_is_linked(link->inlet));
    exchange = exchange_take(engine->exchanges);
    exchange->engine = engine;
    exchange->connection = connection;
    exchange->inlet = link->inlet;
    exchange->target = arena_copy(exchange->arena, target == NULL ? "" : target);
    exchange->stage = EXCHANGE_HEAD;
    atomic_fetch_add(&engine->n_active, 1);
    return exchange;
}

/* Leaving an upload may delete files: not here. */
static void
end_request(void *data, struct MHD_Connection *connection, void **context,
            enum MHD_RequestTerminationCode why)
{
    Engine   *engine = data;
    Exchange *exchange = *context;

    (void)connection;
    (void)why;
    *context = NULL;
    if (exchange == NULL)
        return;
    take_back(exchange);
    atomic_fetch_add(&engine->n_requests, 1);
    if (exchange->answer != NULL)
        MHD_destroy_response(exchange->answer);
    intake_idle(exchange->inlet);
    if (exchange->uploading == NULL || engine->workers == NULL) {
        leave(exchange);
        return;
    }
    exchange->stage = EXCHANGE_LEAVE;
    workers_push(engine->workers, &exchange->item);
}

static size_t
keep_escapes(void *data, struct MHD_Connection *connection, char *text)
{
    (void)data;
    (void)connection;
    return strlen(text);
}

static bool
is_exempt(const Engine *engine, const uint8_t peer[PEER_SIZE])
{
    return peer_is_loopback(peer) || peer_list_has(engine->proxies, peer);
}

static enum MHD_Result
admit_address(void *data, const struct sockaddr *address, socklen_t size)
{
    Engine *engine = data;
    uint8_t peer[PEER_SIZE];

    (void)size;
    peer_of_socket(address, peer);
    if (is_exempt(engine, peer))
        return MHD_YES;
    peer_cut(peer);
    return crowd_has_room(engine->crowd, peer) ? MHD_YES : MHD_NO;
}

static void
begin_link(Engine *engine, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info;
    Link                           *link = g_new0(Link, 1);
    uint8_t                         cut[PEER_SIZE];

    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    peer_of_socket(info->client_addr, link->peer);
    link->counted = !is_exempt(engine, link->peer);
    memcpy(cut, link->peer, PEER_SIZE);
    peer_cut(cut);
    if (link->counted)
        crowd_enter(engine->crowd, cut);
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    link->inlet = intake_open(engine->intake, info->connect_fd);
    *context = link;
}

static void
end_link(Engine *engine, Link *link)
{
    peer_cut(link->peer);
    if (link->counted)
        crowd_leave(engine->crowd, link->peer);
    if (link->inlet != NULL)
        intake_close(link->inlet);
    g_free(link);
}

static void
notice_connection(void *data, struct MHD_Connection *connection, void **context,
                  enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        begin_link(data, connection, context);
    else
        end_link(data, g_steal_pointer(context));
}

/* --- Start and stop ----------------------------------------------------------------------- */

static struct MHD_Daemon *
start_daemon(Engine *engine, const ServerOptions *options, int fd)
{
    unsigned threads =
        options->io_threads > 0 ? (unsigned)options->io_threads : g_get_num_processors();
    struct MHD_OptionItem items[] = {
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)end_request, engine },
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)notice_connection, engine },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)begin_request, engine },
        { MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, engine },
        { MHD_OPTION_CONNECTION_LIMIT, (intptr_t)engine->limits.connections, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)POOL, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT,
          (intptr_t)((engine->limits.intake.idle + SECONDS - 1) / SECONDS), NULL },
        { MHD_OPTION_THREAD_STACK_SIZE, (intptr_t)IO_STACK, NULL },
        { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)(threads > 1 ? threads : 0), NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { MHD_OPTION_LISTEN_SOCKET, fd, NULL },
        { MHD_OPTION_END, 0, NULL },
    };

    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC,
                            0, admit_address, engine, handle, engine, MHD_OPTION_ARRAY, items,
                            MHD_OPTION_END);
}

static void
engine_free(Engine *engine)
{
    intake_free(engine->intake);
    workers_free(engine->workers);
    workers_free(engine->writers);
    exchange_pool_free(engine->exchanges);
    peer_list_free(engine->proxies);
    crowd_free(engine->crowd);
    if (engine->shelves != NULL)
        g_hash_table_unref(engine->shelves);
    if (engine->busy != NULL)
        MHD_destroy_response(engine->busy);
    signal_clear(&engine->calm);
    lock_clear(&engine->lock);
    g_free(engine);
}

static Engine *
engine_new(const ServerOptions *options, const ServerLimits *limits)
{
    Engine *engine = g_new0(Engine, 1);

    engine->limits = *limits;
    engine->router = options->router;
    engine->clock = options->clock;
    engine->reader = options->head_reader;
    /* Requests get ids that support can find again after a restart. */
    engine->next_id = clock_now(options->clock) / SECONDS % (1 << 30) << 20;
    lock_init(&engine->lock);
    signal_init(&engine->calm);
    engine->intake = intake_new(&limits->intake, options->head_reader);
    engine->exchanges = exchange_pool_new(options->router, options->https);
    engine->crowd = crowd_new(limits->for_address);
    engine->busy = make_busy(options->https);
    engine->shelves = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, shelf_free);
    for (size_t i = 0; i < options->n_files; i++)
        g_hash_table_insert(engine->shelves, (void *)options->files[i].path,
                            shelf_new(&options->files[i], options->https));
    return engine;
}

Engine *
engine_mhd_start(const ServerOptions *options, const ServerLimits *limits, int fd, GError **error)
{
    Engine     *engine = engine_new(options, limits);
    const char *wrong;

    engine->proxies = peer_list_new(options->trusted_proxies, &wrong);
    if (engine->proxies == NULL) {
        close(fd);
        engine_free(engine);
        return fail_null(error, APP_ERROR_INTERNAL, "trusted proxy %s is no address", wrong);
    }
    engine->workers = workers_new(
        "http-work", options->workers > 0 ? (size_t)options->workers : 128, limits->queue, work);
    engine->writers = workers_new("http-write", limits->writers, SIZE_MAX, work);
    engine->daemon = start_daemon(engine, options, fd);
    if (engine->daemon == NULL) {
        close(fd);
        engine_free(engine);
        return fail_null(error, APP_ERROR_INTERNAL, "the HTTP library does not start");
    }
    return engine;
}

/* Until `counter` is zero, or `most` microseconds (0: however long it takes). */
static void
wait_for(Engine *engine, _Atomic int64_t *counter, int64_t most)
{
    int64_t until = clock_monotonic() + most;

    lock_take(&engine->lock);
    while (atomic_load(counter) > 0 && (most == 0 || clock_monotonic() < until))
        signal_wait_for(&engine->calm, &engine->lock, most == 0 ? SECONDS : MIN(most, SECONDS));
    lock_leave(&engine->lock);
}

/* The library aborts when it is stopped with a suspended connection. So: no new connections; new
 * requests get 503; what runs is finished and sent; after the grace uploads and streams are cut
 * (closing: nothing is suspended any more); handlers are waited for however long they take. */
void
engine_mhd_stop(Engine *engine)
{
    /* Not MHD_quiesce_daemon: in 0.9.75 it and the library's threads both take the listener out of
     * their epoll sets, and the second of them aborts. Who comes meanwhile is answered 503. */
    atomic_store(&engine->stopping, true);
    wait_for(engine, &engine->n_active, engine->limits.stop_grace);
    atomic_store(&engine->closing, true);
    wait_for(engine, &engine->n_suspended, 0);
    MHD_stop_daemon(engine->daemon);
    engine_free(engine);
}

ServerStats
engine_mhd_stats(const Engine *engine)
{
    return (ServerStats){
        .requests = atomic_load(&engine->n_requests),
        .refused_heads = intake_count_refused(engine->intake),
        .active = atomic_load(&engine->n_active),
        .queued = (int64_t)workers_count_waiting(engine->workers),
    };
}
