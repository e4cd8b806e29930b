/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The listening socket and the defaults; everything else is the engine's. */
#include "http/server.h"

#include "http/engine_mhd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define SPARE_DESCRIPTORS 512

struct Server {
    Engine *engine;
    int     port;
};

ServerLimits
server_default_limits(void)
{
    struct rlimit limit = { .rlim_cur = 1024 };

    getrlimit(RLIMIT_NOFILE, &limit);
    return (ServerLimits){
        .intake = { .idle = 15 * SECONDS,
                    .head = 10 * SECONDS,
                    .linger = 10 * SECONDS,
                    .tick = SECONDS / 4 },
        .body = 60 * SECONDS,
        .upload = 300 * SECONDS,
        .upload_grace = 15 * SECONDS,
        .slowest = 1024,
        .send_grace = 30 * SECONDS,
        .stop_grace = 10 * SECONDS,
        .queue = 2048,
        .writers = 8,
        .uploads = 256,
        .connections = CLAMP(limit.rlim_cur, 2 * SPARE_DESCRIPTORS, 16384) - SPARE_DESCRIPTORS,
        .for_address = 512,
    };
}

static bool
no_socket(int fd, GError **error, const char *what, const char *address, int port)
{
    int why = errno;

    if (fd >= 0)
        close(fd);
    return fail(error, APP_ERROR_INTERNAL, "cannot %s %s port %d: %s", what, address, port,
                g_strerror(why));
}

static bool
bind_to(const struct addrinfo *info, const char *address, int port, int *out, GError **error)
{
    int on = 1, off = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return no_socket(fd, error, "make a socket for", address, port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0)
        return no_socket(fd, error, "bind to", address, port);
    if (listen(fd, BACKLOG) != 0)
        return no_socket(fd, error, "listen on", address, port);
    *out = fd;
    return true;
}

static bool
listen_on(const char *address, int port, int *fd, GError **error)
{
    struct addrinfo  hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                               .ai_socktype = SOCK_STREAM };
    struct addrinfo *info = NULL;
    char             service[16];
    bool             good;

    g_snprintf(service, sizeof service, "%d", port);
    if (port < 0 || port > 65535 || getaddrinfo(address, service, &hints, &info) != 0)
        return fail(error, APP_ERROR_INTERNAL, "%s port %d is no address", address, port);
    good = bind_to(info, address, port, fd, error);
    freeaddrinfo(info);
    return good;
}

static int
port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t               size = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

Server *
server_start_with(const ServerOptions *options, const ServerLimits *limits, GError **error)
{
    Server *server;
    Engine *engine;
    int     fd, port;

    if (!listen_on(options->address, options->port, &fd, error))
        return NULL;
    port = port_of(fd);
    engine = engine_mhd_start(options, limits, fd, error);
    if (engine == NULL)
        return NULL;

    server = g_new0(Server, 1);
    server->engine = engine;
    server->port = port;
    return server;
}

Server *
server_start(const ServerOptions *options, GError **error)
{
    ServerLimits limits = server_default_limits();

    if (options->head_seconds > 0)
        limits.intake.head = options->head_seconds * SECONDS;
    if (options->queue > 0)
        limits.queue = (size_t)options->queue;
    return server_start_with(options, &limits, error);
}

int
server_port(const Server *server)
{
    return server->port;
}

void
server_stop(Server *server)
{
    if (server == NULL)
        return;
    engine_mhd_stop(server->engine);
    g_free(server);
}

ServerStats
server_stats(const Server *server)
{
    return engine_mhd_stats(server->engine);
}
