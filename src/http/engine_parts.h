/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the engine_*.c files only, the only ones that see libmicrohttpd. */
#pragma once

#include "base/thread.h"
#include "http/crowd.h"
#include "http/engine_mhd.h"
#include "http/exchange.h"
#include "http/peer.h"

#include <microhttpd.h>
#include <stdatomic.h>

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
    bool                 quick;
    GHashTable          *shelves; /* path → Shelf; const once started */
    struct MHD_Response *busy, *busy_json;
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
} EngineLink;

/* A file and its finished answers. */
typedef struct EngineShelf EngineShelf;

EngineLink                *engine_mhd_link(struct MHD_Connection *connection);

/* Suspend the connection and give the exchange to a worker. False when the server is closing: then
 * nothing may be suspended any more. */
bool engine_work_hand_over(Exchange *exchange, ExchangeStage stage);
/* Back on the I/O thread: at the beginning of every call-back. */
void engine_work_take_back(Exchange *exchange);
/* What a worker does with an exchange. */
void engine_work_run(WorkItem *item);
/* The request is over. */
void engine_work_leave(Exchange *exchange);
void engine_work_count_down(Engine *engine, _Atomic int64_t *counter);

/* `grace`, and as long as `bytes` take at the slowest rate we bear. */
int64_t engine_answer_time_for(const Engine *engine, int64_t grace, int64_t bytes);
/* The body was read. */
bool engine_answer_is_whole(const Exchange *exchange);
/* It is what the reader put in the place of a head it refused. */
bool                 engine_answer_is_refusal(const Exchange *exchange);
enum MHD_Result      engine_answer_queue(Exchange *exchange);
enum MHD_Result      engine_answer_queue_busy(Exchange *exchange);
struct MHD_Response *engine_answer_make_busy(bool https, bool json);
enum MHD_Result      engine_answer_queue_file(Exchange *exchange, const EngineShelf *shelf);
/* NULL: the path is no file's. */
const EngineShelf *engine_answer_find_file(const Exchange *exchange);
/* Path → EngineShelf. */
GHashTable *engine_answer_shelves(const ServerOptions *options);

/* The library's handler. */
enum MHD_Result engine_request_handle(void *data, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *bytes, size_t *size, void **context);
