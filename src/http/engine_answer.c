/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers on their way to the library, on the I/O thread: those of handlers, 503, files from memory. An
 * answer that is queued before the whole body was read ends the connection. */
#include "http/engine_parts.h"

#include "http/request_parts.h"
#include "http/response_parts.h"
#include "http/static_file.h"

#include <string.h>

struct EngineShelf {
    const StaticFile    *file;
    struct MHD_Response *full[STATIC_FILE_FORMS], *same[STATIC_FILE_FORMS];
    char                *tags[STATIC_FILE_FORMS];
};

int64_t
engine_answer_time_for(const Engine *engine, int64_t grace, int64_t bytes)
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
    engine_work_take_back(exchange);
    if (exchange->piece_at == exchange->piece_size) {
        if (exchange->piece_result == 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (exchange->piece_result < 0 || !engine_work_hand_over(exchange, EXCHANGE_FILL))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        return 0;
    }
    n = MIN(exchange->piece_size - exchange->piece_at, room);
    memcpy(out, exchange->piece + exchange->piece_at, n);
    exchange->piece_at += n;
    intake_busy(exchange->inlet,
                engine_answer_time_for(engine, engine->limits.send_grace, (int64_t)n));
    return (ssize_t)n;
}

static void
add_header(void *answer, const char *name, const char *value)
{
    MHD_add_response_header(answer, name, value);
}

/* On the I/O thread, which also frees it: memory that wanders between threads costs twice. */
static struct MHD_Response *
make_answer(Exchange *exchange)
{
    const ResponseStream *stream = response_stream_of(exchange->res);
    Bytes                 bytes = response_bytes(exchange->res);
    struct MHD_Response  *made;

    if (stream != NULL)
        made = MHD_create_response_from_callback(stream->size < 0 ? MHD_SIZE_UNKNOWN
                                                                  : (uint64_t)stream->size,
                                                 EXCHANGE_PIECE, read_stream, exchange, NULL);
    else
        made =
            MHD_create_response_from_buffer(bytes.size, (void *)bytes.data, MHD_RESPMEM_PERSISTENT);
    g_assert(made != NULL);
    response_each_header(exchange->res, add_header, made);
    return made;
}

bool
engine_answer_is_whole(const Exchange *exchange)
{
    return exchange->received >= exchange->length;
}

static enum MHD_Result
queue(Exchange *exchange, int status, struct MHD_Response *answer, int64_t size)
{
    Engine *engine = exchange->engine;

    if (!engine_answer_is_whole(exchange))
        intake_linger(exchange->inlet);
    exchange->stage = EXCHANGE_STREAM;
    intake_busy(exchange->inlet, engine_answer_time_for(engine, engine->limits.send_grace, size));
    return MHD_queue_response(exchange->connection, (unsigned)status, answer);
}

bool
engine_answer_is_refusal(const Exchange *exchange)
{
    return intake_status(exchange->inlet) != 0 &&
           g_str_has_prefix(exchange->target, INTAKE_REFUSED);
}

enum MHD_Result
engine_answer_queue(Exchange *exchange)
{
    struct MHD_Response *made = make_answer(exchange);
    enum MHD_Result      result;

    if (engine_answer_is_refusal(exchange) || exchange->skipped ||
        atomic_load(&((Engine *)exchange->engine)->stopping))
        MHD_add_response_header(made, "Connection", "close");
    result = queue(exchange, response_status(exchange->res), made,
                   (int64_t)response_bytes(exchange->res).size);
    MHD_destroy_response(made);
    return result;
}

enum MHD_Result
engine_answer_queue_busy(Exchange *exchange)
{
    const Engine *engine = exchange->engine;

    return queue(exchange, 503,
                 request_wants_json(&exchange->req) ? engine->busy_json : engine->busy, 1024);
}

struct MHD_Response *
engine_answer_make_busy(bool https, bool json)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    struct MHD_Response *busy;

    response_renew(res, https);
    if (json)
        router_run_plain_json(res, 503);
    else
        router_run_plain(res, 503);
    response_header(res, "Retry-After", "5");
    response_header(res, "Connection", "close");
    busy = MHD_create_response_from_buffer(response_bytes(res).size,
                                           (void *)response_bytes(res).data, MHD_RESPMEM_MUST_COPY);
    response_each_header(res, add_header, busy);
    return busy;
}

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

static EngineShelf *
shelf_new(const StaticFile *file, bool https)
{
    const unsigned char *forms[] = { file->data, file->gzip, file->brotli };
    EngineShelf         *shelf = g_new0(EngineShelf, 1);

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
    EngineShelf *shelf = data;

    for (size_t form = 0; form < STATIC_FILE_FORMS; form++) {
        if (shelf->full[form] == NULL)
            continue;
        MHD_destroy_response(shelf->full[form]);
        MHD_destroy_response(shelf->same[form]);
        g_free(shelf->tags[form]);
    }
    g_free(shelf);
}

enum MHD_Result
engine_answer_queue_file(Exchange *exchange, const EngineShelf *shelf)
{
    const StaticFile *file = shelf->file;
    StaticFileForm    form = static_file_choose(request_header(&exchange->req, "Accept-Encoding"),
                                                file->gzip != NULL, file->brotli != NULL);

    if (static_file_matches(request_header(&exchange->req, "If-None-Match"), shelf->tags[form]))
        return queue(exchange, 304, shelf->same[form], 0);
    return queue(exchange, 200, shelf->full[form], (int64_t)file->size);
}

const EngineShelf *
engine_answer_find_file(const Exchange *exchange)
{
    const Engine *engine = exchange->engine;

    if (exchange->req.method != HTTP_GET || exchange->length > 0)
        return NULL;
    return g_hash_table_lookup(engine->shelves, exchange->req.path);
}

GHashTable *
engine_answer_shelves(const ServerOptions *options)
{
    GHashTable *shelves = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, shelf_free);

    for (size_t i = 0; i < options->n_files; i++)
        g_hash_table_insert(shelves, (void *)options->files[i].path,
                            shelf_new(&options->files[i], options->https));
    return shelves;
}
