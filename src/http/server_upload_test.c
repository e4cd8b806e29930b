/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Uploads over real sockets: what a person with a bad line, or a bad person, does. */
#include "http/fixture.h"

#include <string.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "POST /upload HTTP/1.1\r\nHost: sawt\r\nContent-Type: multipart/form-data; boundary=XX\r\n"
#define FIELD(name, value)                                                                         \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define A_FILE                                                                                     \
    "--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n"               \
    "Content-Type: image/jpeg\r\n\r\n"
#define END "\r\n--XX--\r\n"
#define MEGABYTE (1 << 20)

/* A whole request with `size` bytes of file between `before` and `after`. */
static GString *
request(const char *before, size_t size, const char *after)
{
    GString *out = g_string_new(HEAD);

    g_string_append_printf(out, "Content-Length: %zu\r\n\r\n",
                           strlen(before) + size + strlen(after));
    g_string_append(out, before);
    for (size_t i = 0; i < size; i++)
        g_string_append_c(out, "ab\r\n-X"[i % 6]);
    g_string_append(out, after);
    return out;
}

static const struct {
    const char *name, *before;
    size_t      size;
    const char *after;
    int         status;
    int64_t     begun, ended, abandoned;
} cases[] = {
    { "a small file", FIELD("csrf", "good") FIELD("title", "t") A_FILE, 10, END, 200, 1, 1, 0 },
    { "a large file", FIELD("csrf", "good") FIELD("title", "t") A_FILE, 3 * MEGABYTE, END, 200, 1,
      1, 0 },
    { "no title", FIELD("csrf", "good") A_FILE, MEGABYTE, END, 422, 1, 1, 0 },
    { "no token", A_FILE, 3 * MEGABYTE, END, 403, 0, 0, 0 },
    { "a wrong token", FIELD("csrf", "bad") A_FILE, 3 * MEGABYTE, END, 403, 0, 0, 0 },
    { "no last boundary", FIELD("csrf", "good") A_FILE, MEGABYTE, "", 422, 1, 0, 1 },
    { "poison at the end", FIELD("csrf", "good") A_FILE, MEGABYTE, "poison" END, 422, 1, 0, 1 },
    { "no form at all", "hello", 3 * MEGABYTE, "", 422, 0, 0, 0 },
    { "over the route's limit", FIELD("csrf", "good") A_FILE, 4 * MEGABYTE, END, 413, 0, 0, 0 },
    { "an empty body", "", 0, "", 422, 0, 0, 0 },
};

static void
test_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Fixture) fixture = fixture_new();
        ServerLimits limits = fixture_limits();
        g_autoptr(Server) server = fixture_serve(fixture, &limits);
        GString         *bytes = request(cases[i].before, cases[i].size, cases[i].after);
        g_autofree char *answer = NULL;
        int              fd = fixture_connect(server);

        g_test_message("%s", cases[i].name);
        fixture_send(fd, bytes->str, bytes->len);
        answer = fixture_read(fd, false);
        g_assert_cmpint(fixture_status(answer), ==, cases[i].status);
        g_assert_cmpint(fixture->begun, ==, cases[i].begun);
        g_assert_cmpint(fixture->ended, ==, cases[i].ended);
        g_assert_cmpint(fixture->abandoned, ==, cases[i].abandoned);
        if (cases[i].status == 200)
            g_assert_cmpint(fixture->bytes, ==, cases[i].size);
        close(fd);
        g_string_free(bytes, true);
    }
}

/* The answer does not wait for the rest of the body. */
static void
test_refused_early(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    GString         *bytes = request(A_FILE, 3 * MEGABYTE, END);
    g_autofree char *answer = NULL, *rest = NULL;
    int              fd = fixture_connect(server);

    fixture_send(fd, bytes->str, 1000);
    answer = fixture_read(fd, false);
    g_assert_cmpint(fixture_status(answer), ==, 403);
    rest = fixture_read_all(fd);
    g_assert_cmpstr(rest, ==, "");
    close(fd);
    g_string_free(bytes, true);
}

static void
test_keep_alive(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    GString *bytes = request(FIELD("csrf", "good") FIELD("title", "t") A_FILE, 100000, END);
    int      fd = fixture_connect(server);

    for (int i = 0; i < 3; i++) {
        g_autofree char *answer = NULL, *after = NULL;

        fixture_send(fd, bytes->str, bytes->len);
        answer = fixture_read(fd, false);
        g_assert_cmpint(fixture_status(answer), ==, 200);
        fixture_send_text(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        after = fixture_read(fd, false);
        g_assert_cmpint(fixture_status(after), ==, 200);
    }
    close(fd);
    g_string_free(bytes, true);
}

/* Every file that began is ended or abandoned, wherever the line breaks. */
static void
test_broken_off(void)
{
    GString *bytes = request(FIELD("csrf", "good") A_FILE, 2000, END);

    for (size_t size = 100; size < bytes->len; size += 83) {
        g_autoptr(Fixture) fixture = fixture_new();
        ServerLimits limits = fixture_limits();
        Server      *server = fixture_serve(fixture, &limits);
        int          fd = fixture_connect(server);

        fixture_send(fd, bytes->str, size);
        if (size % 2 == 0) /* else while it is still being read */
            fixture_await(&fixture->entered, size > 200);
        close(fd);
        server_stop(server);
        g_assert_cmpint(fixture->begun, ==, fixture->ended + fixture->abandoned);
        g_assert_cmpint(fixture->handled, ==, 0);
    }
    g_string_free(bytes, true);
}

static void
test_slow(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = NULL;
    GString         *bytes = request(FIELD("csrf", "good") A_FILE, 5000, END);
    g_autofree char *all = NULL;
    int              fd;

    limits.upload_grace = SECONDS / 20;
    limits.slowest = 1 << 30;
    server = fixture_serve(fixture, &limits);
    fd = fixture_connect(server);
    fixture_send(fd, bytes->str, 2000);
    all = fixture_read_all(fd);
    g_assert_cmpstr(all, ==, "");
    fixture_await(&fixture->abandoned, 1);
    g_assert_cmpint(fixture->begun, ==, 1);
    close(fd);
    g_string_free(bytes, true);
}

static void
test_many(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = NULL;
    GString *bytes = request(FIELD("csrf", "good") FIELD("title", "t") A_FILE, 5000, END);
    int      fds[3];

    limits.uploads = 2;
    server = fixture_serve(fixture, &limits);
    for (size_t i = 0; i < 3; i++)
        fds[i] = fixture_connect(server);
    for (size_t i = 0; i < 2; i++)
        fixture_send(fds[i], bytes->str, 1000);
    fixture_await(&fixture->begun, 2);
    fixture_send(fds[2], bytes->str, bytes->len);
    for (size_t i = 3; i-- > 0;) {
        g_autofree char *answer = NULL;

        if (i < 2)
            fixture_send(fds[i], bytes->str + 1000, bytes->len - 1000);
        answer = fixture_read(fds[i], false);
        g_assert_cmpint(fixture_status(answer), ==, i == 2 ? 503 : 200);
        close(fds[i]);
    }
    g_string_free(bytes, true);
}

static void
test_stop(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    GString     *bytes = request(FIELD("csrf", "good") A_FILE, 5000, END);
    Server      *server;
    int          fds[3];

    limits.stop_grace = SECONDS / 20;
    server = fixture_serve(fixture, &limits);
    for (size_t i = 0; i < 3; i++) {
        fds[i] = fixture_connect(server);
        fixture_send(fds[i], bytes->str, 1000);
    }
    fixture_await(&fixture->begun, 3);
    server_stop(server);
    g_assert_cmpint(fixture->abandoned, ==, 3);
    for (size_t i = 0; i < 3; i++)
        close(fds[i]);
    g_string_free(bytes, true);
}

typedef struct {
    const Server  *server;
    const GString *bytes;
} Sender;

static void *
send_many(void *data)
{
    const Sender *sender = data;

    for (int i = 0; i < 20; i++) {
        int              fd = fixture_connect(sender->server);
        g_autofree char *answer = NULL;

        fixture_send(fd, sender->bytes->str, sender->bytes->len);
        answer = fixture_read(fd, false);
        g_assert_cmpint(fixture_status(answer), ==, 200);
        close(fd);
    }
    return NULL;
}

static void
test_crowd(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    ServerLimits limits = fixture_limits();
    g_autoptr(Server) server = fixture_serve(fixture, &limits);
    GString  *bytes = request(FIELD("csrf", "good") FIELD("title", "t") A_FILE, 300000, END);
    Sender    sender = { server, bytes };
    pthread_t threads[6];

    for (size_t i = 0; i < 6; i++)
        threads[i] = thread_start("sender", 0, send_many, &sender);
    for (size_t i = 0; i < 6; i++)
        thread_join(threads[i]);
    g_assert_cmpint(fixture->bytes, ==, 6 * 20 * 300000);
    g_assert_cmpint(fixture->ended, ==, 120);
    g_string_free(bytes, true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server-upload/cases", test_cases);
    g_test_add_func("/server-upload/refused-early", test_refused_early);
    g_test_add_func("/server-upload/keep-alive", test_keep_alive);
    g_test_add_func("/server-upload/broken-off", test_broken_off);
    g_test_add_func("/server-upload/slow", test_slow);
    g_test_add_func("/server-upload/many", test_many);
    g_test_add_func("/server-upload/stop", test_stop);
    g_test_add_func("/server-upload/crowd", test_crowd);
    return g_test_run();
}
