/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A head that is accepted has no byte that another parser could read differently, and how the bytes
 * are cut changes nothing. */
#include "http/fuzz_replay.h"

#include "http/head.h"

#include <glib.h>
#include <string.h>

const char *const fuzz_replay_seeds[] = {
    "GET / HTTP/1.1\r\nHost: sawt\r\n\r\n",
    "POST /a/b?c=d HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 12\r\nCookie: a=b; c=d\r\n\r\n",
    "HEAD /x HTTP/1.0\r\nAccept-Language: ar, en;q=0.5\r\nExpect: 100-continue\r\n\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    NULL,
};

static void
check_accepted(const char *head, size_t size)
{
    g_assert_cmpuint(size, <=, HEAD_MOST);
    g_assert_null(memchr(head, '\0', size));
    g_assert_cmpmem(head + size - 4, 4, "\r\n\r\n", 4);
    for (size_t i = 0; i < size; i++) {
        if (head[i] == '\r')
            g_assert_true(head[i + 1] == '\n');
        if (head[i] == '\n') {
            g_assert_true(i > 0 && head[i - 1] == '\r');
            g_assert_true(i + 1 == size || (head[i + 1] != ' ' && head[i + 1] != '\t'));
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HeadScan   whole = { .seen = 0 }, pieces = { .seen = 0 };
    HeadResult result = head_scan(&whole, (const char *)data, size), same = HEAD_MORE;

    for (size_t n = 0; n <= size && same == HEAD_MORE;
         n += n == size || n + 7 <= size ? 7 : size - n)
        same = head_scan(&pieces, (const char *)data, n);
    g_assert_cmpint(result, ==, same);
    g_assert_cmpint(whole.status, ==, pieces.status);
    if (result == HEAD_COMPLETE) {
        g_assert_cmpuint(whole.seen, ==, pieces.seen);
        g_assert_cmpint(whole.length, ==, pieces.length);
        check_accepted((const char *)data, whole.seen);
    }
    return 0;
}
