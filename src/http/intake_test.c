/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/intake.h"

#include "base/clock.h"
#include "http/head.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define GOOD "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
#define FORM "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
#define BAD "GET /c HTTP/1.1\nHost: x\r\n\r\n"
#define REFUSAL "GET /.refused/400 HTTP/1.0\r\n\r\n"

typedef struct {
    Intake *intake;
    Inlet  *inlet;
    int     here, there;
} Line;

static void
line_init(Line *line, const IntakeTimes *times)
{
    IntakeTimes slow = { .idle = HOURS, .head = HOURS, .linger = SECONDS, .tick = SECONDS / 200 };
    int         pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    line->here = pair[0];
    line->there = pair[1];
    fcntl(line->here, F_SETFL, O_NONBLOCK);
    line->intake = intake_new(times == NULL ? &slow : times, true);
    line->inlet = intake_open(line->intake, line->here);
}

static void
line_clear(Line *line)
{
    intake_close(line->inlet);
    close(line->here);
    if (line->there >= 0)
        close(line->there);
    intake_free(line->intake);
}

static void
say(Line *line, const char *text)
{
    g_assert_cmpint(write(line->there, text, strlen(text)), ==, (ssize_t)strlen(text));
}

/* As the library does: not the checked variant, into which a call with a known buffer turns and
 * which is not wrapped. */
static ssize_t __attribute__((noinline)) take(int fd, void *out, size_t room)
{
    return recv(fd, out, room, 0);
}

/* What the library would get from one call: text, "-" for not yet, "." for the end. */
static const char *
hear(Line *line, char *out, size_t room)
{
    ssize_t n = take(line->here, out, room);

    if (n < 0)
        g_assert_cmpint(errno, ==, EAGAIN);
    if (n <= 0)
        return n == 0 ? "." : "-";
    out[n] = '\0';
    return out;
}

/* What is said piece by piece, and what is heard after each. */
static const struct {
    const char *name;
    struct {
        const char *said, *heard;
    } steps[5];
} cases[] = {
    { "a request at once", { { GOOD, GOOD }, { "", "-" } } },
    { "a request in pieces",
      { { "GET /a HTT", "-" }, { "P/1.1\r\nHost: x\r\n", "-" }, { "\r\n", GOOD } } },
    { "two requests at once", { { GOOD GOOD, GOOD GOOD } } },
    { "one and a half", { { GOOD "GET ", GOOD }, { "/a HTTP/1.1\r\nHost: x\r\n\r\n", GOOD } } },
    { "a form at once", { { FORM "12345", FORM "12345" } } },
    { "a form in pieces", { { FORM "12", FORM "12" }, { "3", "3" }, { "45", "45" } } },
    { "a body that looks like a head", { { FORM "GET /", FORM "GET /" } } },
    { "a form and what follows", { { FORM "12345" GOOD, FORM "12345" GOOD } } },
    { "a body and half a head",
      { { FORM "12345GE", FORM "12345" }, { "T /a HTTP/1.1\r\nHost: x\r\n\r\n", GOOD } } },
    { "a bad one", { { BAD, REFUSAL }, { GOOD, "-" } } },
    { "a good and a bad one", { { GOOD BAD, GOOD REFUSAL }, { GOOD, "-" } } },
    { "a bad one in pieces", { { "GET /c HTTP/1.1", "-" }, { "\n", REFUSAL } } },
    { "a bad one behind a body", { { FORM "123", FORM "123" }, { "45\n", "45" REFUSAL } } },
    { "the language is kept for the page",
      { { "GET /a HTTP/1.1\r\nAccept-Language: ar\r\nX\n",
          "GET /.refused/400 HTTP/1.0\r\nAccept-Language: ar\r\n\r\n" } } },
    { "what is accepted is kept for its form",
      { { "GET /a HTTP/1.1\r\nAccept: a/b\r\nAccept-Language: ar\r\nX\n",
          "GET /.refused/400 HTTP/1.0\r\nAccept-Language: ar\r\nAccept: a/b\r\n\r\n" } } },
};

static void
test_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Line line;
        char out[4096];

        line_init(&line, NULL);
        g_test_message("%s", cases[i].name);
        for (size_t j = 0; j < 5 && cases[i].steps[j].said != NULL; j++) {
            say(&line, cases[i].steps[j].said);
            g_assert_cmpstr(hear(&line, out, sizeof out - 1), ==, cases[i].steps[j].heard);
        }
        line_clear(&line);
    }
}

static void
test_end(void)
{
    Line line;
    char out[4096];

    line_init(&line, NULL);
    say(&line, "GET /a HTTP/1.1\r\n");
    shutdown(line.there, SHUT_WR);
    g_assert_cmpstr(hear(&line, out, sizeof out - 1), ==, ".");
    line_clear(&line);
}

static void
test_skip(void)
{
    Line line;
    char out[4096];

    line_init(&line, NULL);
    say(&line, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n12345");
    hear(&line, out, sizeof out - 1);
    intake_skip(line.inlet);
    g_assert_cmpint(take(line.here, out, 4000), ==, 4000);
    g_assert_cmpint(take(line.here, out, 4000), ==, 4000);
    g_assert_cmpint(take(line.here, out, 4000), ==, 1995);
    say(&line, "67890" GOOD);
    g_assert_cmpstr(hear(&line, out, sizeof out - 1), ==, "-");
    line_clear(&line);
}

static void
add_request(GString *all)
{
    int body = g_test_rand_int_range(0, 4) == 0 ? g_test_rand_int_range(0, 9000) : 0;
    int name = g_test_rand_int_range(0, 30) == 0 ? 6000 : g_test_rand_int_range(0, 60);

    if (body > 0)
        g_string_append_printf(all, "POST /p HTTP/1.1\r\nContent-Length: %d\r\nHost: ", body);
    else
        g_string_append(all, "GET /g HTTP/1.1\r\nHost: x");
    for (int i = 0; i <= name; i++)
        g_string_append_c(all, 'h');
    g_string_append(all, "\r\n\r\n");
    for (int i = 0; i < body; i++)
        g_string_append_c(all, "\r\nGET /"[g_test_rand_int_range(0, 7)]);
}

/* Whatever the pieces and the room: the same bytes come out, and nothing is left behind without
 * being asked for again (libmicrohttpd would wait for an edge that never comes). */
static void
run_random(bool bad)
{
    GString *all = g_string_new(NULL), *heard = g_string_new(NULL), *expect;
    size_t   said = 0;
    Line     line;

    line_init(&line, NULL);
    for (int i = 0; i < 40; i++)
        add_request(all);
    expect = g_string_new_len(all->str, (gssize)all->len);
    if (bad) {
        g_string_append(all, BAD);
        g_string_append(expect, REFUSAL);
    }
    while (said < all->len || heard->len < expect->len) {
        size_t  piece = (size_t)g_test_rand_int_range(1, 20000);
        ssize_t sent = send(line.there, all->str + said, MIN(piece, all->len - said), MSG_DONTWAIT);
        char    out[33000];

        said += sent > 0 ? (size_t)sent : 0;
        for (;;) {
            size_t  room = (size_t)g_test_rand_int_range(1, g_test_rand_bit() ? 64 : sizeof out);
            ssize_t n = take(line.here, out, room);
            int     left = 0;

            if (n > 0)
                g_string_append_len(heard, out, n);
            if (n == (ssize_t)room)
                continue;
            if (intake_status(line.inlet) != 0)
                break; /* what follows a refusal may lie there */
            ioctl(line.here, FIONREAD, &left);
            g_assert_cmpint(left, ==, 0);
            break;
        }
        g_assert_cmpuint(heard->len, <=, expect->len);
    }
    g_assert_cmpmem(heard->str, heard->len, expect->str, expect->len);
    line_clear(&line);
    g_string_free(all, true);
    g_string_free(heard, true);
    g_string_free(expect, true);
}

static void
test_random(void)
{
    for (int i = 0; i < 40; i++)
        run_random(i % 2 == 1);
}

/* The reader on the other side finds the end in time. */
static void
await_end(int fd)
{
    struct timeval patience = { .tv_sec = 10 };
    char           byte;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 0);
}

static void
test_deadlines(void)
{
    IntakeTimes idle = { .idle = SECONDS / 50, .head = HOURS, .tick = SECONDS / 200 };
    IntakeTimes head = { .idle = HOURS, .head = SECONDS / 50, .tick = SECONDS / 200 };
    IntakeTimes none = { .idle = HOURS, .head = HOURS, .tick = SECONDS / 200 };
    char        out[4096];
    Line        line;

    line_init(&line, &idle);
    await_end(line.there);
    line_clear(&line);

    line_init(&line, &head);
    say(&line, "GET /");
    g_assert_cmpstr(hear(&line, out, sizeof out - 1), ==, "-");
    await_end(line.there);
    line_clear(&line);

    /* The beginning of the next head counts from when the request before it is over. */
    line_init(&line, &head);
    say(&line, GOOD "GET /");
    g_assert_cmpstr(hear(&line, out, sizeof out - 1), ==, GOOD);
    intake_busy(line.inlet, 0);
    intake_idle(line.inlet);
    await_end(line.there);
    line_clear(&line);

    line_init(&line, &none);
    intake_busy(line.inlet, SECONDS / 50);
    await_end(line.there);
    line_clear(&line);
}

/* The answer is not lost though bytes come that nobody reads. */
static void
test_linger(void)
{
    Line line;
    char out[4096];

    line_init(&line, NULL);
    say(&line, BAD "and a lot more");
    g_assert_cmpstr(hear(&line, out, sizeof out - 1), ==, REFUSAL);
    g_assert_cmpint(intake_status(line.inlet), ==, 400);
    g_assert_cmpint(intake_count_refused(line.intake), ==, 1);
    g_assert_cmpint(write(line.here, "sorry", 5), ==, 5);
    say(&line, "even more");
    intake_close(line.inlet);
    close(line.here);
    say(&line, "and still more"); /* EPIPE without the lingering */
    g_assert_cmpint(recv(line.there, out, sizeof out, 0), ==, 5);
    await_end(line.there);
    close(line.there);
    intake_free(line.intake);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/intake/cases", test_cases);
    g_test_add_func("/intake/end", test_end);
    g_test_add_func("/intake/skip", test_skip);
    g_test_add_func("/intake/random", test_random);
    g_test_add_func("/intake/deadlines", test_deadlines);
    g_test_add_func("/intake/linger", test_linger);
    return g_test_run();
}
