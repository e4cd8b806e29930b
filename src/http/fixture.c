/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The site and the client of the tests. */
#include "http/fixture.h"

#include "base/text.h"
#include "http/request_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PUBLIC 9
#define ANSWER_TYPE "text/plain; charset=utf-8"

typedef struct {
    const char *title, *word;
} FixtureForm;

static const FormField fields[] = {
    { .name = "title",
      .kind = FORM_TEXT,
      .offset = offsetof(FixtureForm, title),
      .required = true },
    { .name = "word", .kind = FORM_SECRET, .offset = offsetof(FixtureForm, word) },
    { .name = "photo", .kind = FORM_FILE },
};

static const FormSpec spec = { .name = "fixture", FORM_SPEC(FixtureForm, fields) };

static Fixture *
fixture_of(const Request *req)
{
    return req->app;
}

static bool
answer(Request *req, Response *res, const char *text)
{
    atomic_fetch_add(&fixture_of(req)->handled, 1);
    buffer_text(response_body(res, 200, ANSWER_TYPE), text);
    return true;
}

static bool
hello(Request *req, Response *res, GError **error)
{
    (void)error;
    return answer(req, res, "hello");
}

static bool
echo(Request *req, Response *res, GError **error)
{
    const char *q = request_query(req, "q");

    (void)error;
    return answer(req, res,
                  arena_printf(req->mem, "%s|%s|%s", request_param(req, "a"),
                               request_param(req, "b"), q == NULL ? "-" : q));
}

static bool
fixed(Request *req, Response *res, GError **error)
{
    (void)error;
    return answer(req, res, arena_printf(req->mem, "fixed %s", request_param(req, "b")));
}

/* Says where it runs; with ?wait it would have to wait there. */
static bool
quick(Request *req, Response *res, GError **error)
{
    bool hurried = thread_is_hurried();

    if (request_query(req, "bad") != NULL)
        return fail(error, APP_ERROR_NOT_FOUND, "hurried %d", hurried);
    response_header(res, "X-Hurried", hurried ? "yes" : "no");
    if (hurried && request_query(req, "wait") != NULL) {
        response_header(res, "X-Left-Over", "yes");
        response_cookie(res, "left", "over", 0);
        return fail(error, APP_ERROR_BUSY, "it would have to wait");
    }
    return answer(req, res, hurried ? "at once" : "on a worker");
}

static bool
peer(Request *req, Response *res, GError **error)
{
    (void)error;
    return answer(req, res, text_hex(req->mem, BYTES_OF(req->peer)));
}

static bool
wrong(Request *req, Response *res, GError **error)
{
    const char *code = request_query(req, "code");

    if (code == NULL)
        return true;
    response_header(res, "X-Forgotten", "yes");
    response_cookie(res, "kept", "yes", 0);
    buffer_text(response_body(res, 200, ANSWER_TYPE), "half a page");
    return fail(error, strtol(code, NULL, 10), "wrong on purpose");
}

static bool
block(Request *req, Response *res, GError **error)
{
    Fixture *fixture = fixture_of(req);

    (void)error;
    lock_take(&fixture->lock);
    fixture->blocked++;
    signal_all(&fixture->moved);
    while (!fixture->open)
        signal_wait(&fixture->moved, &fixture->lock);
    fixture->blocked--;
    signal_all(&fixture->moved);
    lock_leave(&fixture->lock);
    return answer(req, res, "released");
}

typedef struct {
    Fixture *fixture;
    int64_t  left;
    bool     cut;
} Tap;

static int64_t
pour(void *data, uint8_t *out, size_t room)
{
    Tap   *tap = data;
    size_t n = (size_t)MIN((int64_t)room, tap->left);

    memset(out, 's', n);
    tap->left -= (int64_t)n;
    return n == 0 && tap->cut ? -1 : (int64_t)n;
}

static void
close_tap(void *data)
{
    Tap *tap = data;

    atomic_fetch_add(&tap->fixture->streams_done, 1);
    g_free(tap);
}

/* /stream?n=SIZE&known=1&cut=1 */
static bool
stream(Request *req, Response *res, GError **error)
{
    Tap *tap = g_new0(Tap, 1);

    (void)error;
    *tap = (Tap){
        .fixture = fixture_of(req),
        .left = g_ascii_strtoll(request_query(req, "n"), NULL, 10),
        .cut = request_query(req, "cut") != NULL,
    };
    response_stream(res, 200, ANSWER_TYPE, request_query(req, "known") != NULL ? tap->left : -1,
                    pour, close_tap, tap);
    return true;
}

static bool
large(Request *req, Response *res, GError **error)
{
    Buffer *body = response_body(res, 200, ANSWER_TYPE);
    int64_t n = g_ascii_strtoll(request_query(req, "n"), NULL, 10);

    (void)error;
    for (int64_t i = 0; i < n; i++)
        buffer_add(body, "l", 1);
    return true;
}

static bool
form(Request *req, Response *res, GError **error)
{
    const FixtureForm *values = req->form->values;

    (void)error;
    atomic_fetch_add(&fixture_of(req)->handled, 1);
    if (!form_ok(req->form)) {
        buffer_text(response_body(res, 422, ANSWER_TYPE), "mistakes");
        return true;
    }
    buffer_printf(response_body(res, 200, ANSWER_TYPE), "title=%s", values->title);
    return true;
}

static bool
begin_file(Request *req, const char *field, const char *name, void **file, GError **error)
{
    Fixture *fixture = fixture_of(req);

    if (strstr(name, "refused") != NULL)
        return fail(error, APP_ERROR_INVALID, "a file of %s is refused", field);
    atomic_fetch_add(&fixture->begun, 1);
    *file = fixture;
    return true;
}

static bool
write_file(void *file, const uint8_t *data, size_t size, GError **error)
{
    Fixture *fixture = file;

    atomic_fetch_add(&fixture->bytes, (int64_t)size);
    if (memmem(data, size, "poison", 6) != NULL)
        return fail(error, APP_ERROR_INVALID, "poison");
    return true;
}

static bool
end_file(void *file, GError **error)
{
    Fixture *fixture = file;

    (void)error;
    atomic_fetch_add(&fixture->ended, 1);
    return true;
}

static void
abandon_file(void *file)
{
    Fixture *fixture = file;

    atomic_fetch_add(&fixture->abandoned, 1);
}

static const Upload upload = {
    .max_body = 4 * 1024 * 1024,
    .max_files = 2,
    .begin = begin_file,
    .write = write_file,
    .end = end_file,
    .abandon = abandon_file,
};

static const Route routes[] = {
    { .method = HTTP_GET, .path = "/", .handler = hello, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/hello", .handler = hello, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/echo/{a}/{b}", .handler = echo, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/echo/fixed/{b}", .handler = fixed, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/quick", .handler = quick, .needs = PUBLIC, .quick = true },
    { .method = HTTP_GET, .path = "/peer", .handler = peer, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/wrong", .handler = wrong, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/block", .handler = block, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/stream", .handler = stream, .needs = PUBLIC },
    { .method = HTTP_GET, .path = "/large", .handler = large, .needs = PUBLIC },
    { .method = HTTP_POST,
      .path = "/form",
      .handler = form,
      .needs = PUBLIC,
      .limit = 1,
      .form = &spec },
    { .method = HTTP_POST,
      .path = "/machine",
      .handler = form,
      .needs = PUBLIC,
      .limit = 1,
      .form = &spec,
      .no_csrf = true },
    { .method = HTTP_POST,
      .path = "/upload",
      .handler = form,
      .needs = PUBLIC,
      .limit = 1,
      .form = &spec,
      .upload = &upload },
    { .method = 0 },
};

static bool
enter(Request *req, Response *res, GError **error)
{
    atomic_fetch_add(&fixture_of(req)->entered, 1);
    if (request_header(req, "X-Stranger") != NULL) {
        response_header(res, "Retry-After", "7");
        return fail(error, APP_ERROR_LIMITED, "not in");
    }
    req->lang = "ar";
    return true;
}

static bool
check(Request *req, GError **error)
{
    const char *token = form_typed(req->form, "csrf");

    atomic_fetch_add(&fixture_of(req)->checked, 1);
    if (token == NULL || !g_str_equal(token, "good"))
        return fail(error, APP_ERROR_FORBIDDEN, "no token");
    return true;
}

static void
explain(Request *req, Response *res, const GError *error)
{
    const char *language = request_header(req, "Accept-Language");

    atomic_fetch_add(&fixture_of(req)->explained, 1);
    if (request_header(req, "X-Silent") != NULL)
        return;
    if (request_wants_json(req))
        buffer_text(response_body(res, error_status(error_code(error)), "application/json"), "{}");
    else
        buffer_printf(response_body(res, error_status(error_code(error)), ANSWER_TYPE),
                      "error %d in %s: %s", error_code(error), language == NULL ? "-" : language,
                      error->message);
}

Fixture *
fixture_new(void)
{
    static const Route *const tables[] = { routes, NULL };
    Fixture                  *fixture = g_new0(Fixture, 1);

    lock_init(&fixture->lock);
    signal_init(&fixture->moved);
    fixture->clock = clock_new_fixed(1000 * SECONDS);
    fixture->gate = (Gate){
        .app = fixture,
        .perm_public = PUBLIC,
        .enter = enter,
        .check = check,
        .explain = explain,
    };
    fixture->router = router_new(tables, &fixture->gate, NULL);
    g_assert_nonnull(fixture->router);
    return fixture;
}

void
fixture_free(Fixture *fixture)
{
    router_free(fixture->router);
    clock_free(fixture->clock);
    signal_clear(&fixture->moved);
    lock_clear(&fixture->lock);
    g_free(fixture);
}

void
fixture_await_blocked(Fixture *fixture, int n)
{
    lock_take(&fixture->lock);
    while (fixture->blocked < n)
        signal_wait(&fixture->moved, &fixture->lock);
    lock_leave(&fixture->lock);
}

void
fixture_release(Fixture *fixture)
{
    lock_take(&fixture->lock);
    fixture->open = true;
    signal_all(&fixture->moved);
    lock_leave(&fixture->lock);
}

void
fixture_await(const _Atomic int64_t *counter, int64_t value)
{
    int64_t until = clock_monotonic() + 10 * SECONDS;

    while (atomic_load(counter) < value) {
        g_assert_cmpint(clock_monotonic(), <, until);
        sched_yield();
    }
}

ServerLimits
fixture_limits(void)
{
    ServerLimits limits = server_default_limits();

    limits.intake.tick = SECONDS / 100;
    limits.stop_grace = SECONDS;
    return limits;
}

Server *
fixture_serve_options(Fixture *fixture, const ServerLimits *limits, ServerOptions options)
{
    GError *error = NULL;
    Server *server;

    options.address = "127.0.0.1";
    options.io_threads = 2;
    options.workers = options.workers == 0 ? 8 : options.workers;
    options.router = fixture->router;
    options.gate = &fixture->gate;
    options.clock = fixture->clock;
    options.head_reader = true;
    server = server_start_with(&options, limits, &error);
    g_assert_no_error(error);
    return server;
}

Server *
fixture_serve(Fixture *fixture, const ServerLimits *limits)
{
    return fixture_serve_options(fixture, limits, (ServerOptions){ .port = 0 });
}

int
fixture_connect(const Server *server)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)server_port(server)),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    struct timeval patience = { .tv_sec = 20 };
    int            fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

void
fixture_send(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* the other side has had enough */
        bytes += n;
        size -= (size_t)n;
    }
}

void
fixture_send_text(int fd, const char *text)
{
    fixture_send(fd, text, strlen(text));
}

static bool
read_some(int fd, GString *out, size_t most)
{
    char    bytes[16384];
    ssize_t n = recv(fd, bytes, MIN(most, sizeof bytes), 0);

    g_assert_false(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)); /* no answer in 20 s */
    if (n > 0)
        g_string_append_len(out, bytes, n);
    return n > 0;
}

/* The bytes of the body that is announced; -1: up to the end. */
static int64_t
length_of(const char *answer_head)
{
    const char *length = strcasestr(answer_head, "\r\nContent-Length: ");

    if (length != NULL)
        return g_ascii_strtoll(length + 18, NULL, 10);
    return -1;
}

char *
fixture_read(int fd, bool head)
{
    GString *out = g_string_new(NULL);
    int64_t  length;

    while (strstr(out->str, "\r\n\r\n") == NULL)
        if (!read_some(fd, out, 1))
            return g_string_free(out, false);
    length = head || fixture_status(out->str) == 304 ? 0 : length_of(out->str);
    while (length != 0) {
        size_t before = out->len;

        if (!read_some(fd, out, length < 0 ? SIZE_MAX : (size_t)length))
            break;
        if (length > 0)
            length -= (int64_t)(out->len - before);
        if (length < 0 && g_str_has_suffix(out->str, "\r\n0\r\n\r\n"))
            break; /* chunked */
    }
    return g_string_free(out, false);
}

char *
fixture_read_all(int fd)
{
    GString *out = g_string_new(NULL);

    while (read_some(fd, out, SIZE_MAX))
        ;
    return g_string_free(out, false);
}

int
fixture_status(const char *text)
{
    return g_str_has_prefix(text, "HTTP/1.1 ") ? (int)g_ascii_strtoll(text + 9, NULL, 10) : 0;
}

char *
fixture_ask(const Server *server, const char *text)
{
    int   fd = fixture_connect(server);
    char *out;

    fixture_send_text(fd, text);
    out = fixture_read(fd, g_str_has_prefix(text, "HEAD"));
    close(fd);
    return out;
}
