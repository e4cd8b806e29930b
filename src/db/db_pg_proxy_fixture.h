/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests: stands on a port of 127.0.0.1 between a store and the real PostgreSQL server, and cuts
 * connections when it is told to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Proxy Proxy;

typedef enum {
    PROXY_PASS,
    PROXY_CUT_BEGIN,  /* before a transaction's first words reach the server */
    PROXY_CUT_COMMIT, /* before a COMMIT reaches it */
    PROXY_CUT_ANSWER, /* after it, before its answer reaches the store */
} ProxyCut;

/* `direct` is the address of a schema on the real server. */
Proxy *db_pg_proxy_start(const char *direct);
void   db_pg_proxy_stop(Proxy *proxy);
/* The schema's address through the proxy; or with a host before it at which nobody listens. */
char *db_pg_proxy_url(const Proxy *proxy, const char *direct);
char *db_pg_proxy_url_second(const Proxy *proxy, const char *direct);

/* Cut the next connection on which that happens; how many were. */
void db_pg_proxy_cut_once(Proxy *proxy, ProxyCut cut);
int  db_pg_proxy_cuts(Proxy *proxy);
/* Cut all that are open. Comes back when they are. */
void db_pg_proxy_cut_all(Proxy *proxy);
/* Cut all and let nobody in; or let them in again. */
void db_pg_proxy_refuse(Proxy *proxy, bool refuse);
/* Until `n` have been refused, or fail the test after a while. */
void db_pg_proxy_wait_refused(Proxy *proxy, int n);
