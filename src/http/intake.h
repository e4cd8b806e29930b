/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: what stands between the sockets and libmicrohttpd. Its recv() is wrapped by the
 * linker; a byte reaches it only as part of a complete, well-formed head or of that head's body. In
 * place of anything else it reads a small request for INTAKE_REFUSED, so that the answer is a page
 * of ours, in order, and the connection ends. Also the only clock of a connection: absolute
 * deadlines, kept by a thread that shuts late sockets down. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define INTAKE_REFUSED "/.refused/" /* and the status */

/* Microseconds. */
typedef struct {
    int64_t idle;   /* between two requests */
    int64_t head;   /* from its first byte */
    int64_t linger; /* bytes nobody wants are still taken, so that the answer arrives */
    int64_t tick;
} IntakeTimes;

typedef struct Intake Intake;
typedef struct Inlet  Inlet;

/* `reader` off: everything is handed through as it comes. */
Intake *intake_new(const IntakeTimes *times, bool reader);
/* No inlet may be open. */
void    intake_free(Intake *intake);
int64_t intake_count_refused(const Intake *intake);

/* A connection begins, on the thread that will read it. NULL: too many; it is shut down. */
Inlet *intake_open(Intake *intake, int fd);
/* It ends, before the socket is closed. */
void intake_close(Inlet *inlet);

/* A request is complete enough to be worked on: it must be over (or say so again) in `most`
 * microseconds; 0: it is ours to be slow now. */
void intake_busy(Inlet *inlet, int64_t most);
/* The request is over. */
void intake_idle(Inlet *inlet);
/* Bytes came through here. False: the program was linked without --wrap=recv. */
bool intake_is_linked(const Inlet *inlet);
/* The status of the refusal; 0: none. */
int intake_status(const Inlet *inlet);
/* Nobody wants the rest of the body: it counts as read, and nothing is read after it. */
void intake_skip(Inlet *inlet);
/* The answer goes out before everything was read: do not let it be lost when the socket closes. */
void intake_linger(Inlet *inlet);
