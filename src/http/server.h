/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HTTP server: reads heads and bodies within absolute limits, gives complete requests to worker
 * threads (which may block), writes their answers. The only place that knows the library. */
#pragma once

#include "http/route.h"

/* A file that is served from memory, without a worker. */
typedef struct {
    const char          *path, *type, *etag;
    const unsigned char *data, *gzip, *brotli; /* gzip and brotli may be NULL */
    size_t               size, gzip_size, brotli_size;
    bool                 immutable; /* its name has a hash: kept for a year */
} StaticFile;

typedef struct {
    const char *address;             /* "127.0.0.1", "::"; */
    int         port;                /* 0: any free one */
    int         io_threads, workers; /* 0: cores, 128 */
    bool        https;               /* the site's address is https: Secure cookies, HSTS */
    const char *const
        *trusted_proxies; /* addresses; only from them is Forwarded / X-Forwarded-For read */
    const StaticFile *files;
    size_t            n_files;
    const Router     *router;
    const Gate       *gate;
    const Clock      *clock;
    int               head_seconds,
        queue;        /* for a head to be whole; requests that wait for a worker; 0: 10, 2048 */
    bool head_reader; /* ours in front of the library's (the default; off to measure it) */
    bool quick; /* quick routes run on the I/O threads: where reading waits for this machine only */
} ServerOptions;

typedef struct Server Server;

/* INTERNAL with a sentence: address in use and the like. */
Server *server_start(const ServerOptions *options, GError **error) MUST_USE;
int     server_port(const Server *server);
/* New connections are closed as they come, new requests answered 503, what runs is finished; then
 * uploads and streams are cut. Waits for handlers however long they take. */
void server_stop(Server *server);

typedef struct {
    int64_t requests, refused_heads, active, queued;
} ServerStats;

ServerStats server_stats(const Server *server);
