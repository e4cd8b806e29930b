/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses are 16 bytes everywhere, so that ::ffff:10.0.0.1 and 10.0.0.1 are one. */
#include "http/peer.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

typedef struct {
    uint8_t address[PEER_SIZE];
    int     bits;
} Net;

struct PeerList {
    size_t n;
    Net    nets[];
};

static const uint8_t mapped[12] = { [10] = 0xFF, [11] = 0xFF };

void
peer_of_socket(const struct sockaddr *address, uint8_t peer[PEER_SIZE])
{
    memset(peer, 0, PEER_SIZE);
    if (address->sa_family == AF_INET6) {
        memcpy(peer, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, PEER_SIZE);
    } else if (address->sa_family == AF_INET) {
        memcpy(peer, mapped, sizeof mapped);
        memcpy(peer + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    }
}

bool
peer_parse(const char *text, size_t length, uint8_t peer[PEER_SIZE])
{
    char    copy[INET6_ADDRSTRLEN];
    uint8_t out[PEER_SIZE];

    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET6, copy, out) != 1) {
        memcpy(out, mapped, sizeof mapped);
        if (inet_pton(AF_INET, copy, out + 12) != 1)
            return false;
    }
    memcpy(peer, out, PEER_SIZE);
    return true;
}

static bool
parse_net(const char *text, Net *net)
{
    const char *slash = strchrnul(text, '/');
    guint64     bits = 128;
    bool        v4;

    if (!peer_parse(text, (size_t)(slash - text), net->address))
        return false;
    v4 = memcmp(net->address, mapped, sizeof mapped) == 0;
    if (*slash == '/' && !g_ascii_string_to_unsigned(slash + 1, 10, 0, v4 ? 32 : 128, &bits, NULL))
        return false;
    net->bits = (int)bits + (*slash == '/' && v4 ? 96 : 0);
    return true;
}

PeerList *
peer_list_new(const char *const *addresses, const char **wrong)
{
    size_t    n = addresses == NULL ? 0 : g_strv_length((char **)(void *)addresses);
    PeerList *list = g_malloc0(sizeof *list + n * sizeof(Net));

    for (; list->n < n; list->n++)
        if (!parse_net(addresses[list->n], &list->nets[list->n])) {
            *wrong = addresses[list->n];
            g_free(list);
            return NULL;
        }
    return list;
}

void
peer_list_free(PeerList *list)
{
    g_free(list);
}

static bool
is_in(const Net *net, const uint8_t peer[PEER_SIZE])
{
    size_t bytes = (size_t)net->bits / 8;
    int    rest = net->bits % 8;

    if (memcmp(net->address, peer, bytes) != 0)
        return false;
    return rest == 0 || (net->address[bytes] ^ peer[bytes]) >> (8 - rest) == 0;
}

bool
peer_list_has(const PeerList *list, const uint8_t peer[PEER_SIZE])
{
    for (size_t i = 0; i < list->n; i++)
        if (is_in(&list->nets[i], peer))
            return true;
    return false;
}

bool
peer_is_loopback(const uint8_t peer[PEER_SIZE])
{
    static const uint8_t six[PEER_SIZE] = { [15] = 1 };

    return memcmp(peer, six, PEER_SIZE) == 0 ||
           (memcmp(peer, mapped, sizeof mapped) == 0 && peer[12] == 127);
}

void
peer_cut(uint8_t peer[PEER_SIZE])
{
    if (memcmp(peer, mapped, sizeof mapped) != 0)
        memset(peer + 8, 0, 8);
}

/* An address with or without brackets, quotes and a port. */
static bool
parse_node(const char *text, size_t length, uint8_t peer[PEER_SIZE])
{
    const char *end, *colon;

    while (length > 0 && strchr(" \t\"", text[length - 1]) != NULL)
        length--;
    for (; length > 0 && strchr(" \t\"", *text) != NULL; length--)
        text++;
    if (length > 0 && *text == '[') {
        end = memchr(text, ']', length);
        return end != NULL && peer_parse(text + 1, (size_t)(end - text) - 1, peer);
    }
    colon = memchr(text, ':', length);
    if (colon != NULL && memchr(colon + 1, ':', length - (size_t)(colon - text) - 1) == NULL)
        length = (size_t)(colon - text);
    return peer_parse(text, length, peer);
}

/* The `for=` of one element of Forwarded. */
static bool
parse_forwarded(const char *text, size_t length, uint8_t peer[PEER_SIZE])
{
    const char *end = text + length;

    while (text < end) {
        const char *stop = memchr(text, ';', (size_t)(end - text));

        if (stop == NULL)
            stop = end;
        while (text < stop && (*text == ' ' || *text == '\t'))
            text++;
        if (stop - text > 4 && g_ascii_strncasecmp(text, "for=", 4) == 0)
            return parse_node(text + 4, (size_t)(stop - text) - 4, peer);
        text = stop + 1;
    }
    return false;
}

void
peer_forwarded(const PeerList *list, const char *x_forwarded_for, const char *forwarded,
               uint8_t peer[PEER_SIZE])
{
    const char *text = x_forwarded_for != NULL ? x_forwarded_for : forwarded;
    size_t      end = text == NULL ? 0 : strlen(text);

    if (x_forwarded_for != NULL && forwarded != NULL)
        return;
    while (end > 0 && peer_list_has(list, peer)) {
        const char *comma = memrchr(text, ',', end);
        size_t      from = comma == NULL ? 0 : (size_t)(comma - text) + 1;
        bool        known = x_forwarded_for != NULL ? parse_node(text + from, end - from, peer)
                                                    : parse_forwarded(text + from, end - from, peer);

        if (!known || from == 0)
            return;
        end = from - 1;
    }
}
