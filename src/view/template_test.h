/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The view of template_test.html: each kind of field once. */
#pragma once

#include "view/form_view.h"

typedef struct {
    const char *title, *entity;
    int64_t     number;
    AppTime     due_at;
    bool        late;
    int         state;
} SampleRow;

typedef struct {
    const char *town;
} SamplePlace;

typedef struct {
    const SampleRow   *rows;
    size_t             n_rows;
    const char *const *words;
    size_t             n_words;
    const SamplePlace *place; /* or NULL */
    SamplePlace        home;
    const char        *next, *cursor, *name;
    char               code[8];
    SafeHtml           chart;
    const FormView    *form;
} SampleView;
