/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: one request of a history with what became of it, and the formats. */
#pragma once

#include "base/csv.h"
#include "feature/petition/petition.h"

typedef enum {
    REPLAY_ACCEPT,
    REPLAY_CONSULT,
    REPLAY_PERIOD,
    REPLAY_RETURN,
    REPLAY_UPDATE,
    REPLAY_CLOSE,
    REPLAY_RATE,
    REPLAY_WITHDRAW,
} ReplayActKind;

typedef struct {
    ReplayActKind kind;
    AppTime       at;
    const char   *text, *code; /* the answer; outcome, ground or whether it is solved */
} ReplayAct;

#define REPLAY_MOST_ACTS 6

typedef struct {
    const char    *id; /* in its file: makes the command ids, so that a second run adds nothing */
    AppTime        at;
    PetitionSubmit submit;
    ReplayAct      acts[REPLAY_MOST_ACTS];
    size_t         n_acts;
} ReplayItem;

typedef struct {
    System     *sys;
    const Csv  *csv;
    AppTime     now;
    const Zone *zone;
} ReplayContext;

typedef struct {
    const char *name;
    const char *columns[16]; /* that the header line must have; NULL-terminated */
    /* The row's item, or NULL in *why and true; `why` is a reason of the program, never a person's
     * words: rows are counted by it. */
    void (*read)(const ReplayContext *context, Arena *mem, const char *const *fields,
                 ReplayItem *item, const char **why);
} ReplayFormat;

extern const ReplayFormat *const replay_formats[]; /* NULL-terminated */

/* Helpers of formats: a column's field, "" when the file has none; a local time; one more act. */
const char *replay_field(const ReplayContext *context, const char *const *fields, const char *name);
bool        replay_time(const Zone *zone, const char *text, AppTime *time);
void        replay_add_act(ReplayItem *item, ReplayActKind kind, AppTime at, const char *text,
                           const char *code);
