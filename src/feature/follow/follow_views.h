/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "feature/follow/follow_steps.h"
#include "view/form_view.h"

typedef struct FollowStartView {
    FormView form;
} FollowStartView;

typedef struct FollowFileView {
    int64_t     id, size;
    const char *name, *symbol;
} FollowFileView;

/* What the requester wrote. */
typedef struct FollowSaidView {
    const char *text, *wanted, *happened, *entity, *service, *place, *place_words;
} FollowSaidView;

typedef struct FollowAnswerView {
    int         outcome;
    const char *text;
    AppTime     at;
} FollowAnswerView;

typedef struct FollowView {
    FollowStatus            status;
    FollowTimeline          timeline;
    int                     type;
    const char             *subject;
    AppTime                 lodged_at;
    FollowSaidView          said;
    const FollowAnswerView *answer; /* or NULL */
    const FollowFileView   *files;
    size_t                  n_files;
    bool                    own;       /* signed in, and theirs: they may act */
    bool                    may_act;   /* open: add, withdraw */
    bool                    may_prove; /* frozen: correct the identity */
    const FormView         *rate;      /* NULL: nothing to rate, or rated */
    int                     rated;     /* what they said; 0: nothing yet */
} FollowView;

/* A page with one form about one petition. */
typedef struct FollowActView {
    FollowStatus status;
    const char  *subject;
    FormView     form;
} FollowActView;

typedef struct FollowMineRow {
    FollowStatus status;
    int          type;
    const char  *subject;
    AppTime      lodged_at;
} FollowMineRow;

typedef struct FollowMineView {
    const FollowMineRow *rows;
    size_t               n_rows;
} FollowMineView;
