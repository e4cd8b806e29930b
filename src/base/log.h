/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One JSON line per event on stderr (or journald behind it). Only three kinds of fields exist, and
 * none of them takes what a person wrote: identities cannot be logged because nothing converts.
 * log_peer: they sent nonsense. log_bug: we are wrong (any of these fails a test run). */
#pragma once

#include "base/error.h"

#include <stdint.h>

typedef enum { LOG_LEVEL_INFO, LOG_LEVEL_PEER, LOG_LEVEL_WARNING, LOG_LEVEL_BUG } LogLevel;

typedef struct {
    const char *key;
    enum { LOG_KIND_INT, LOG_KIND_CODE } kind;
    int64_t     number;
    const char *code; /* a constant of the program, or an engineer's message */
} LogField;

#define LOG_INT(key, value) ((LogField){ (key), LOG_KIND_INT, (int64_t)(value), NULL })
/* `value` is a name from the program (a route, a state, an error's message), never a person's. */
#define LOG_CODE(key, value) ((LogField){ (key), LOG_KIND_CODE, 0, (value) })

#define log_event(event, ...) LOG_CALL(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_peer(event, ...) LOG_CALL(LOG_LEVEL_PEER, event, __VA_ARGS__)
#define log_warning(event, ...) LOG_CALL(LOG_LEVEL_WARNING, event, __VA_ARGS__)
#define log_bug(event, ...) LOG_CALL(LOG_LEVEL_BUG, event, __VA_ARGS__)

#define LOG_CALL(level, event, ...)                                                                \
    log_write((level), (event), (const LogField[]){ __VA_ARGS__ },                                 \
              sizeof((const LogField[]){ __VA_ARGS__ }) / sizeof(LogField))

/* Thread-safe; a line is written whole. Control and bidi characters are escaped. */
void log_write(LogLevel level, const char *event, const LogField *fields, size_t n_fields);

/* The request id that every line of this thread carries until it is set again; 0: none. */
void log_set_request(int64_t request_id);

/* How many log_bug lines this process has written. */
int64_t log_bug_count(void);
