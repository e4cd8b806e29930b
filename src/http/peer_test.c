/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/peer.h"

#include "http/crowd.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

static const char *const proxies[] = { "127.0.0.1", "10.0.0.0/8", "fd00::1", "2001:db8::/33",
                                       NULL };

/* From `from`, with these two headers, the request counts for `expect`. */
static const struct {
    const char *name, *from, *x_forwarded_for, *forwarded, *expect;
} cases[] = {
    { "nobody in between", "1.2.3.4", NULL, NULL, "1.2.3.4" },
    { "a stranger's invention", "1.2.3.4", "9.9.9.9", NULL, "1.2.3.4" },
    { "a proxy", "127.0.0.1", "9.9.9.9", NULL, "9.9.9.9" },
    { "a proxy of a net", "10.1.2.3", "9.9.9.9", NULL, "9.9.9.9" },
    { "beside the net", "11.0.0.1", "9.9.9.9", NULL, "11.0.0.1" },
    { "a proxy that says nothing", "127.0.0.1", NULL, NULL, "127.0.0.1" },
    { "two proxies", "127.0.0.1", "9.9.9.9, 10.0.0.1", NULL, "9.9.9.9" },
    { "an invention before the proxy's word", "127.0.0.1", "8.8.8.8, 9.9.9.9", NULL, "9.9.9.9" },
    { "an invention of proxies", "127.0.0.1", "8.8.8.8, 10.0.0.9, 9.9.9.9, 10.0.0.1", NULL,
      "9.9.9.9" },
    { "all are proxies", "127.0.0.1", "10.0.0.2, 10.0.0.1", NULL, "10.0.0.2" },
    { "no address", "127.0.0.1", "unknown", NULL, "127.0.0.1" },
    { "an empty element", "127.0.0.1", "9.9.9.9,", NULL, "127.0.0.1" },
    { "with a port", "127.0.0.1", "9.9.9.9:1234", NULL, "9.9.9.9" },
    { "IPv6", "127.0.0.1", "2a00::1:2", NULL, "2a00::1:2" },
    { "IPv6 in brackets with a port", "127.0.0.1", "[2a00::1]:443", NULL, "2a00::1" },
    { "a proxy by IPv6", "fd00::1", "9.9.9.9", NULL, "9.9.9.9" },
    { "a proxy of an IPv6 net", "2001:db8:7fff::1", "9.9.9.9", NULL, "9.9.9.9" },
    { "beside the IPv6 net", "2001:db8:8000::1", "9.9.9.9", NULL, "2001:db8:8000::1" },
    { "a proxy, mapped", "::ffff:127.0.0.1", "9.9.9.9", NULL, "9.9.9.9" },
    { "Forwarded", "127.0.0.1", NULL, "for=9.9.9.9;proto=https", "9.9.9.9" },
    { "Forwarded in capitals, last", "127.0.0.1", NULL, "by=a; For=\"[2a00::1]:80\"", "2a00::1" },
    { "Forwarded by two", "127.0.0.1", NULL, "for=8.8.8.8, for=9.9.9.9;by=b, for=10.0.0.1",
      "9.9.9.9" },
    { "Forwarded without for", "127.0.0.1", NULL, "proto=https", "127.0.0.1" },
    { "Forwarded, hidden", "127.0.0.1", NULL, "for=_hidden", "127.0.0.1" },
    { "one of the two is an invention", "127.0.0.1", "9.9.9.9", "for=8.8.8.8", "127.0.0.1" },
    { "a very long word", "127.0.0.1",
      "99999999999999999999999999999999999999999999999999999999999999999999", NULL, "127.0.0.1" },
    { "brackets without end", "127.0.0.1", "[2a00::1", NULL, "127.0.0.1" },
};

static void
test_forwarded(void)
{
    const char *wrong;
    PeerList   *list = peer_list_new(proxies, &wrong);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint8_t peer[PEER_SIZE], expect[PEER_SIZE];

        g_test_message("%s", cases[i].name);
        g_assert_true(peer_parse(cases[i].from, strlen(cases[i].from), peer));
        g_assert_true(peer_parse(cases[i].expect, strlen(cases[i].expect), expect));
        if (peer_list_has(list, peer))
            peer_forwarded(list, cases[i].x_forwarded_for, cases[i].forwarded, peer);
        g_assert_cmpmem(peer, PEER_SIZE, expect, PEER_SIZE);
    }
    peer_list_free(list);
}

static void
test_wrong(void)
{
    static const char *const lists[][2] = { { "nginx", NULL },       { "10.0.0.0/33", NULL },
                                            { "10.0.0.0/", NULL },   { "fd00::/129", NULL },
                                            { "10.0.0.0/8x", NULL }, { "", NULL },
                                            { "10.0.0.0/-1", NULL } };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        const char *wrong = NULL;

        g_assert_null(peer_list_new(lists[i], &wrong));
        g_assert_cmpstr(wrong, ==, lists[i][0]);
    }
}

static void
test_cut(void)
{
    static const struct {
        const char *address, *expect;
    } rows[] = { { "1.2.3.4", "1.2.3.4" },
                 { "2a00:1:2:3:4:5:6:7", "2a00:1:2:3::" },
                 { "::1", "::" } };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t peer[PEER_SIZE], expect[PEER_SIZE];

        peer_parse(rows[i].address, strlen(rows[i].address), peer);
        peer_parse(rows[i].expect, strlen(rows[i].expect), expect);
        peer_cut(peer);
        g_assert_cmpmem(peer, PEER_SIZE, expect, PEER_SIZE);
    }
}

static void
test_sockets(void)
{
    struct sockaddr_in  v4 = { .sin_family = AF_INET, .sin_addr = { htonl(0x7F000001) } };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    uint8_t             peer[PEER_SIZE];

    peer_of_socket((struct sockaddr *)&v4, peer);
    g_assert_true(peer_is_loopback(peer));
    peer_of_socket((struct sockaddr *)&v6, peer);
    g_assert_true(peer_is_loopback(peer));
    v4.sin_addr.s_addr = htonl(0x01020304);
    peer_of_socket((struct sockaddr *)&v4, peer);
    g_assert_false(peer_is_loopback(peer));
}

static void
test_crowd(void)
{
    Crowd  *crowd = crowd_new(2);
    uint8_t one[PEER_SIZE] = { 1 }, other[PEER_SIZE] = { 2 };

    crowd_enter(crowd, one);
    g_assert_true(crowd_has_room(crowd, one));
    crowd_enter(crowd, one);
    g_assert_false(crowd_has_room(crowd, one));
    g_assert_true(crowd_has_room(crowd, other));
    crowd_leave(crowd, one);
    g_assert_true(crowd_has_room(crowd, one));
    crowd_leave(crowd, one);
    crowd_leave(crowd, other);
    g_assert_true(crowd_has_room(crowd, one));
    crowd_free(crowd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/peer/forwarded", test_forwarded);
    g_test_add_func("/peer/wrong", test_wrong);
    g_test_add_func("/peer/cut", test_cut);
    g_test_add_func("/peer/sockets", test_sockets);
    g_test_add_func("/peer/crowd", test_crowd);
    return g_test_run();
}
