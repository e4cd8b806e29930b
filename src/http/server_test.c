/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/server.h"

#include "http/fixture.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: sawt\r\n\r\n"
#define POST(path, type, length, body)                                                             \
    "POST " path " HTTP/1.1\r\nHost: sawt\r\nContent-Type: " type "\r\nContent-Length: " length    \
    "\r\n\r\n" body
#define FORM "application/x-www-form-urlencoded"
#define HOST "Host: sawt\r\n"

/* Bytes on a new connection, the statuses of all answers until it ends. */
static const struct {
    const char *name, *bytes, *expect;
} conversations[] = {
    { "HTTP/1.0 ends", "GET /hello HTTP/1.0\r\n\r\n", "200" },
    { "asked to close", "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "200" },
    { "bare LF", "GET / HTTP/1.1\n" HOST "\n", "400" },
    { "a folded value", "GET / HTTP/1.1\r\n" HOST "X-A: b\r\n c\r\n\r\n", "400" },
    { "bare CR", "GET / HTTP/1.1\r\n" HOST "X-A: b\rc\r\n\r\n", "400" },
    { "two lengths",
      "POST /form HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "400" },
    { "length and chunked",
      "POST /form HTTP/1.1\r\n" HOST
      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "501" },
    { "chunked", "POST /form HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "501" },
    { "no length", "POST /form HTTP/1.1\r\n" HOST "\r\n", "411" },
    { "PUT", "PUT / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", "405" },
    { "an unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", "501" },
    { "no host", "GET / HTTP/1.1\r\n\r\n", "400" },
    { "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505" },
    { "TLS", "\x16\x03\x01\x02\n", "400" },
    { "good, good, bad", GET("/hello") GET("/nope") "BAD\r\n\r\n" GET("/hello"), "200 404 400" },
    { "good with a body, bad", POST("/machine", FORM, "7", "title=a") "\r\n", "200 400" },
    { "a body that hides a request",
      "GET /hello HTTP/1.1\r\n" HOST "Content-Length: 30\r\n\r\n" GET("/hello"), "400" },
    { "our own path of refusals", "GET /.refused/400 HTTP/1.0\r\n\r\n", "404" },
    { "our own path of refusals, then a bad one", GET("/.refused/431") "BAD\r\n\r\n", "400" },
    { "wrong expectation", "GET / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n", "417" },
};

static char *
statuses_of(const char *answers)
{
    GString *out = g_string_new(NULL);

    for (const char *at = answers; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9)
        g_string_append_printf(out, "%s%.3s", out->len > 0 ? " " : "", at + 9);
    return g_string_free(out, false);
}

static void
test_conversations(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);

    for (size_t i = 0; i < G_N_ELEMENTS(conversations); i++) {
        g_autofree char *answers = NULL, *statuses = NULL;
        int              fd = fixture_connect(server);

        g_test_message("%s", conversations[i].name);
        fixture_send_text(fd, conversations[i].bytes);
        answers = fixture_read_all(fd);
        statuses = statuses_of(answers);
        g_assert_cmpstr(statuses, ==, conversations[i].expect);
        close(fd);
    }
    g_assert_cmpint(server_stats(server).refused_heads, ==, 17);
}

/* A refusal is a page of the gate's, in the reader's language. */
static void
test_refusal_page(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autofree char *large = g_strnfill(20000, 'a');
    g_autofree char *head = g_strconcat(
        "GET / HTTP/1.1\r\nAccept-Language: ar\r\n" HOST "X: ", large, "\r\n\r\n", NULL);
    g_autofree char *answer = fixture_ask(server, head);
    g_autofree char *put = fixture_ask(server, "PUT / HTTP/1.1\r\n" HOST "\r\n");

    g_assert_cmpint(fixture_status(answer), ==, 431);
    g_assert_nonnull(strstr(answer, "error 0 in ar: the head was refused"));
    g_assert_nonnull(strstr(answer, "Connection: close"));
    g_assert_nonnull(strstr(answer, "Content-Security-Policy"));
    g_assert_nonnull(strstr(put, "Allow: GET, HEAD, POST\r\n"));
}

/* What our reader lets in must fit into the library's memory, or its own English page answers. */
static void
test_largest_head(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autoptr(GString) head = g_string_new("POST /machine?a=b");
    g_autofree char *answer = NULL;

    for (int i = 0; i < 62; i++)
        g_string_append_printf(head, "&a%d=1", i);
    while (head->len < 4090)
        g_string_append_c(head, 'u');
    g_string_append(head, " HTTP/1.1\r\n" HOST "Content-Type: " FORM "\r\nContent-Length: 7\r\n");
    for (int i = 0; i < 59; i++)
        g_string_append_printf(head, "X%d: y\r\n", i);
    g_string_append(head, "Cookie: c=d");
    for (int i = 0; i < 62; i++)
        g_string_append_printf(head, "; c%d=1", i);
    while (head->len < 16380)
        g_string_append_c(head, 'c');
    g_string_append(head, "\r\n\r\ntitle=a");
    answer = fixture_ask(server, head->str);
    g_assert_cmpint(fixture_status(answer), ==, 200);
    g_assert_nonnull(strstr(answer, "title=a"));
}

static void
expect(int fd, const char *request, int status)
{
    g_autofree char *answer = NULL;

    fixture_send_text(fd, request);
    answer = fixture_read(fd, g_str_has_prefix(request, "HEAD"));
    g_assert_cmpint(fixture_status(answer), ==, status);
}

static void
expect_words(const Server *server, const char *request, int status, const char *words)
{
    g_autofree char *answer = fixture_ask(server, request);

    g_assert_cmpint(fixture_status(answer), ==, status);
    g_assert_nonnull(strstr(answer, words));
    g_assert_null(strstr(answer, "X-Left-Over"));
    g_assert_null(strstr(answer, "left=over"));
}

/* On the I/O thread what need not wait, on a worker what would have to, and everything where a store is
 * another machine's. */
static void
test_quick(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) quick =
        fixture_serve_options(fixture, &limits, (ServerOptions){ .quick = true });
    g_autoptr(Server) plain = fixture_serve(fixture, &limits);

    expect_words(quick, GET("/quick"), 200, "at once");
    expect_words(quick, GET("/quick?wait"), 200, "on a worker");
    expect_words(quick, GET("/quick?bad"), 404, "hurried 1");
    expect_words(plain, GET("/quick?wait"), 200, "on a worker");
    expect_words(plain, GET("/quick?bad"), 404, "hurried 0");
}

static void
test_keep_alive(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autofree char *late = NULL;
    int              fd = fixture_connect(server);

    expect(fd, GET("/hello"), 200);
    expect(fd, GET("/nope"), 404);
    expect(fd, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n", 200);
    expect(fd, GET("/form"), 405);
    expect(fd, POST("/form", FORM, "17", "csrf=good&title=a"), 200);
    expect(fd, POST("/form", FORM, "7", "title=a"), 403);
    expect(fd, POST("/form", FORM, "0", ""), 403);
    expect(fd, POST("/form", "text/plain", "3", "abc"), 415);
    expect(fd, POST("/nope", FORM, "3", "a=b"), 404);
    expect(fd, POST("/hello", FORM, "3", "a=b"), 405);
    expect(fd, GET("/wrong?code=5"), 429);
    expect(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200);
    fixture_send_text(fd, GET("/hel"));
    late = fixture_read(fd, false);
    g_assert_cmpint(fixture_status(late), ==, 404);
    close(fd);
}

static void
test_drops(void)
{
    static const char request[] = POST("/form", FORM, "17", "csrf=good&title=a") GET("/hello");
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autofree char *first = NULL, *second = NULL;
    int              fd = fixture_connect(server), on = 1;

    setsockopt(fd, 6, 1, &on, sizeof on); /* TCP_NODELAY */
    for (size_t i = 0; i < sizeof request - 1; i++)
        fixture_send(fd, request + i, 1);
    first = fixture_read(fd, false);
    second = fixture_read(fd, false);
    g_assert_cmpint(fixture_status(first), ==, 200);
    g_assert_nonnull(strstr(first, "title=a"));
    g_assert_cmpint(fixture_status(second), ==, 200);
    close(fd);
}

static void
test_continue(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autofree char *go = NULL, *answer = NULL;
    int              fd = fixture_connect(server);

    fixture_send_text(fd, "POST /machine HTTP/1.1\r\n" HOST "Content-Type: " FORM "\r\n"
                          "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n");
    go = fixture_read(fd, true);
    g_assert_cmpint(fixture_status(go), ==, 100);
    fixture_send_text(fd, "title=a");
    answer = fixture_read(fd, false);
    g_assert_cmpint(fixture_status(answer), ==, 200);
    close(fd);
}

/* The answer comes through though the client goes on sending. */
static void
test_too_large(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autofree char *megabyte = g_strnfill(1 << 20, 'a'), *answer = NULL, *rest = NULL;
    int              fd = fixture_connect(server);

    fixture_send_text(fd, POST("/form", FORM, "3000000", ""));
    for (int i = 0; i < 2; i++)
        fixture_send(fd, megabyte, 1 << 20);
    answer = fixture_read(fd, false);
    g_assert_cmpint(fixture_status(answer), ==, 413);
    g_assert_nonnull(strstr(answer, "Connection: close"));
    fixture_send(fd, megabyte, 1 << 20);
    rest = fixture_read_all(fd);
    g_assert_cmpstr(rest, ==, "");
    g_assert_cmpint(fixture->entered, ==, 0);
    close(fd);
}

static const unsigned char plain[] = "plain file", zipped[] = "gzip form", brotli[] = "br";

static const StaticFile    files[] = {
       { .path = "/a-123.css",
         .type = "text/css; charset=utf-8",
         .etag = "e1",
         .data = plain,
         .gzip = zipped,
         .brotli = brotli,
         .size = 10,
         .gzip_size = 9,
         .brotli_size = 2,
         .immutable = true },
       { .path = "/sw.js", .type = "text/javascript", .etag = "\"e2\"", .data = plain, .size = 10 },
};

static const struct {
    const char *name, *request;
    int         status;
    const char *text, *no_text;
} file_cases[] = {
    { "plain", GET("/a-123.css"), 200, "\r\n\r\nplain file", "Content-Encoding" },
    { "kept for a year", GET("/a-123.css"), 200, "public, max-age=31536000, immutable",
      "no-store" },
    { "not hashed", GET("/sw.js"), 200, "Cache-Control: no-cache\r\n", "immutable" },
    { "gzip", "GET /a-123.css HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n", 200,
      "Content-Encoding: gzip\r\n", "plain file" },
    { "brotli", "GET /a-123.css HTTP/1.1\r\n" HOST "Accept-Encoding: gzip, br\r\n\r\n", 200,
      "Content-Length: 2\r\n", "plain file" },
    { "varies", GET("/a-123.css"), 200, "Vary: Accept-Encoding\r\n", NULL },
    { "a query does not matter", GET("/sw.js?v=1"), 200, "plain file", NULL },
    { "the same", "GET /a-123.css HTTP/1.1\r\n" HOST "If-None-Match: \"e1\"\r\n\r\n", 304,
      "ETag: \"e1\"\r\n", "plain file" },
    { "the same brotli",
      "GET /a-123.css HTTP/1.1\r\n" HOST "Accept-Encoding: br\r\nIf-None-Match: \"e1-br\"\r\n\r\n",
      304, "ETag: \"e1-br\"\r\n", NULL },
    { "another form of the same",
      "GET /a-123.css HTTP/1.1\r\n" HOST "Accept-Encoding: br\r\nIf-None-Match: \"e1\"\r\n\r\n",
      200, "ETag: \"e1-br\"\r\n", NULL },
    { "HEAD", "HEAD /sw.js HTTP/1.1\r\n" HOST "\r\n", 200, "Content-Length: 10\r\n", "plain file" },
    { "POST", POST("/sw.js", FORM, "0", ""), 404, NULL, "plain file" },
    { "nosniff", GET("/sw.js"), 200, "X-Content-Type-Options: nosniff\r\n", NULL },
};

static void
test_files(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits  limits = fixture_limits();
    ServerOptions options = { .files = files, .n_files = G_N_ELEMENTS(files) };
    g_autoptr(Server) server = fixture_serve_options(fixture, &limits, options);

    for (size_t i = 0; i < G_N_ELEMENTS(file_cases); i++) {
        g_autofree char *answer = fixture_ask(server, file_cases[i].request);

        g_test_message("%s", file_cases[i].name);
        g_assert_cmpint(fixture_status(answer), ==, file_cases[i].status);
        g_assert_true(file_cases[i].text == NULL || strstr(answer, file_cases[i].text) != NULL);
        g_assert_true(file_cases[i].no_text == NULL ||
                      strstr(answer, file_cases[i].no_text) == NULL);
    }
}

static void
test_busy(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = NULL;
    int fds[3];

    limits.queue = 1;
    server = fixture_serve_options(fixture, &limits, (ServerOptions){ .workers = 1 });
    for (size_t i = 0; i < 3; i++)
        fds[i] = fixture_connect(server);
    fixture_send_text(fds[0], GET("/block"));
    fixture_await_blocked(fixture, 1);
    fixture_send_text(fds[1], GET("/hello"));
    while (server_stats(server).queued < 1)
        ;
    fixture_send_text(fds[2], GET("/hello"));
    for (size_t i = 3; i-- > 0;) { /* the last is answered first */
        g_autofree char *answer = NULL;

        answer = fixture_read(fds[i], false);
        g_assert_cmpint(fixture_status(answer), ==, i == 2 ? 503 : 200);
        if (i == 2) {
            g_assert_nonnull(strstr(answer, "Retry-After: "));
            g_assert_nonnull(strstr(answer, "تعذّر"));
            fixture_release(fixture);
        }
        close(fds[i]);
    }
}

/* What is sent, and then nothing more: the connection must end without an answer. */
static const struct {
    const char *name, *bytes;
    size_t      limit; /* of the limits that is made short */
} slow_cases[] = {
    { "nothing at all", "", offsetof(ServerLimits, intake.idle) },
    { "nothing after a request", GET("/hello"), offsetof(ServerLimits, intake.idle) },
    { "half a head", "GET / HTTP/1.1\r\nHost: s", offsetof(ServerLimits, intake.head) },
    { "half a second head", GET("/hello") "GET / HT", offsetof(ServerLimits, intake.head) },
    { "half a form", POST("/form", FORM, "20", "csrf="), offsetof(ServerLimits, body) },
    { "half a form that nobody wants", POST("/nope", FORM, "20", "csrf="),
      offsetof(ServerLimits, body) },
};

static void
test_slow(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(slow_cases); i++) {
        g_autoptr(Fixture) fixture = fixture_new();
        ServerLimits limits = fixture_limits();
        g_autoptr(Server) server = NULL;
        g_autofree char *all = NULL, *statuses = NULL;
        int              fd;

        *(int64_t *)(void *)((char *)&limits + slow_cases[i].limit) = SECONDS / 20;
        server = fixture_serve(fixture, &limits);
        fd = fixture_connect(server);
        g_test_message("%s", slow_cases[i].name);
        fixture_send_text(fd, slow_cases[i].bytes);
        all = fixture_read_all(fd);
        statuses = statuses_of(all);
        g_assert_cmpstr(statuses, ==,
                        g_str_has_prefix(slow_cases[i].bytes, GET("/hello")) ? "200" : "");
        close(fd);
    }
}

/* Somebody who does not read his answer. */
static void
test_slow_reader(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = NULL;
    int fd, little = 4096;

    limits.send_grace = SECONDS / 20;
    limits.slowest = 1 << 30;
    server = fixture_serve(fixture, &limits);
    fd = fixture_connect(server);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    fixture_send_text(fd, GET("/large?n=20000000"));
    while (server_stats(server).requests < 1)
        ;
    close(fd);
    g_assert_cmpint(server_stats(server).requests, ==, 1);
}

static const struct {
    const char *name, *request;
    size_t      size;
    bool        whole;
} streams[] = {
    { "unknown size", GET("/stream?n=100000"), 100000, true },
    { "known size", GET("/stream?n=100000&known=1"), 100000, true },
    { "empty", GET("/stream?n=0"), 0, true },
    { "empty, known", GET("/stream?n=0&known=1"), 0, true },
    { "small", GET("/stream?n=5&known=1"), 5, true },
    { "large", GET("/stream?n=5000000"), 5000000, true },
    { "HTTP/1.0", "GET /stream?n=100000 HTTP/1.0\r\n\r\n", 100000, true },
    { "cut", GET("/stream?n=100000&cut=1"), 100000, false },
    { "HEAD", "HEAD /stream?n=100000 HTTP/1.1\r\n" HOST "\r\n", 0, true },
};

static void
test_streams(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);

    for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
        g_autofree char *answer = fixture_ask(server, streams[i].request);
        const char      *body = strstr(answer, "\r\n\r\n");
        size_t           n = 0;
        bool             chunked = strstr(answer, "Transfer-Encoding: chunked") != NULL;

        g_test_message("%s", streams[i].name);
        g_assert_cmpint(fixture_status(answer), ==, 200);
        for (const char *at = body; *at != '\0'; at++)
            n += *at == 's';
        g_assert_cmpuint(n, ==, streams[i].size);
        if (chunked && n > 0)
            g_assert_true(g_str_has_suffix(answer, "\r\n0\r\n\r\n") == streams[i].whole);
        fixture_await(&fixture->streams_done, (int64_t)i + 1);
    }
}

static void
test_stream_broken_off(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    int  fd = fixture_connect(server);
    char some[1000];

    fixture_send_text(fd, GET("/stream?n=500000000"));
    g_assert_cmpint(recv(fd, some, sizeof some, 0), >, 0);
    close(fd);
    fixture_await(&fixture->streams_done, 1);
}

static void
test_large(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    g_autofree char *answer = fixture_ask(server, GET("/large?n=3000000"));

    g_assert_cmpint(fixture_status(answer), ==, 200);
    g_assert_cmpuint(strlen(strstr(answer, "\r\n\r\n") + 4), ==, 3000000);
}

static void
test_proxy(void)
{
    static const char *const proxies[] = { "127.0.0.0/8", NULL };
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) plain_one = fixture_serve(fixture, &limits);
    g_autoptr(Server) behind =
        fixture_serve_options(fixture, &limits, (ServerOptions){ .trusted_proxies = proxies });
    static const char request[] =
        "GET /peer HTTP/1.1\r\n" HOST "X-Forwarded-For: 2a00:1:2:3:4::5\r\n\r\n";
    g_autofree char *invented = fixture_ask(plain_one, request);
    g_autofree char *forwarded = fixture_ask(behind, request);

    g_assert_nonnull(strstr(invented, "\r\n\r\n00000000000000000000ffff7f000001"));
    g_assert_nonnull(strstr(forwarded, "\r\n\r\n2a000001000200030000000000000000"));
}

static void
test_https(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server =
        fixture_serve_options(fixture, &limits, (ServerOptions){ .https = true });
    g_autofree char *answer = fixture_ask(server, GET("/wrong?code=1"));

    g_assert_nonnull(
        strstr(answer, "Set-Cookie: __Host-kept=yes; HttpOnly; SameSite=Lax; Path=/; Secure\r\n"));
    g_assert_nonnull(strstr(answer, "Strict-Transport-Security: "));
}

static void
test_start(void)
{
    static const char *const proxies[] = { "nginx", NULL };
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    ServerOptions rows[] = {
        { .address = "127.0.0.1", .port = server_port(server) },
        { .address = "localhost", .port = 0 },
        { .address = "127.0.0.1", .port = 70000 },
        { .address = "127.0.0.1", .port = 0, .trusted_proxies = proxies },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        rows[i].router = fixture->router;
        rows[i].gate = &fixture->gate;
        rows[i].clock = fixture->clock;
        g_assert_null(server_start(&rows[i], &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
        g_test_message("%s", error->message);
    }
}

static void *
stop(void *data)
{
    server_stop(data);
    return NULL;
}

static void
test_stop_while_busy(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits     limits = fixture_limits();
    g_autofree char *late = NULL;
    Server          *server;
    pthread_t        stopper;
    int              fds[5];

    limits.stop_grace = 10 * SECONDS;
    server = fixture_serve_options(fixture, &limits, (ServerOptions){ .workers = 5 });
    for (size_t i = 0; i < 5; i++)
        fds[i] = fixture_connect(server);
    for (size_t i = 0; i < 4; i++)
        fixture_send_text(fds[i], GET("/block"));
    fixture_await_blocked(fixture, 4);
    stopper = thread_start("stop", 0, stop, server);
    do { /* until it has begun to stop: new requests are answered 503 */
        g_free(late);
        fixture_send_text(fds[4], GET("/hello"));
        late = fixture_read(fds[4], false);
    } while (strstr(late, "Connection: close") == NULL);
    g_assert_true(fixture_status(late) == 503 || fixture_status(late) == 200);
    fixture_release(fixture);
    for (size_t i = 0; i < 4; i++) {
        g_autofree char *answer = fixture_read(fds[i], false);

        g_assert_cmpint(fixture_status(answer), ==, 200);
    }
    thread_join(stopper);
    for (size_t i = 0; i < 5; i++)
        close(fds[i]);
}

static void
test_stop_while_streaming(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    Server      *server;
    int          fds[4];
    char         some[100];

    limits.stop_grace = SECONDS / 20;
    server = fixture_serve(fixture, &limits);
    for (size_t i = 0; i < 4; i++) {
        fds[i] = fixture_connect(server);
        fixture_send_text(fds[i], GET("/stream?n=5000000000"));
        g_assert_cmpint(recv(fds[i], some, sizeof some, 0), >, 0);
    }
    server_stop(server);
    g_assert_cmpint(fixture->streams_done, ==, 4);
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
}

typedef struct {
    const Server *server;
    unsigned      seed;
} Guest;

/* Requests of all kinds, some broken off at any byte. */
static void *
visit(void *data)
{
    static const char *const requests[] = {
        GET("/hello"),
        GET("/nope"),
        GET("/stream?n=100000"),
        GET("/large?n=100000"),
        GET("/sw.js"),
        POST("/form", FORM, "17", "csrf=good&title=a"),
        POST("/form", FORM, "100000", "csrf=good"),
        "BAD\r\n\r\n",
        GET("/hello") GET("/hello"),
    };
    Guest *guest = data;

    for (int i = 0; i < 150; i++) {
        const char *request = requests[guest->seed % G_N_ELEMENTS(requests)];
        size_t      size = strlen(request);
        int         fd = fixture_connect(guest->server);

        guest->seed = guest->seed * 1103515245 + 12345;
        if (guest->seed >> 16 & 1)
            size = (guest->seed >> 17) % size;
        fixture_send(fd, request, size);
        if (guest->seed >> 30 & 1 && size == strlen(request))
            g_free(fixture_read(fd, false));
        close(fd);
        guest->seed = guest->seed * 1103515245 + 12345;
        guest->seed >>= 3;
    }
    return NULL;
}

static void
test_crowd(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits  limits = fixture_limits();
    ServerOptions options = { .files = files, .n_files = G_N_ELEMENTS(files) };
    Server       *server = fixture_serve_options(fixture, &limits, options);
    Guest         guests[4];
    pthread_t     threads[4];

    for (unsigned i = 0; i < 4; i++) {
        guests[i] = (Guest){ server, i * 77777 + 1 };
        threads[i] = thread_start("guest", 0, visit, &guests[i]);
    }
    for (size_t i = 0; i < 4; i++)
        thread_join(threads[i]);
    server_stop(server);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/conversations", test_conversations);
    g_test_add_func("/server/refusal-page", test_refusal_page);
    g_test_add_func("/server/largest-head", test_largest_head);
    g_test_add_func("/server/quick", test_quick);
    g_test_add_func("/server/keep-alive", test_keep_alive);
    g_test_add_func("/server/drops", test_drops);
    g_test_add_func("/server/continue", test_continue);
    g_test_add_func("/server/too-large", test_too_large);
    g_test_add_func("/server/files", test_files);
    g_test_add_func("/server/busy", test_busy);
    g_test_add_func("/server/slow", test_slow);
    g_test_add_func("/server/slow-reader", test_slow_reader);
    g_test_add_func("/server/streams", test_streams);
    g_test_add_func("/server/stream-broken-off", test_stream_broken_off);
    g_test_add_func("/server/large", test_large);
    g_test_add_func("/server/proxy", test_proxy);
    g_test_add_func("/server/https", test_https);
    g_test_add_func("/server/start", test_start);
    g_test_add_func("/server/stop-while-busy", test_stop_while_busy);
    g_test_add_func("/server/stop-while-streaming", test_stop_while_streaming);
    g_test_add_func("/server/crowd", test_crowd);
    return g_test_run();
}
