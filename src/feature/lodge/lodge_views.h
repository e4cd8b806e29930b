/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "view/form_view.h"

typedef struct StartView {
    int64_t inquiry_days, praise_days, suggestion_days, complaint_days; /* the usual periods */
    bool    draft; /* something is being written in this browser */
} StartView;

/* Where a question stands among the questions. */
typedef struct StepsView {
    int64_t     place, all;
    const char *back;
} StepsView;

typedef struct QuestionView {
    StepsView   steps;
    FormView    form;
    const char *field; /* its name */
} QuestionView;

typedef struct ResultView {
    const char *pick, *title, *meta;
} ResultView;

typedef struct ResultsView {
    const ResultView *results;
    size_t            n_results;
} ResultsView;

typedef struct EntityView {
    StepsView   steps;
    FormView    form;
    const char *words;    /* searched, or NULL */
    const char *script_n; /* what the script puts its count for */
    ResultsView found;
    bool        nothing;
} EntityView;

typedef struct TextView {
    StepsView   steps;
    FormView    form;
    bool        whole; /* also what is wanted, and when */
    const char *time;  /* "{time}", which the script fills in */
} TextView;

typedef struct FieldNames {
    const char *name;
} FieldNames;

typedef struct FieldsView {
    StepsView         steps;
    FormView          form;
    const char       *service;
    const FieldNames *fields;
    size_t            n_fields;
} FieldsView;

typedef struct FileView {
    int64_t     id, size;
    const char *name;
    bool        image, media;
} FileView;

typedef struct FilesView {
    StepsView       steps;
    FormView        form;
    const FileView *files;
    size_t          n_files;
} FilesView;

typedef struct AnswerView {
    int         label; /* a message; 0: `title` */
    const char *title, *text, *change;
    bool        said; /* a person's words */
    bool        lines;
} AnswerView;

typedef struct CheckView {
    StepsView         steps;
    FormView          form;
    const AnswerView *answers;
    size_t            n_answers;
    bool              signed_in, complaint;
} CheckView;

typedef struct ReceiptView {
    int         type;
    const char *number_text, *code, *entity, *link;
    AppTime     lodged_at, due_at;
    bool assigned, held, triage; /* one: with an entity, waits for the registry, or neither */
} ReceiptView;
