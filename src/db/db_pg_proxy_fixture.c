/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/db_pg_proxy_fixture.h"

#include "base/clock.h"
#include "base/thread.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST = 64 };

typedef struct {
    int  store, server; /* sockets; -1: none */
    bool mute;          /* what the server answers is dropped, and then all of it */
} Line;

struct Proxy {
    char     *path; /* of the real server's socket */
    int       listener, port, wake[2];
    pthread_t thread;
    Lock      lock;
    Signal    changed;
    Line      lines[MOST];
    ProxyCut  cut;
    int       cuts, refused;
    bool      refuse, cut_all, stop;
};

static void
end_line(Line *line)
{
    close(line->store);
    if (line->server >= 0)
        close(line->server);
    *line = (Line){ .store = -1, .server = -1 };
}

static int
connect_server(const Proxy *proxy)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int                server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, proxy->path, sizeof address.sun_path);
    g_assert_cmpint(connect(server, (struct sockaddr *)&address, sizeof address), ==, 0);
    return server;
}

static void
take_in(Proxy *proxy)
{
    int store = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);

    if (proxy->refuse) {
        close(store);
        proxy->refused++;
        signal_all(&proxy->changed);
        return;
    }
    for (size_t i = 0; i < MOST; i++)
        if (proxy->lines[i].store < 0) {
            proxy->lines[i] = (Line){ .store = store, .server = connect_server(proxy) };
            return;
        }
    g_error("too many connections");
}

/* A Bind message: unnamed portal, then the statement's name. */
static bool
holds(const char *bytes, size_t size, const char *statement)
{
    g_autofree char *name = g_strdup_printf("%c%s", '\1', statement);

    name[0] = '\0';
    return memmem(bytes, size, name, strlen(statement) + 2) != NULL;
}

static void
write_all(int to, const char *bytes, ssize_t size)
{
    while (size > 0) {
        ssize_t written = send(to, bytes, (size_t)size, MSG_NOSIGNAL);

        if (written <= 0)
            return;
        bytes += written;
        size -= written;
    }
}

static void
note_cut(Proxy *proxy)
{
    proxy->cut = PROXY_PASS;
    proxy->cuts++;
    signal_all(&proxy->changed);
}

static void
pass_to_server(Proxy *proxy, Line *line)
{
    char    bytes[65536];
    ssize_t size = read(line->store, bytes, sizeof bytes);
    bool    begin = proxy->cut == PROXY_CUT_BEGIN;

    if (size <= 0) {
        end_line(line);
        return;
    }
    if (proxy->cut != PROXY_PASS && holds(bytes, (size_t)size, begin ? "begin" : "commit")) {
        line->mute = proxy->cut == PROXY_CUT_ANSWER;
        note_cut(proxy);
        if (!line->mute) {
            end_line(line);
            return;
        }
    }
    write_all(line->server, bytes, size);
}

/* The answer to COMMIT has come: it was kept. */
static void
pass_to_store(Line *line)
{
    char    bytes[65536];
    ssize_t size = read(line->server, bytes, sizeof bytes);

    if (size <= 0 || line->mute)
        end_line(line);
    else
        write_all(line->store, bytes, size);
}

static void
obey(Proxy *proxy)
{
    char byte;

    g_assert_cmpint(read(proxy->wake[0], &byte, 1), ==, 1);
    if (!proxy->cut_all)
        return;
    for (size_t i = 0; i < MOST; i++)
        if (proxy->lines[i].store >= 0)
            end_line(&proxy->lines[i]);
    proxy->cut_all = false;
    signal_all(&proxy->changed);
}

static size_t
list_sockets(const Proxy *proxy, struct pollfd *list)
{
    size_t n = 2;

    list[0] = (struct pollfd){ .fd = proxy->wake[0], .events = POLLIN };
    list[1] = (struct pollfd){ .fd = proxy->listener, .events = POLLIN };
    for (size_t i = 0; i < MOST; i++) {
        list[n++] = (struct pollfd){ .fd = proxy->lines[i].store, .events = POLLIN };
        list[n++] = (struct pollfd){ .fd = proxy->lines[i].server, .events = POLLIN };
    }
    return n;
}

static void
serve_lines(Proxy *proxy, const struct pollfd *list)
{
    if (list[0].revents != 0)
        obey(proxy);
    if (list[1].revents != 0)
        take_in(proxy);
    for (size_t i = 0; i < MOST; i++) {
        Line *line = &proxy->lines[i];

        if (line->store >= 0 && line->store == list[2 + 2 * i].fd && list[2 + 2 * i].revents != 0)
            pass_to_server(proxy, line);
        if (line->server >= 0 && line->server == list[3 + 2 * i].fd && list[3 + 2 * i].revents != 0)
            pass_to_store(line);
    }
}

static void *
serve(void *data)
{
    Proxy        *proxy = data;
    struct pollfd list[2 + 2 * MOST];

    lock_take(&proxy->lock);
    while (!proxy->stop) {
        size_t n = list_sockets(proxy, list);

        lock_leave(&proxy->lock);
        poll(list, (nfds_t)n, -1);
        lock_take(&proxy->lock);
        serve_lines(proxy, list);
    }
    lock_leave(&proxy->lock);
    return NULL;
}

/* ---- for the test ---- */

/* The value of an option in the address's query; the test runner's addresses are plain. */
static char *
option_of(const char *url, const char *name)
{
    g_autofree char *key = g_strconcat(name, "=", NULL);
    const char      *at = strstr(url, key);

    g_assert_nonnull(at);
    at += strlen(key);
    return g_strndup(at, strcspn(at, "&"));
}

Proxy *
db_pg_proxy_start(const char *direct)
{
    Proxy             *proxy = g_new0(Proxy, 1);
    g_autofree char   *host = option_of(direct, "host");
    g_autofree char   *port = option_of(direct, "port");
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          size = sizeof address;

    proxy->path = g_strdup_printf("%s/.s.PGSQL.%s", host, port);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(proxy->listener, 64), ==, 0);
    g_assert_cmpint(getsockname(proxy->listener, (struct sockaddr *)&address, &size), ==, 0);
    proxy->port = ntohs(address.sin_port);
    g_assert_cmpint(pipe(proxy->wake), ==, 0);
    for (size_t i = 0; i < MOST; i++)
        proxy->lines[i] = (Line){ .store = -1, .server = -1 };
    lock_init(&proxy->lock);
    signal_init(&proxy->changed);
    proxy->thread = thread_start("proxy", 0, serve, proxy);
    return proxy;
}

static void
wake(Proxy *proxy)
{
    g_assert_cmpint(write(proxy->wake[1], "!", 1), ==, 1);
}

void
db_pg_proxy_stop(Proxy *proxy)
{
    lock_take(&proxy->lock);
    proxy->stop = proxy->cut_all = true;
    lock_leave(&proxy->lock);
    wake(proxy);
    thread_join(proxy->thread);

    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
    signal_clear(&proxy->changed);
    lock_clear(&proxy->lock);
    g_free(proxy->path);
    g_free(proxy);
}

static char *
make_url(const char *direct, const char *hosts, const char *ports)
{
    g_autofree char *user = option_of(direct, "user");
    g_autofree char *options = option_of(direct, "options");

    return g_strdup_printf(
        "postgresql:///sawt?host=%s&port=%s&user=%s&options=%s&gssencmode=disable", hosts, ports,
        user, options);
}

char *
db_pg_proxy_url(const Proxy *proxy, const char *direct)
{
    g_autofree char *port = g_strdup_printf("%d", proxy->port);

    return make_url(direct, "127.0.0.1", port);
}

/* Port 1 is nobody's. */
char *
db_pg_proxy_url_second(const Proxy *proxy, const char *direct)
{
    g_autofree char *ports = g_strdup_printf("1,%d", proxy->port);

    return make_url(direct, "127.0.0.1,127.0.0.1", ports);
}

void
db_pg_proxy_cut_once(Proxy *proxy, ProxyCut cut)
{
    lock_take(&proxy->lock);
    proxy->cut = cut;
    proxy->cuts = 0;
    lock_leave(&proxy->lock);
}

int
db_pg_proxy_cuts(Proxy *proxy)
{
    lock_take(&proxy->lock);
    int cuts = proxy->cuts;
    lock_leave(&proxy->lock);
    return cuts;
}

static void
cut_all_locked(Proxy *proxy)
{
    proxy->cut_all = true;
    wake(proxy);
    while (proxy->cut_all)
        signal_wait(&proxy->changed, &proxy->lock);
}

void
db_pg_proxy_cut_all(Proxy *proxy)
{
    lock_take(&proxy->lock);
    cut_all_locked(proxy);
    lock_leave(&proxy->lock);
}

void
db_pg_proxy_refuse(Proxy *proxy, bool refuse)
{
    lock_take(&proxy->lock);
    proxy->refuse = refuse;
    proxy->refused = 0;
    if (refuse)
        cut_all_locked(proxy);
    lock_leave(&proxy->lock);
}

void
db_pg_proxy_wait_refused(Proxy *proxy, int n)
{
    int64_t deadline = clock_monotonic() + 30 * SECONDS;

    lock_take(&proxy->lock);
    while (proxy->refused < n) {
        g_assert_cmpint(clock_monotonic(), <, deadline);
        signal_wait_for(&proxy->changed, &proxy->lock, SECONDS);
    }
    lock_leave(&proxy->lock);
}
