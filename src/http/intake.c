/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The invariant that libmicrohttpd's edge-triggered epoll needs: when fewer bytes are returned than
 * there was room for, the kernel has none left, and what is held back is the beginning of a head, so
 * that only new bytes (a new edge) can change anything. Bytes are read once, into the library's own
 * buffer, and judged there; only a head that is not complete is moved into a buffer of ours. */
#include "http/intake.h"

#include "base/clock.h"
#include "base/thread.h"
#include "http/head.h"

#include <errno.h>
#include <glib.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_SLOTS 131072
#define HELD_ROOM (HEAD_MOST + 4096)
#define MOST_LINGERING 256

ssize_t __real_recv(int fd, void *out, size_t room, int flags);
ssize_t __wrap_recv(int fd, void *out, size_t room, int flags);

typedef enum { PHASE_IDLE, PHASE_HEAD, PHASE_BUSY } Phase;

typedef struct {
    bool     open, used, ended, linger, skip;
    Phase    phase;
    HeadScan scan;
    int64_t  body;          /* bytes of the present body that were not accepted yet */
    char    *held;          /* taken from the socket, not handed on */
    size_t   held_size, ok; /* of which the first `ok` may be */
    char    *refusal;
    size_t   refusal_size, refusal_at;
    int      status;
} InletState;

/* All but the deadline belongs to the connection's thread. */
struct Inlet {
    Intake         *intake;
    int             fd;
    _Atomic int64_t deadline; /* monotonic; 0: none */
    InletState      now;
};

typedef struct {
    int     fd;
    int64_t until;
} Lingering;

struct Intake {
    IntakeTimes     times;
    bool            reader, closing;
    Inlet          *slots; /* by descriptor */
    size_t          n_slots;
    _Atomic size_t  n_used; /* slots past it were never open */
    _Atomic int64_t n_refused;
    Lock            lock; /* a socket is not closed while it is shut down; and the two below */
    Signal          wake;
    Lingering       lingering[MOST_LINGERING];
    size_t          n_lingering;
    pthread_t       ticker;
};

/* The one mutable static of http: recv() has no other way to know whose socket it is asked about.
 * Set once by each I/O thread, never seen by another. */
static _Thread_local Intake *intake_here;

/* Take what comes and forget it; false at the end. */
static bool
drain(int fd)
{
    char    bytes[4096];
    ssize_t n = 1;

    for (int i = 0; i < 1024 && n > 0; i++)
        n = __real_recv(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
tick_lingering(Intake *intake, int64_t now)
{
    size_t kept = 0;

    for (size_t i = 0; i < intake->n_lingering; i++) {
        Lingering *one = &intake->lingering[i];

        if (one->until > now && drain(one->fd))
            intake->lingering[kept++] = *one;
        else
            close(one->fd);
    }
    intake->n_lingering = kept;
}

static void
tick_deadlines(Intake *intake, int64_t now)
{
    size_t n = atomic_load(&intake->n_used);

    for (size_t i = 0; i < n; i++) {
        int64_t deadline = atomic_load_explicit(&intake->slots[i].deadline, memory_order_relaxed);

        if (deadline == 0 || deadline > now)
            continue;
        if (atomic_compare_exchange_strong(&intake->slots[i].deadline, &deadline, 0))
            shutdown((int)i, SHUT_RDWR);
    }
}

static void *
tick(void *data)
{
    Intake *intake = data;

    lock_take(&intake->lock);
    while (!intake->closing) {
        int64_t now = clock_monotonic();

        tick_deadlines(intake, now);
        tick_lingering(intake, now);
        signal_wait_for(&intake->wake, &intake->lock, intake->times.tick);
    }
    tick_lingering(intake, INT64_MAX);
    lock_leave(&intake->lock);
    return NULL;
}

Intake *
intake_new(const IntakeTimes *times, bool reader)
{
    Intake       *intake = g_new0(Intake, 1);
    struct rlimit limit;

    intake->times = *times;
    intake->reader = reader;
    intake->n_slots = MOST_SLOTS;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < MOST_SLOTS)
        intake->n_slots = (size_t)limit.rlim_cur;
    intake->slots = g_new0(Inlet, intake->n_slots);
    lock_init(&intake->lock);
    signal_init(&intake->wake);
    intake->ticker = thread_start("http-deadline", (size_t)128 * 1024, tick, intake);
    return intake;
}

void
intake_free(Intake *intake)
{
    if (intake == NULL)
        return;
    lock_take(&intake->lock);
    intake->closing = true;
    lock_leave(&intake->lock);
    signal_one(&intake->wake);
    thread_join(intake->ticker);
    signal_clear(&intake->wake);
    lock_clear(&intake->lock);
    g_free(intake->slots);
    g_free(intake);
}

int64_t
intake_count_refused(const Intake *intake)
{
    return atomic_load(&intake->n_refused);
}

static void
set_deadline(Inlet *inlet, int64_t most)
{
    atomic_store_explicit(&inlet->deadline, most == 0 ? 0 : clock_monotonic() + most,
                          memory_order_relaxed);
}

static void
raise_used(Intake *intake, size_t used)
{
    size_t seen = atomic_load(&intake->n_used);

    while (seen < used && !atomic_compare_exchange_weak(&intake->n_used, &seen, used))
        ;
}

Inlet *
intake_open(Intake *intake, int fd)
{
    Inlet *inlet;

    intake_here = intake;
    if (fd < 0 || (size_t)fd >= intake->n_slots) {
        shutdown(fd, SHUT_RDWR);
        return NULL;
    }
    inlet = &intake->slots[fd];
    (void)atomic_load(
        &inlet->deadline); /* after intake_close of the number's last connection, on any thread */
    inlet->intake = intake;
    inlet->fd = fd;
    inlet->now = (InletState){ .open = true };
    set_deadline(inlet, intake->times.idle);
    raise_used(intake, (size_t)fd + 1);
    return inlet;
}

static void
drop_held(Inlet *inlet)
{
    if (inlet->now.held != NULL)
        sodium_memzero(inlet->now.held, HELD_ROOM);
    g_free(inlet->now.held);
    inlet->now.held = NULL;
    inlet->now.held_size = inlet->now.ok = 0;
}

/* With the lock held. A second descriptor keeps the socket open after the library closed its own. */
static void
begin_linger(Intake *intake, int fd)
{
    int copy;

    if (intake->n_lingering == MOST_LINGERING)
        return;
    copy = dup(fd);
    if (copy < 0)
        return;
    shutdown(copy, SHUT_WR);
    intake->lingering[intake->n_lingering++] = (Lingering){
        .fd = copy,
        .until = clock_monotonic() + intake->times.linger,
    };
}

void
intake_close(Inlet *inlet)
{
    Intake *intake = inlet->intake;
    bool    linger = inlet->now.linger;
    int     fd = inlet->fd;

    drop_held(inlet);
    g_free(inlet->now.refusal);
    inlet->now.refusal = NULL;
    inlet->now.open = false;
    lock_take(&intake->lock);
    atomic_store(&inlet->deadline,
                 0); /* last: the next connection of this number begins after it */
    if (linger && drain(fd))
        begin_linger(intake, fd);
    lock_leave(&intake->lock);
}

void
intake_busy(Inlet *inlet, int64_t most)
{
    inlet->now.phase = PHASE_BUSY;
    set_deadline(inlet, most);
}

static void
begin_head(Inlet *inlet)
{
    inlet->now.phase = PHASE_HEAD;
    set_deadline(inlet, inlet->intake->times.head);
}

void
intake_idle(Inlet *inlet)
{
    if (inlet->now.held_size > inlet->now.ok) {
        begin_head(inlet);
        return;
    }
    inlet->now.phase = PHASE_IDLE;
    set_deadline(inlet, inlet->intake->times.idle);
}

bool
intake_is_linked(const Inlet *inlet)
{
    return inlet->now.used || !inlet->intake->reader;
}

int
intake_status(const Inlet *inlet)
{
    return inlet->now.status;
}

void
intake_skip(Inlet *inlet)
{
    inlet->now.skip = true;
    inlet->now.linger = true;
}

void
intake_linger(Inlet *inlet)
{
    inlet->now.linger = true;
}

/* Instead of the head at `head`. */
static void
refuse(Inlet *inlet, const char *head)
{
    const HeadScan *scan = &inlet->now.scan;

    inlet->now.status = scan->status;
    inlet->now.linger = true;
    inlet->now.refusal = g_strdup_printf(
        "GET " INTAKE_REFUSED "%d HTTP/1.0\r\n%.*s%s%.*s%s\r\n", scan->status,
        (int)scan->language_size, head + scan->language, scan->language_size > 0 ? "\r\n" : "",
        (int)scan->accept_size, head + scan->accept, scan->accept_size > 0 ? "\r\n" : "");
    inlet->now.refusal_size = strlen(inlet->now.refusal);
    atomic_fetch_add(&inlet->intake->n_refused, 1);
}

/* How many bytes from the front are complete heads and their bodies. `data` begins where the last
 * accepted byte ended. */
static size_t
accept_bytes(Inlet *inlet, const char *data, size_t size)
{
    size_t at = 0;

    while (at < size && inlet->now.status == 0) {
        size_t body = (size_t)MIN(inlet->now.body, (int64_t)(size - at));

        inlet->now.body -= (int64_t)body;
        at += body;
        if (at == size)
            break;
        switch (head_scan(&inlet->now.scan, data + at, size - at)) {
        case HEAD_COMPLETE:
            at += inlet->now.scan.seen;
            inlet->now.body = inlet->now.scan.length;
            inlet->now.scan = (HeadScan){ .seen = 0 };
            break;
        case HEAD_REFUSED:
            refuse(inlet, data + at);
            return at;
        case HEAD_MORE:
        default:
            return at;
        }
    }
    return at;
}

static void
hold(Inlet *inlet, const char *bytes, size_t size)
{
    if (inlet->now.status != 0 || size == 0)
        return;
    if (inlet->now.held == NULL)
        inlet->now.held = g_malloc(HELD_ROOM);
    /* An incomplete head is shorter than HEAD_MOST, or it would have been refused. */
    memcpy(inlet->now.held, bytes, size);
    inlet->now.held_size = size;
}

static size_t
give_held(Inlet *inlet, char *out, size_t room)
{
    size_t n = MIN(inlet->now.ok, room);

    memcpy(out, inlet->now.held, n);
    memmove(inlet->now.held, inlet->now.held + n, inlet->now.held_size - n);
    inlet->now.held_size -= n;
    inlet->now.ok -= n;
    if (inlet->now.held_size == 0)
        drop_held(inlet);
    return n;
}

static size_t
give_refusal(Inlet *inlet, char *out, size_t room)
{
    size_t n = MIN(inlet->now.refusal_size - inlet->now.refusal_at, room);

    memcpy(out, inlet->now.refusal + inlet->now.refusal_at, n);
    inlet->now.refusal_at += n;
    inlet->now.ended = inlet->now.refusal_at == inlet->now.refusal_size;
    return n;
}

static size_t
give_skipped(Inlet *inlet, size_t room)
{
    size_t n = (size_t)MIN(inlet->now.body, (int64_t)room);

    inlet->now.body -= (int64_t)n;
    inlet->now.ended = inlet->now.body == 0;
    return n;
}

/* More of an incomplete head. True: something happened. *end: what recv said instead. */
static bool
read_held(Inlet *inlet, ssize_t *end)
{
    *end = __real_recv(inlet->fd, inlet->now.held + inlet->now.held_size,
                       HELD_ROOM - inlet->now.held_size, 0);
    if (*end <= 0)
        return false;
    inlet->now.held_size += (size_t)*end;
    inlet->now.ok = accept_bytes(inlet, inlet->now.held, inlet->now.held_size);
    if (inlet->now.status != 0)
        inlet->now.held_size = inlet->now.ok;
    return true;
}

/* Straight into the library's buffer. False: the socket had no more. */
static bool
read_direct(Inlet *inlet, char *out, size_t room, size_t *given, ssize_t *end)
{
    size_t ok;

    *end = __real_recv(inlet->fd, out, room, 0);
    if (*end <= 0)
        return false;
    ok = accept_bytes(inlet, out, (size_t)*end);
    hold(inlet, out + ok, (size_t)*end - ok);
    *given += ok;
    /* A short read that ended in a complete request: nothing is left, no need to ask again. */
    return (size_t)*end == room || ok < (size_t)*end;
}

static ssize_t
take(Inlet *inlet, char *out, size_t room)
{
    size_t  given = 0;
    ssize_t end = -1;
    bool    more = true;

    errno = EAGAIN;
    while (given < room && more && !inlet->now.ended) {
        if (inlet->now.ok > 0)
            given += give_held(inlet, out + given, room - given);
        else if (inlet->now.refusal != NULL)
            given += give_refusal(inlet, out + given, room - given);
        else if (inlet->now.skip)
            given += give_skipped(inlet, room - given);
        else if (inlet->now.held_size > 0)
            more = read_held(inlet, &end);
        else
            more = read_direct(inlet, out + given, room - given, &given, &end);
    }
    if (given > 0) {
        inlet->now.used = true;
        inlet->now.phase = PHASE_BUSY;
        return (ssize_t)given;
    }
    if (inlet->now.held_size > 0 && inlet->now.phase == PHASE_IDLE)
        begin_head(inlet);
    return end > 0 ? -1 : end;
}

ssize_t
__wrap_recv(int fd, void *out, size_t room, int flags)
{
    Intake *intake = intake_here;

    if (intake == NULL || !intake->reader || fd < 0 || (size_t)fd >= intake->n_slots ||
        !intake->slots[fd].now.open)
        return __real_recv(fd, out, room, flags);
    return take(&intake->slots[fd], out, room);
}
