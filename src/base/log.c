/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A line is built first and written by one write(2) of at most PIPE_BUF bytes, which no pipe tears.
 * What is too long is cut, what does not fit is left out and `"cut":true` says so. Nothing here can
 * fail towards its caller: a log that cannot be written must not stop a request.
 *
 * Two things live longer than a call, and nowhere else in the house: the request id of a thread
 * (context of the thread itself, never shared) and the number of bugs seen (atomic, only counts). */
#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MOST 512            /* bytes of one value; six-fold at the most when escaped */
#define LINE_MOST (PIPE_BUF - 32) /* leaves room for the tail */

static _Thread_local int64_t thread_request;
static _Atomic int64_t       bugs;

static const char *const     level_names[] = {
        [LOG_LEVEL_INFO] = "info",
        [LOG_LEVEL_PEER] = "peer",
        [LOG_LEVEL_WARNING] = "warning",
        [LOG_LEVEL_BUG] = "bug",
};

/* The real time, whatever the clock of the context says: a line is compared with other machines'. */
static void
add_time(Json *json)
{
    struct timespec now;
    Civil           utc;
    char            text[64];

    clock_gettime(CLOCK_REALTIME, &now);
    utc = clock_utc(now.tv_sec * SECONDS);
    g_snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", utc.year, utc.month,
               utc.day, utc.hour, utc.minute, utc.second, now.tv_nsec / 1000);
    json_text(json, "time", text);
}

static void
add_code(Json *json, const char *key, const char *code)
{
    char   brief[VALUE_MOST + 1];
    size_t length = code == NULL ? 0 : strnlen(code, sizeof brief);

    if (length <= VALUE_MOST) {
        json_text(json, key, code);
        return;
    }
    length = VALUE_MOST;
    while (length > VALUE_MOST - UTF8_MOST && ((uint8_t)code[length] & 0xC0) == 0x80)
        length--;
    memcpy(brief, code, length);
    brief[length] = '\0';
    json_text(json, key, brief);
}

static void
add_field(Json *json, const LogField *field)
{
    if (field->kind == LOG_KIND_INT)
        json_int(json, field->key, field->number);
    else
        add_code(json, field->key, field->code);
}

static void
add_fields(Json *json, const LogField *fields, size_t n_fields)
{
    bool cut = false;

    for (size_t i = 0; i < n_fields; i++) {
        size_t before = json->out->len;

        add_field(json, &fields[i]);
        if (json->out->len > LINE_MOST) {
            g_string_truncate(json->out, before);
            cut = true;
        }
    }
    if (cut)
        json_bool(json, "cut", true);
}

static void
put(const GString *line)
{
    ssize_t written;

    do
        written = write(STDERR_FILENO, line->str, line->len);
    while (written < 0 && errno == EINTR);
}

void
log_write(LogLevel level, const char *event, const LogField *fields, size_t n_fields)
{
    GString *line = g_string_sized_new(256);
    Json     json;

    if (level == LOG_LEVEL_BUG)
        atomic_fetch_add(&bugs, 1);

    json_init(&json, line);
    json_object_begin(&json, NULL);
    add_time(&json);
    json_text(&json, "level", level_names[level]);
    add_code(&json, "event", event);
    if (thread_request != 0)
        json_int(&json, "request", thread_request);
    add_fields(&json, fields, n_fields);
    json_object_end(&json);
    g_string_append_c(line, '\n');

    put(line);
    g_string_free(line, TRUE);
}

void
log_set_request(int64_t request_id)
{
    thread_request = request_id;
}

int64_t
log_bug_count(void)
{
    return atomic_load(&bugs);
}
