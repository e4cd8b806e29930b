/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/head.h"

#include <glib.h>
#include <string.h>

#define OK 0
#define MORE (-1)
#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: sawt\r\n"

/* Each row is one sentence: these bytes have that status. */
static const struct {
    const char *name, *bytes;
    size_t      size; /* 0: strlen */
    int         expect;
} cases[] = {
    { "a plain request", LINE HOST "\r\n", 0, OK },
    { "HTTP/1.0 needs no host", "GET / HTTP/1.0\r\n\r\n", 0, OK },
    { "HEAD", "HEAD /a?b=c HTTP/1.1\r\n" HOST "\r\n", 0, OK },
    { "a form", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 0, OK },
    { "an empty form", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0, OK },
    { "white space around a value", LINE "Host: \t sawt \t\r\n\r\n", 0, OK },
    { "an empty value", LINE HOST "X-A:\r\n\r\n", 0, OK },
    { "UTF-8 in a value", LINE HOST "X-A: \xd8\xb5\r\n\r\n", 0, OK },
    { "what browsers leave bare", "GET /a?b={|}^`'[]@!$ HTTP/1.1\r\n" HOST "\r\n", 0, OK },
    { "IPv6 host with port", LINE "Host: [::1]:8080\r\n\r\n", 0, OK },
    { "100-continue", LINE HOST "Expect: 100-Continue\r\n\r\n", 0, OK },
    { "a length of zero without a body to have", LINE HOST "Content-Length: 0\r\n\r\n", 0, OK },

    { "nothing", "", 0, MORE },
    { "half a line", "GET / HT", 0, MORE },
    { "a line", LINE, 0, MORE },
    { "all but the last byte", LINE HOST "\r", 0, MORE },

    { "an empty line in front", "\r\n" LINE HOST "\r\n", 0, 400 },
    { "bare LF after the request line", "GET / HTTP/1.1\n" HOST "\r\n", 0, 400 },
    { "bare LF after a field", LINE "Host: sawt\n\r\n", 0, 400 },
    { "bare LF at the end", LINE HOST "\n", 0, 400 },
    { "bare CR in a value", LINE HOST "X-A: b\rc\r\n\r\n", 0, 400 },
    { "CR CR LF", LINE "Host: sawt\r\r\n\r\n", 0, 400 },
    { "NUL in the target", "GET /\0 HTTP/1.1\r\n" HOST "\r\n", 30, 400 },
    { "NUL in a name", LINE "X\0A: b\r\n\r\n", 25, 400 },
    { "NUL in a value", LINE "X-A: b\0\r\n\r\n", 26, 400 },
    { "DEL in a value", LINE HOST "X-A: \x7f\r\n\r\n", 0, 400 },
    { "a folded value", LINE HOST "X-A: b\r\n c\r\n\r\n", 0, 400 },
    { "a fold with a tab", LINE HOST "X-A: b\r\n\tc: d\r\n\r\n", 0, 400 },
    { "a fold before the first field", LINE " Host: sawt\r\n\r\n", 0, 400 },
    { "white space before the colon", LINE "Host : sawt\r\n\r\n", 0, 400 },
    { "no colon", LINE HOST "X-A\r\n\r\n", 0, 400 },
    { "no name", LINE HOST ": b\r\n\r\n", 0, 400 },
    { "a name in brackets", LINE HOST "X[A]: b\r\n\r\n", 0, 400 },
    { "a name in UTF-8", LINE HOST "\xd8\xb5: b\r\n\r\n", 0, 400 },

    { "two lengths that agree",
      "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 0, 400 },
    { "two lengths in one", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", 0, 400 },
    { "a signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 0, 400 },
    { "a negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 0, 400 },
    { "a hexadecimal length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", 0, 400 },
    { "an empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 0, 400 },
    { "a length of twenty digits",
      "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 0, 400 },
    { "length with chunked",
      "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
      501 },
    { "chunked with length",
      "POST / HTTP/1.1\r\n" HOST "transfer-encoding: chunked\r\nContent-Length: 5\r\n\r\n", 0,
      501 },
    { "chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 0, 501 },
    { "a form without length", "POST / HTTP/1.1\r\n" HOST "\r\n", 0, 411 },
    { "GET with a body", LINE HOST "Content-Length: 5\r\n\r\n", 0, 400 },
    { "two types",
      "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Type: a\r\nContent-Type: b\r\n\r\n",
      0, 400 },
    { "another expectation", LINE HOST "Expect: 200-ok\r\n\r\n", 0, 417 },

    { "no host", LINE "\r\n", 0, 400 },
    { "two hosts", LINE HOST HOST "\r\n", 0, 400 },
    { "two hosts in two cases", LINE HOST "hOST: other\r\n\r\n", 0, 400 },
    { "an empty host", LINE "Host:\r\n\r\n", 0, 400 },
    { "a host with a path", LINE "Host: sawt/a\r\n\r\n", 0, 400 },
    { "a host with a user", LINE "Host: a@sawt\r\n\r\n", 0, 400 },

    { "PUT", "PUT / HTTP/1.1\r\n" HOST "\r\n", 0, 405 },
    { "TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", 0, 405 },
    { "CONNECT", "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 0, 405 },
    { "an unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", 0, 501 },
    { "a method in lower case", "get / HTTP/1.1\r\n" HOST "\r\n", 0, 501 },
    { "a method that is no token", "GE(T / HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "no method", " / HTTP/1.1\r\n" HOST "\r\n", 0, 400 },

    { "HTTP/0.9", "GET /\r\n", 0, 400 },
    { "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 505 },
    { "HTTP/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 0, 505 },
    { "HTTP/1", "GET / HTTP/1\r\n" HOST "\r\n", 0, 400 },
    { "http in lower case", "GET / http/1.1\r\n" HOST "\r\n", 0, 400 },
    { "HTTP/1.10", "GET / HTTP/1.10\r\n" HOST "\r\n", 0, 400 },
    { "a space at the end", "GET / HTTP/1.1 \r\n" HOST "\r\n", 0, 400 },
    { "two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "a tab", "GET\t/\tHTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "a space in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "an absolute target", "GET http://sawt/ HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "no target", "GET  HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "a star", "GET * HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "a fragment", "GET /#a HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "UTF-8 in the target", "GET /\xd8\xb5 HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "a backslash in the target", "GET /\\a HTTP/1.1\r\n" HOST "\r\n", 0, 400 },
    { "TLS on the wrong port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 12, 400 },
};

static int
status_of(HeadScan *scan, const char *bytes, size_t size)
{
    HeadResult result = head_scan(scan, bytes, size);

    if (result == HEAD_COMPLETE)
        return OK;
    return result == HEAD_MORE ? MORE : scan->status;
}

/* The same, shown byte by byte. */
static int
status_of_drops(HeadScan *scan, const char *bytes, size_t size)
{
    int status = MORE;

    for (size_t n = 0; n <= size && status == MORE; n++)
        status = status_of(scan, bytes, n);
    return status;
}

static void
test_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t   size = cases[i].size > 0 ? cases[i].size : strlen(cases[i].bytes);
        HeadScan whole = { .seen = 0 }, drops = { .seen = 0 };
        int      status = status_of(&whole, cases[i].bytes, size);

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(status, ==, cases[i].expect);
        g_assert_cmpint(status_of_drops(&drops, cases[i].bytes, size), ==, status);
        g_assert_cmpint(whole.length, ==, drops.length);
    }
}

static char *
with(const char *before, char filler, size_t n, const char *after)
{
    g_autofree char *middle = g_strnfill(n, filler);

    return g_strconcat(before, middle, after, NULL);
}

static void
expect(char *bytes, int status)
{
    HeadScan whole = { .seen = 0 }, drops = { .seen = 0 };

    g_assert_cmpint(status_of(&whole, bytes, strlen(bytes)), ==, status);
    g_assert_cmpint(status_of_drops(&drops, bytes, strlen(bytes)), ==, status);
    g_free(bytes);
}

static void
test_limits(void)
{
    expect(with("GET /", 'a', HEAD_MOST_TARGET - 1, " HTTP/1.1\r\n" HOST "\r\n"), OK);
    expect(with("GET /", 'a', HEAD_MOST_TARGET, " HTTP/1.1\r\n" HOST "\r\n"), 414);
    expect(with("GET /", 'a', HEAD_MOST_TARGET * 2, ""), 414);
    expect(with("", 'G', HEAD_MOST, ""), 414);
    expect(with("GET /?", '&', HEAD_MOST_PAIRS - 1, " HTTP/1.1\r\n" HOST "\r\n"), OK);
    expect(with("GET /?", '&', HEAD_MOST_PAIRS, " HTTP/1.1\r\n" HOST "\r\n"), 414);
    expect(with(LINE HOST "X: ", 'a', HEAD_MOST - 35, "\r\n\r\n"), OK);
    expect(with(LINE HOST "X: ", 'a', HEAD_MOST - 34, "\r\n\r\n"), 431);
    expect(with(LINE HOST "X: ", 'a', HEAD_MOST * 2, "\r\n\r\n"), 431);
    expect(with(LINE HOST "Cookie: ", ';', HEAD_MOST_PAIRS - 1, "\r\n\r\n"), OK);
    expect(with(LINE HOST "Cookie: ", ';', HEAD_MOST_PAIRS, "\r\n\r\n"), 431);
}

static void
test_fields(void)
{
    for (size_t n = HEAD_MOST_FIELDS - 1; n <= HEAD_MOST_FIELDS; n++) {
        GString *head = g_string_new(LINE HOST);

        for (size_t i = 0; i < n; i++)
            g_string_append(head, "X: a\r\n");
        g_string_append(head, "\r\n");
        expect(g_string_free(head, false), n < HEAD_MOST_FIELDS ? OK : 431);
    }
}

static void
test_result(void)
{
    static const char bytes[] = "POST / HTTP/1.1\r\nHost: sawt\r\nAccept-Language: ar\r\n"
                                "Content-Length: 17\r\n\r\nGET / HTTP/1.1\r\n";
    HeadScan          scan = { .seen = 0 };

    g_assert_cmpint(head_scan(&scan, bytes, sizeof bytes - 1), ==, HEAD_COMPLETE);
    g_assert_cmpuint(scan.seen, ==, sizeof bytes - 1 - 16);
    g_assert_cmpint(scan.length, ==, 17);
    g_assert_cmpmem(bytes + scan.language, scan.language_size, "Accept-Language: ar", 19);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/head/cases", test_cases);
    g_test_add_func("/head/limits", test_limits);
    g_test_add_func("/head/fields", test_fields);
    g_test_add_func("/head/result", test_result);
    return g_test_run();
}
