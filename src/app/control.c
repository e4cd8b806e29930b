/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The protocol is one exchange: the caller's arguments, each ended by NUL, an empty one last; then output
 * until a NUL, behind which the exit code stands as one byte. One caller at a time: subcommands are rare
 * and write in bulk. When the server stops, or the caller goes away, what a subcommand prints cannot be
 * written any more, and it ends. */
#include "app/control.h"

#include "app/command_line.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_NAME "control.sock"
#define MOST_ARGUMENTS 64
#define MOST_BYTES 65536
#define CALLER_TIMEOUT_MS 5000

struct Control {
    System   *sys;
    int       listener;
    int       wake[2];
    char     *path;
    pthread_t thread;
    Lock      lock;
    int       peer;     /* being served; -1: none */
    bool      stopping; /* nobody is served any more */
};

static bool
socket_address(const char *directory, struct sockaddr_un *address, GError **error)
{
    g_autofree char *path = g_build_filename(directory, SOCKET_NAME, NULL);

    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address->sun_path)
        return fail(error, APP_ERROR_INVALID,
                    "the store's directory is too long a path for a socket");
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

static bool
is_owner(int peer)
{
    struct ucred who = { .uid = (uid_t)-1 };
    socklen_t    size = sizeof who;

    return getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

/* All arguments, ended by an empty one; 0 when they do not come in time or are too many. */
static int
read_arguments(int peer, char *buffer, char **argv)
{
    struct pollfd readable = { .fd = peer, .events = POLLIN };
    size_t        used = 0;
    int           argc = 0;

    while (used < 2 || buffer[used - 1] != '\0' || buffer[used - 2] != '\0') {
        ssize_t got;

        if (used == MOST_BYTES || poll(&readable, 1, CALLER_TIMEOUT_MS) <= 0)
            return 0;
        got = read(peer, buffer + used, MOST_BYTES - used);
        if (got <= 0)
            return 0;
        used += (size_t)got;
    }
    for (char *at = buffer; *at != '\0' && argc < MOST_ARGUMENTS; at += strlen(at) + 1)
        argv[argc++] = at;
    return argc;
}

static void
serve_caller(Control *control, int peer)
{
    g_autofree char    *buffer = g_malloc(MOST_BYTES);
    char               *argv[MOST_ARGUMENTS + 1] = { NULL };
    int                 argc = read_arguments(peer, buffer, argv);
    const StoreCommand *command = argc > 0 ? command_line_find(argv[0]) : NULL;
    int                 code = 2;
    FILE               *out;

    if (command == NULL || command->alone)
        return;
    out = fdopen(dup(peer), "w");
    if (out == NULL)
        return;
    code = command->run(control->sys, argc, argv, out);
    fputc('\0', out);
    fputc(code & 0xff, out);
    fclose(out);
}

/* So that control_stop can cut it off; false when the server stops. */
static bool
set_peer(Control *control, int peer)
{
    bool wanted;

    lock_take(&control->lock);
    wanted = !control->stopping;
    control->peer = wanted ? peer : -1;
    lock_leave(&control->lock);
    return wanted;
}

static void
cut_off(Control *control)
{
    lock_take(&control->lock);
    control->stopping = true;
    if (control->peer >= 0)
        shutdown(control->peer, SHUT_RDWR);
    lock_leave(&control->lock);
}

static void *
listen_loop(void *data)
{
    Control      *control = data;
    struct pollfd ready[2] = { { .fd = control->listener, .events = POLLIN },
                               { .fd = control->wake[0], .events = POLLIN } };

    for (;;) {
        int peer;

        if (poll(ready, 2, -1) < 0 && errno != EINTR)
            break;
        if (ready[1].revents != 0)
            break;
        peer = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            continue;
        if (is_owner(peer) && set_peer(control, peer))
            serve_caller(control, peer);
        set_peer(control, -1);
        close(peer);
    }
    return NULL;
}

static bool
bind_listener(Control *control, GError **error)
{
    struct sockaddr_un address;

    if (!socket_address(control->sys->directory, &address, error))
        return false;
    control->path = g_strdup(address.sun_path);
    unlink(control->path); /* ours: the owner lock is held */
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (control->listener < 0 ||
        bind(control->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(control->listener, 8) != 0)
        return fail(error, APP_ERROR_INTERNAL, "control socket %s: %s", control->path,
                    g_strerror(errno));
    return true;
}

Control *
control_start(System *sys, GError **error)
{
    Control *control = g_new0(Control, 1);

    control->sys = sys;
    control->listener = control->peer = -1;
    lock_init(&control->lock);
    if (pipe(control->wake) != 0 || !bind_listener(control, error)) {
        lock_clear(&control->lock);
        g_free(control->path);
        g_free(control);
        return NULL;
    }
    control->thread = thread_start("control", 0, listen_loop, control);
    return control;
}

void
control_stop(Control *control)
{
    if (control == NULL)
        return;
    if (write(control->wake[1], "", 1) != 1)
        log_warning("control.stop", LOG_INT("errno", errno));
    cut_off(control);
    thread_join(control->thread);
    unlink(control->path);
    close(control->listener);
    close(control->wake[0]);
    close(control->wake[1]);
    lock_clear(&control->lock);
    g_free(control->path);
    g_free(control);
}

static bool
send_arguments(int fd, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (send(fd, argv[i], strlen(argv[i]) + 1, MSG_NOSIGNAL) < 0)
            return false;
    return send(fd, "", 1, MSG_NOSIGNAL) == 1;
}

/* Output until the NUL; then one byte. -1 when the server went away before. */
static int
copy_output(int fd)
{
    char    buffer[4096];
    ssize_t got;
    int     code = -1;
    bool    ended = false;

    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
        const char *end = ended ? buffer - 1 : memchr(buffer, '\0', (size_t)got);
        size_t      text = end == NULL ? (size_t)got : ended ? 0 : (size_t)(end - buffer);

        fwrite(buffer, 1, text, stdout);
        fflush(stdout);
        if (end != NULL && end + 1 < buffer + got)
            code = (unsigned char)end[1];
        ended = ended || end != NULL;
    }
    return code;
}

bool
control_ask(const char *directory, int argc, char **argv, int *exit_code, GError **error)
{
    struct sockaddr_un address;
    int                fd;
    bool               asked = false;

    if (!socket_address(directory, &address, error))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        send_arguments(fd, argc, argv)) {
        *exit_code = copy_output(fd);
        asked = *exit_code >= 0 ||
                fail(error, APP_ERROR_INTERNAL, "the server ended before it had answered");
    }
    if (fd >= 0)
        close(fd);
    return asked;
}
