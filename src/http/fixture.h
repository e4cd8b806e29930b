/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For the tests of http: a small site with a gate, and a client that speaks in bytes. */
#pragma once

#include "base/thread.h"
#include "http/server_parts.h"

#include <stdatomic.h>

typedef struct {
    Router         *router;
    Gate            gate;
    Clock          *clock;
    _Atomic int64_t entered, checked, handled, explained;
    _Atomic int64_t begun, ended, abandoned, bytes, streams_done;
    Lock            lock;
    Signal          moved; /* `blocked` or `open` changed */
    int             blocked;
    bool            open; /* /block may go on */
} Fixture;

Fixture *fixture_new(void);
void     fixture_free(Fixture *fixture);
/* Wait until `n` handlers stand in /block; let all go. */
void fixture_await_blocked(Fixture *fixture, int n);
void fixture_release(Fixture *fixture);
/* Wait (by yielding) until `counter` is at least `value`; aborts after ten seconds. */
void fixture_await(const _Atomic int64_t *counter, int64_t value);

/* A server of the fixture's on any port of 127.0.0.1, limits for hurried tests. */
ServerLimits fixture_limits(void);
Server      *fixture_serve(Fixture *fixture, const ServerLimits *limits);
Server *fixture_serve_options(Fixture *fixture, const ServerLimits *limits, ServerOptions options);

int     fixture_connect(const Server *server);
void    fixture_send(int fd, const char *bytes, size_t size);
void    fixture_send_text(int fd, const char *text);
/* One answer, its head and body, as a string (g_free); "" when the connection ended instead. `head`:
 * the answer has no body whatever its head says. */
char *fixture_read(int fd, bool head);
/* Everything until the other side ends. */
char *fixture_read_all(int fd);
/* Of an answer; 0 for "". */
int fixture_status(const char *answer);
/* Send `text` on a new connection and read one answer. */
char *fixture_ask(const Server *server, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_stop)
