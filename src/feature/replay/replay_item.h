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
    const char   *text; /* the answer, the question, the law; or NULL */
    const char   *code; /* outcome, ground or whether it is solved: a constant of the program */
} ReplayAct;

#define REPLAY_MOST_ACTS 6

typedef struct {
    const char    *id; /* in its format: makes the command ids, so that a second run adds nothing */
    int64_t        line;
    AppTime        at;
    PetitionSubmit submit;                 /* who submits is added by the player */
    ReplayAct      acts[REPLAY_MOST_ACTS]; /* in order of time */
    size_t         n_acts;
} ReplayItem;

typedef struct {
    System     *sys;
    const Csv  *csv;
    const Zone *there; /* the zone of the format's `zone`; NULL: it names none */
    AppTime     now;
} ReplayContext;

typedef struct {
    const char *name;
    const char *columns[16]; /* that the header line must have; NULL-terminated */
    const char *zone;        /* where the history happened, for times with an offset; or NULL */
    bool        invented;    /* for trying out: its people are told, in the trial's outbox */
    /* The row's item. `why` is a message of the catalogue (replay.row.*) when it is none: rows are
     * counted by it. Called twice for a row with the same result; texts may stay in `fields`. */
    void (*read)(const ReplayContext *context, Arena *mem, const char *const *fields,
                 ReplayItem *item, int *why);
} ReplayFormat;

/* NULL-terminated; the first whose columns a header line has is taken. */
extern const ReplayFormat *const replay_formats[];
extern const ReplayFormat replay_format_nyc, replay_format_boston, replay_format_boston_sample,
    replay_format_baltimore, replay_format_vancouver, replay_format_reviews, replay_format_places,
    replay_format_hotels, replay_format_tweets, replay_format_demo;

/* ---- for formats ---- */

/* A column's field, "" when the file has none. */
const char *replay_field(const ReplayContext *context, const char *const *fields, const char *name);
/* All fields as one id, for formats whose rows have none of their own. */
const char *replay_row_id(const ReplayContext *context, Arena *mem, const char *const *fields);
/* 2020-01-02, 2020-01-02 08:28, 2020-01-02T08:28:00: the civil time of the office that answers. False
 * when it is none, or no day of the calendar. */
bool replay_time(const ReplayContext *context, const char *text, AppTime *time);
/* 2022-09-10T03:34:05+03:00: an instant. What the clocks showed `there` becomes the office's civil
 * time, so that mornings stay mornings. */
bool replay_time_there(const ReplayContext *context, const char *text, AppTime *time);
/* An instant of the last sixty days, the same for the same id: for texts without a time. */
AppTime replay_recent_time(const ReplayContext *context, const char *id);
void    replay_add_act(ReplayItem *item, ReplayActKind kind, AppTime at, const char *text,
                       const char *code);
/* Accepted after a quarter of the time, then closed: histories do not tell when work began. */
void replay_add_answer(ReplayItem *item, AppTime closed, const char *answer, const char *outcome);
/* False when the reference data has no such service. */
bool replay_choose_service(const ReplayContext *context, const char *code, PetitionSubmit *submit);
bool replay_choose_entity(const ReplayContext *context, const char *code, PetitionSubmit *submit);

typedef struct {
    const char *word, *service;
} ReplayService;

/* The service of the first entry whose word `text` begins with. REPLAY.ROW.NO_SERVICE else. */
int replay_choose_by_word(const ReplayContext *context, const ReplayService *table, size_t n,
                          const char *text, PetitionSubmit *submit);
