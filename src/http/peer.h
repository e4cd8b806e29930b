/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: whose address a request counts for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_SIZE 16

struct sockaddr;
typedef struct PeerList PeerList;

/* The addresses ("10.0.0.1", "fd00::1", "10.0.0.0/8") of proxies; NULL-terminated, may be NULL. NULL
 * when one is no address: *wrong. */
PeerList *peer_list_new(const char *const *addresses, const char **wrong);
void      peer_list_free(PeerList *list);
bool      peer_list_has(const PeerList *list, const uint8_t peer[PEER_SIZE]);

/* IPv4 as ::ffff:a.b.c.d. */
void peer_of_socket(const struct sockaddr *address, uint8_t peer[PEER_SIZE]);
bool peer_parse(const char *text, size_t length, uint8_t peer[PEER_SIZE]);
bool peer_is_loopback(const uint8_t peer[PEER_SIZE]);
/* Replace the address of a proxy by what it says: the rightmost address of X-Forwarded-For (or, when
 * there is none, of Forwarded) that is not a proxy's itself. When both are there one may be the
 * client's invention, and the proxy's address stays. */
void peer_forwarded(const PeerList *list, const char *x_forwarded_for, const char *forwarded,
                    uint8_t peer[PEER_SIZE]);
/* A subscriber of IPv6 has a /64. */
void peer_cut(uint8_t peer[PEER_SIZE]);
