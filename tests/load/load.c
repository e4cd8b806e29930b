/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A load generator for this machine only (127.0.0.1): one thread, epoll, keep-alive connections. What
 * must stay true: at a fixed rate a job's time runs from the moment it was due, not from when a
 * connection became free, so that a server that stalls cannot hide it; and a job counts only when
 * every answer in it was the expected one.
 *
 *   load wait PORT PATH               until the page answers 200; prints the milliseconds it took
 *   load run PORT FILE [options]
 *     --connections N (64)  --seconds S (10)  --jobs N (as many as the file has)  --loop
 *     --rate R (as fast as it goes)  --expect CODE (200)  --redirect (a 303's page must answer 200)
 *     --skip N (jobs of the file)
 *
 * FILE: a job a line, "METHOD<tab>PATH<tab>COOKIES<tab>BODY". */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    COOKIES_SIZE = 1024,
    MOST_CONNECTIONS = 1024,
    OUT_SIZE = 8192,
    IN_SIZE = 1 << 18,
    WAIT_SECONDS = 30
};

#define NANO 1000000000LL

typedef struct {
    const char *method, *path, *cookies, *body;
} Job;

typedef struct {
    int     fd;
    bool    busy, redirected;
    Job    *job;
    int64_t due;
    char    out[OUT_SIZE], *in;
    size_t  out_size, out_sent, in_size;
} Connection;

typedef struct {
    int         port, connections, expect;
    double      seconds, rate;
    size_t      jobs, skip;
    bool        loop, redirect;
    const char *file;
} Options;

typedef struct {
    Options     options;
    Job        *jobs;
    size_t      n_jobs, started, finished, errors;
    int64_t    *times, begin, end, bytes;
    int         epoll;
    Connection *connections;
    char        first_error[200];
} Load;

static int64_t
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NANO + time.tv_nsec;
}

static void
die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *
allocate(size_t n, size_t size)
{
    void *memory = calloc(n, size);

    if (memory == NULL)
        die("memory");
    return memory;
}

static int
open_connection(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0)
        die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* ---- jobs ---- */

static const char *
next_part(char **rest)
{
    const char *part = *rest == NULL ? NULL : strsep(rest, "\t");

    return part == NULL ? "" : part;
}

static void
read_jobs(Load *load)
{
    FILE  *file = fopen(load->options.file, "r");
    char  *line = NULL;
    size_t room = 0, capacity = 0;

    if (file == NULL)
        die(load->options.file);
    for (ssize_t size; (size = getline(&line, &room, file)) > 0; line = NULL, room = 0) {
        char *rest = line;

        line[strcspn(line, "\n")] = '\0';
        if (load->n_jobs == capacity) {
            capacity = capacity * 2 + 1024;
            load->jobs = realloc(load->jobs, capacity * sizeof *load->jobs);
            if (load->jobs == NULL)
                die("memory");
        }
        Job *job = &load->jobs[load->n_jobs++];
        job->method = next_part(&rest);
        job->path = next_part(&rest);
        job->cookies = next_part(&rest);
        job->body = next_part(&rest);
    }
    fclose(file);
    if (load->n_jobs <= load->options.skip)
        die("no jobs left in the file");
}

/* What a browser sends, in short. */
static void
write_request(Connection *connection, const char *method, const char *path, const char *cookies,
              const char *body)
{
    bool post = strcmp(method, "POST") == 0;
    int  size = snprintf(connection->out, sizeof connection->out,
                         "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n"
                          "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: ar\r\n%s%s%s",
                         method, path, cookies[0] == '\0' ? "" : "Cookie: ", cookies,
                        cookies[0] == '\0' ? "" : "\r\n");

    if (post && size < OUT_SIZE)
        size +=
            snprintf(connection->out + size, OUT_SIZE - (size_t)size,
                     "Sec-Fetch-Site: same-origin\r\n"
                     "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n",
                     strlen(body));
    if (size < OUT_SIZE)
        size +=
            snprintf(connection->out + size, OUT_SIZE - (size_t)size, "\r\n%s", post ? body : "");
    if (size >= OUT_SIZE) {
        fprintf(stderr, "load: a request is longer than %d bytes\n", OUT_SIZE);
        exit(1);
    }
    connection->out_size = (size_t)size;
    connection->out_sent = 0;
    connection->in_size = 0;
}

/* ---- connections ---- */

static void
watch(Load *load, Connection *connection)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection };

    connection->fd = open_connection(load->options.port);
    if (connection->fd < 0)
        die("connect");
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        die("epoll_ctl");
}

static void
finish(Load *load, Connection *connection, const char *mistake)
{
    load->end = now();
    if (mistake == NULL) {
        load->times[load->finished] = load->end - connection->due;
        load->finished++;
    } else {
        if (load->errors == 0)
            snprintf(load->first_error, sizeof load->first_error, "%s %s: %.150s",
                     connection->job->method, connection->job->path, mistake);
        load->errors++;
    }
    connection->busy = false;
}

static void
reconnect(Load *load, Connection *connection)
{
    close(connection->fd);
    watch(load, connection);
}

static void
send_more(Load *load, Connection *connection)
{
    while (connection->busy && connection->out_sent < connection->out_size) {
        ssize_t n = send(connection->fd, connection->out + connection->out_sent,
                         connection->out_size - connection->out_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            finish(load, connection, "the connection broke while sending");
            reconnect(load, connection);
            return;
        }
        connection->out_sent += (size_t)n;
    }
}

static void
start_job(Load *load, Connection *connection, int64_t due)
{
    size_t at = load->options.skip + load->started++;

    connection->job = &load->jobs[at % load->n_jobs];
    connection->due = due;
    connection->busy = true;
    connection->redirected = false;
    write_request(connection, connection->job->method, connection->job->path,
                  connection->job->cookies, connection->job->body);
    send_more(load, connection);
}

/* ---- answers ---- */

/* The value of a header in the head, or NULL. */
static const char *
header(const char *head, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            return line + 2 + length + 1 + strspn(line + 2 + length + 1, " ");
    return NULL;
}

/* The size of the whole answer when its head is there; 0: not yet; -1: not understood. */
static ssize_t
answer_size(Connection *connection)
{
    char       *blank = memmem(connection->in, connection->in_size, "\r\n\r\n", 4);
    const char *length;
    size_t      size;

    if (blank == NULL)
        return 0;
    blank[2] = '\0';
    length = header(connection->in, "Content-Length");
    size = (size_t)(blank - connection->in) + 4;
    if (length != NULL)
        size += strtoul(length, NULL, 10);
    blank[2] = '\r';
    return length == NULL || size > IN_SIZE ? -1 : (ssize_t)size;
}

/* `cookies` and what the answer sets, as a browser's next request has them. */
static void
keep_cookies(const char *head, const char *cookies, char out[COOKIES_SIZE])
{
    static const char name[] = "\r\nSet-Cookie: ";
    int               size = snprintf(out, COOKIES_SIZE, "%s", cookies);

    for (const char *line = strcasestr(head, name); line != NULL && size < COOKIES_SIZE;
         line = strcasestr(line + 1, name)) {
        const char *pair = line + sizeof name - 1;

        size += snprintf(out + size, COOKIES_SIZE - (size_t)size, "; %.*s",
                         (int)strcspn(pair, ";\r"), pair);
    }
}

static void
follow_redirect(Load *load, Connection *connection)
{
    const char *location = header(connection->in, "Location");
    char        path[256], cookies[COOKIES_SIZE];

    if (location == NULL || strncmp(location, "/receipt/", 9) != 0) {
        finish(load, connection, location == NULL ? "303 without Location" : location);
        return;
    }
    snprintf(path, sizeof path, "%.*s", (int)strcspn(location, "\r"), location);
    keep_cookies(connection->in, connection->job->cookies, cookies);
    connection->redirected = true;
    write_request(connection, "GET", path, cookies, "");
    send_more(load, connection);
}

static void
take_answer(Load *load, Connection *connection, size_t size)
{
    int  code = atoi(connection->in + 9);
    int  expected = load->options.redirect && !connection->redirected ? 303 : load->options.expect;
    char mistake[64];

    load->bytes += (int64_t)size;
    connection->in[connection->in_size] = '\0';
    if (code != expected) {
        snprintf(mistake, sizeof mistake, "answered %d, not %d", code, expected);
        finish(load, connection, mistake);
    } else if (code == 303 && load->options.redirect) {
        follow_redirect(load, connection);
    } else {
        finish(load, connection, NULL);
    }
}

static void
read_more(Load *load, Connection *connection)
{
    while (true) {
        ssize_t n = recv(connection->fd, connection->in + connection->in_size,
                         IN_SIZE - connection->in_size, 0);
        ssize_t size;

        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            if (connection->busy)
                finish(load, connection, "the connection broke");
            reconnect(load, connection);
            return;
        }
        connection->in_size += (size_t)n;
        size = answer_size(connection);
        if (size < 0) {
            finish(load, connection, "an answer without Content-Length");
            reconnect(load, connection);
            return;
        }
        if (connection->busy && size > 0 && connection->in_size >= (size_t)size)
            take_answer(load, connection, (size_t)size);
    }
}

/* ---- the run ---- */

static int64_t
due_time(const Load *load, size_t job)
{
    return load->begin + (int64_t)((double)job / load->options.rate * 1e9);
}

static bool
may_start(const Load *load, int64_t time)
{
    return load->started < load->options.jobs &&
           time < load->begin + (int64_t)(load->options.seconds * 1e9);
}

/* Give free connections what is due; *wait is the time until the next one is, -1: no matter. */
static void
give_work(Load *load, int64_t *wait)
{
    *wait = -1;
    for (int i = 0; i < load->options.connections; i++) {
        int64_t time = now(), due = time;

        if (load->connections[i].busy)
            continue;
        if (!may_start(load, time))
            return;
        if (load->options.rate > 0)
            due = due_time(load, load->started);
        if (due > time) {
            *wait = due - time;
            return;
        }
        start_job(load, &load->connections[i], due);
    }
}

static bool
is_any_busy(const Load *load)
{
    for (int i = 0; i < load->options.connections; i++)
        if (load->connections[i].busy)
            return true;
    return false;
}

/* epoll_wait knows milliseconds only; a rate needs finer ones. */
static void
wait_for_events(Load *load, int64_t wait)
{
    struct epoll_event events[256];
    struct pollfd      poll_fd = { .fd = load->epoll, .events = POLLIN };
    struct timespec    most = { .tv_nsec = wait < 0 || wait > NANO / 10 ? NANO / 10 : wait };
    int                n;

    if (ppoll(&poll_fd, 1, &most, NULL) <= 0)
        return;
    n = epoll_wait(load->epoll, events, 256, 0);
    for (int i = 0; i < n; i++) {
        send_more(load, events[i].data.ptr);
        read_more(load, events[i].data.ptr);
    }
}

static int
compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

static double
percentile(const Load *load, double share)
{
    if (load->finished == 0)
        return 0;
    return (double)load->times[(size_t)((double)(load->finished - 1) * share)] / 1e6;
}

static void
print_result(Load *load)
{
    double seconds = (double)(load->end - load->begin) / 1e9;

    qsort(load->times, load->finished, sizeof *load->times, compare_times);
    printf("rate=%.1f jobs=%zu errors=%zu seconds=%.3f p50=%.3f p90=%.3f p99=%.3f max=%.3f "
           "bytes=%.0f\n",
           (double)load->finished / seconds, load->finished, load->errors, seconds,
           percentile(load, 0.5), percentile(load, 0.9), percentile(load, 0.99),
           percentile(load, 1),
           load->finished == 0 ? 0 : (double)load->bytes / (double)load->finished);
    if (load->errors > 0)
        fprintf(stderr, "load: %zu errors, the first: %s\n", load->errors, load->first_error);
}

static int
run(Load *load)
{
    Options *options = &load->options;
    int64_t  wait, stop;

    read_jobs(load);
    if (!options->loop && options->jobs > load->n_jobs - options->skip)
        options->jobs = load->n_jobs - options->skip;
    load->times = allocate(options->jobs + MOST_CONNECTIONS, sizeof *load->times);
    load->connections = allocate((size_t)options->connections, sizeof *load->connections);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < options->connections; i++) {
        load->connections[i].in = allocate(1, IN_SIZE + 1);
        watch(load, &load->connections[i]);
    }

    load->begin = load->end = now();
    stop = load->begin + (int64_t)((options->seconds + WAIT_SECONDS) * 1e9);
    for (give_work(load, &wait); is_any_busy(load) || wait >= 0; give_work(load, &wait)) {
        wait_for_events(load, wait);
        if (now() > stop) {
            fputs("load: the server does not answer\n", stderr);
            return 1;
        }
    }
    print_result(load);
    return load->errors > 0 || load->finished == 0;
}

/* ---- waiting for a server ---- */

static bool
answers(int port, const char *path)
{
    char    text[512], answer[16] = "";
    int     fd = open_connection(port);
    int     size = snprintf(text, sizeof text,
                            "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    ssize_t n;

    if (fd < 0)
        return false;
    n = send(fd, text, (size_t)size, MSG_NOSIGNAL);
    if (n == size)
        n = recv(fd, answer, sizeof answer - 1, MSG_WAITALL);
    close(fd);
    return n > 12 && atoi(answer + 9) == 200;
}

static int
wait_for(int port, const char *path)
{
    int64_t begin = now();

    while (!answers(port, path)) {
        if (now() - begin > WAIT_SECONDS * NANO) {
            fprintf(stderr, "load: nothing answers at port %d\n", port);
            return 1;
        }
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    printf("%.1f\n", (double)(now() - begin) / 1e6);
    return 0;
}

/* ---- command line ---- */

static bool
read_option(Options *options, const char *name, const char *value)
{
    if (strcmp(name, "--connections") == 0)
        options->connections = atoi(value);
    else if (strcmp(name, "--seconds") == 0)
        options->seconds = strtod(value, NULL);
    else if (strcmp(name, "--jobs") == 0)
        options->jobs = strtoul(value, NULL, 10);
    else if (strcmp(name, "--rate") == 0)
        options->rate = strtod(value, NULL);
    else if (strcmp(name, "--expect") == 0)
        options->expect = atoi(value);
    else if (strcmp(name, "--skip") == 0)
        options->skip = strtoul(value, NULL, 10);
    else
        return false;
    return true;
}

static bool
read_options(Options *options, int argc, char **argv)
{
    for (int i = 4; i < argc; i++) {
        if (strcmp(argv[i], "--loop") == 0)
            options->loop = true;
        else if (strcmp(argv[i], "--redirect") == 0)
            options->redirect = true;
        else if (i + 1 == argc || !read_option(options, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    return options->connections > 0 && options->connections <= MOST_CONNECTIONS &&
           options->jobs > 0 && options->seconds > 0;
}

int
main(int argc, char **argv)
{
    Load load = { .options = { .connections = 64, .expect = 200, .seconds = 10, .jobs = 2000000 } };

    if (argc == 4 && strcmp(argv[1], "wait") == 0)
        return wait_for(atoi(argv[2]), argv[3]);
    if (argc < 4 || strcmp(argv[1], "run") != 0 || !read_options(&load.options, argc, argv)) {
        fputs(
            "load wait PORT PATH | load run PORT FILE [--connections N] [--seconds S] [--jobs N]\n"
            "  [--loop] [--rate R] [--expect CODE] [--redirect] [--skip N]\n",
            stderr);
        return 2;
    }
    load.options.port = atoi(argv[2]);
    load.options.file = argv[3];
    return run(&load);
}
