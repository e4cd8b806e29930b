/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the office's templates show. */
#pragma once

#include "view/form_view.h"

/* Time left, or why there is none: tone, icon and words say the same. */
typedef struct OfficeDue {
    const char *tone, *icon, *words;
} OfficeDue;

typedef struct OfficeBadge {
    const char *tone, *icon;
    int         label;
} OfficeBadge;

typedef struct OfficeRow {
    OfficeDue   due;
    OfficeBadge state;
    const char *subject, *service, *place;
    int64_t     number;
    int         type;
    bool        restricted;
} OfficeRow;

typedef struct OfficeRows {
    int              caption, time; /* of the table, of its first column */
    const OfficeRow *rows;
    size_t           n_rows;
} OfficeRows;

typedef struct OfficeFilter {
    const char *href, *icon;
    int         label;
    bool        current;
} OfficeFilter;

typedef struct OfficeInboxView {
    OfficeRows          list;
    int                 title, order, empty;
    const OfficeFilter *filters;
    size_t              n_filters;
    const char         *next; /* path of the page behind this one, or NULL */
} OfficeInboxView;

typedef struct OfficeSearchView {
    const char *q;
    OfficeRows  list;
    bool        asked;
    int64_t     before; /* id to go on from; 0: no more */
} OfficeSearchView;

typedef struct OfficeFact {
    int         label; /* a message, or 0 and */
    const char *name;  /* the label as data */
    const char *text;
    AppTime     at; /* instead of a text */
} OfficeFact;

typedef struct OfficeAttachment {
    int64_t     id, size;
    const char *name, *icon;
} OfficeAttachment;

typedef struct OfficeClock {
    OfficeDue         due;
    int64_t           gone, all; /* working days; all 0: nothing runs */
    const OfficeFact *facts;
    size_t            n_facts;
} OfficeClock;

/* One act of the history. */
typedef struct OfficeEvent {
    int         title, role, mark; /* mark: who sees it */
    const char *who;
    bool        on_behalf, internal, seen;
    AppTime     at;
    Texts       details;
    const char *text;
} OfficeEvent;

typedef struct OfficeConsultation {
    const char *directorate, *question, *answer, *proposed;
    AppTime     asked_at, due_at;
    OfficeDue   due;
    bool        answered;
} OfficeConsultation;

typedef struct OfficeMessage {
    int         title, channel, fate;
    const char *icon, *fate_tone, *fate_icon;
    AppTime     at;
    int64_t     tries;
} OfficeMessage;

/* One thing that can be done: a form in the margin. */
typedef struct OfficeAct {
    bool        open;
    FormView    form;
    const char *hint;    /* what the rule will ask, with its date; or NULL */
    const char *refused; /* why it was not done, when that is no field's; or NULL */
} OfficeAct;

typedef struct OfficeFileView {
    int64_t                   number;
    int                       type;
    OfficeBadge               state;
    const char               *subject, *text;
    bool                      identity_hidden, restricted, provisional, frozen;
    const char               *back;
    int                       back_label;

    const OfficeFact         *facts, *answers;
    size_t                    n_facts, n_answers;
    const OfficeAttachment   *files;
    size_t                    n_files;
    OfficeClock               clock;
    const char               *holder;
    const OfficeEvent        *events;
    size_t                    n_events;
    const OfficeConsultation *consultations;
    size_t                    n_consultations;
    const OfficeMessage      *messages;
    size_t                    n_messages;

    const OfficeAct          *accept, *consult, *period, *send_back, *update, *close, *note, *route;
    const char *route_words; /* what the suggestions were looked for with; NULL: the request */
    bool        route_fits;  /* there are suggestions */
    Texts       refused;     /* acts that the state would allow and a rule does not */

    /* After a form was not taken. */
    const FormView    *tried;
    int                notice; /* 0: none */
    const OfficeEvent *changes;
    size_t             n_changes;
    const OfficeFact  *typed;
    size_t             n_typed;
} OfficeFileView;

typedef struct OfficeLostView {
    const OfficeFact *typed;
    size_t            n_typed;
} OfficeLostView;

/* The answer as the requester will see it, in the requester's language. */
typedef struct OfficePreviewView {
    int64_t     number;
    const char *subject;
    FormView    form;
    const char *lang, *dir, *from, *badge, *sentence, *outcome, *answer;
} OfficePreviewView;

typedef struct OfficeQuestionRow {
    int64_t     id, number;
    OfficeDue   due;
    const char *subject;
    int         type;
    AppTime     asked_at;
} OfficeQuestionRow;

typedef struct OfficeQuestionsView {
    const OfficeQuestionRow *rows;
    size_t                   n_rows;
    const char              *next;
} OfficeQuestionsView;

typedef struct OfficeQuestionView {
    int64_t            number;
    int                type;
    const char        *subject, *text;
    const OfficeFact  *facts, *answers;
    size_t             n_facts, n_answers;
    OfficeConsultation asked;
    FormView           form;
    const char        *refused;
} OfficeQuestionView;

typedef struct OfficeTriageRow {
    int64_t     number;
    OfficeDue   due;
    OfficeBadge why; /* it waits here */
    int         type;
    const char *subject, *place;
    AppTime     lodged_at;
    bool        restricted;
} OfficeTriageRow;

typedef struct OfficeTriageView {
    const OfficeTriageRow *rows;
    size_t                 n_rows;
    const char            *next;
} OfficeTriageView;
