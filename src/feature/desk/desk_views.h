/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "feature/desk/desk_caller.h"
#include "feature/follow/follow_steps.h"
#include "view/form_view.h"

/* One request of the caller. */
typedef struct DeskRequestRow {
    FollowStatus status;
    int          type;
    const char  *subject;
    AppTime      lodged_at;
} DeskRequestRow;

/* Who is on the line, and what they have. */
typedef struct DeskCallerView {
    DeskCaller            caller;
    const DeskRequestRow *requests;
    size_t                n_requests;
} DeskCallerView;

/* An entity or service that fits the words. */
typedef struct DeskHit {
    const char *pick, *title, *meta;
} DeskHit;

typedef struct DeskHits {
    const DeskHit *hits;
    size_t         n_hits;
} DeskHits;

typedef struct DeskFieldName {
    const char *name;
} DeskFieldName;

/* What the chosen service asks. */
typedef struct DeskFields {
    FormView             form;
    const char          *service;
    int64_t              service_id;
    const DeskFieldName *names;
    size_t               n_names;
} DeskFields;

typedef struct DeskView {
    const char *agent;
    int said; /* a message of what was just done, or 0; a notice of the frame would break the columns */
    FormView              find;
    const char           *find_words;
    bool                  find_mistaken;
    const DeskCallerView *caller;              /* NULL: nobody is on the line */
    const FormView       *identity;            /* to register; NULL: not now */
    bool                  nobody;              /* a search found nobody */
    const FormView       *lodge;               /* NULL without a caller */
    const char           *pick, *entity_q, *n; /* n: "{n}", which the script fills in */
    DeskFields            fields;
    const char           *time;  /* "{time}", likewise */
    bool                  kept;  /* it is what was typed before and not sent */
    DeskHits              found; /* without the script: for words that were typed and not picked */
} DeskView;

typedef struct DeskFile {
    int64_t     id, size;
    const char *name;
} DeskFile;

/* Read out: the status of a request of the caller, or its receipt. */
typedef struct DeskRequestView {
    FollowStatus    status;
    FollowTimeline  timeline;
    int             type, outcome;
    const char     *subject, *answer; /* answer NULL: none yet */
    const char     *code;             /* on the receipt */
    bool            complaint, may_add;
    const DeskFile *files;
    size_t          n_files;
    FormView        form; /* to add information */
} DeskRequestView;

typedef struct DeskCallRow {
    FollowStatus status;
    int64_t      id, number, attempt, left;
    int          type;
    FormView     take;
} DeskCallRow;

typedef struct DeskCallsView {
    const DeskCallRow *calls;
    size_t             n_calls;
    int64_t            next_at, next_id; /* of the page behind this one; 0: none */
} DeskCallsView;

typedef struct DeskCallView {
    FollowStatus status;
    int64_t      number, attempt;
    int          type;
    const char  *name, *phone, *dial; /* name NULL: none is known */
    const char  *answer;
    int          outcome; /* 0: none yet */
    bool         restricted;
    FormView     form;
} DeskCallView;
