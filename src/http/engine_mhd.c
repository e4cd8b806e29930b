/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Starts and stops the library, and follows its connections and requests from begin to end. */
#include "http/engine_parts.h"

#include "http/request_parts.h"
#include "http/response_parts.h"

#include <string.h>
#include <unistd.h>

/* Memory of a connection. The largest head that ours lets in needs 40 KiB; the library zeroes one and
 * a half times the pool for each request, so more is not better. */
#define POOL ((size_t)48 * 1024)
#define IO_STACK ((size_t)256 * 1024)

EngineLink *
engine_mhd_link(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info->socket_context;
}

/* The request line, before the library decodes it in place. */
static void *
begin_request(void *data, const char *target, struct MHD_Connection *connection)
{
    Engine     *engine = data;
    EngineLink *link = engine_mhd_link(connection);
    Exchange   *exchange;

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
    engine_work_take_back(exchange);
    atomic_fetch_add(&engine->n_requests, 1);
    intake_idle(exchange->inlet);
    if (exchange->uploading == NULL || engine->workers == NULL) {
        engine_work_leave(exchange);
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
    if (atomic_load(&engine->stopping))
        return MHD_NO;
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
    EngineLink                     *link = g_new0(EngineLink, 1);
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
end_link(Engine *engine, EngineLink *link)
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
                            0, admit_address, engine, engine_request_handle, engine,
                            MHD_OPTION_ARRAY, items, MHD_OPTION_END);
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
    if (engine->busy_json != NULL)
        MHD_destroy_response(engine->busy_json);
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
    engine->quick = options->quick;
    /* Requests get ids that support can find again after a restart. */
    engine->next_id = clock_now(options->clock) / SECONDS % (1 << 30) << 20;
    lock_init(&engine->lock);
    signal_init(&engine->calm);
    engine->intake = intake_new(&limits->intake, options->head_reader);
    engine->exchanges = exchange_pool_new(options->router, options->https);
    engine->crowd = crowd_new(limits->for_address);
    engine->busy = engine_answer_make_busy(options->https, false);
    engine->busy_json = engine_answer_make_busy(options->https, true);
    engine->shelves = engine_answer_shelves(options);
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
    engine->workers =
        workers_new("http-work", options->workers > 0 ? (size_t)options->workers : 128,
                    limits->queue, engine_work_run);
    engine->writers = workers_new("http-write", limits->writers, SIZE_MAX, engine_work_run);
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

/* The library aborts when it is stopped with a suspended connection, and now and then in
 * MHD_quiesce_daemon (it takes the socket out of an epoll set while the set's thread does so too).
 * So: new connections are closed as they come; new requests get 503; what runs is finished and
 * sent; after the grace uploads and streams are cut (closing: nothing is suspended any more);
 * handlers are waited for however long they take. */
void
engine_mhd_stop(Engine *engine)
{
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
