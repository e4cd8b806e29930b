/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: what was typed, and whose field a name is. */
#pragma once

#include "http/form.h"

#define FORM_MOST_VALUES 300

typedef enum {
    FORM_NAME_UNKNOWN,
    FORM_NAME_FIELD,
    FORM_NAME_DATE_PART, /* name-day, name-month, name-year of a FORM_DATE */
    FORM_NAME_IMPLICIT,  /* csrf, command */
    FORM_NAME_EXTRA,
} FormNameKind;

typedef struct {
    const char      *name; /* "" when it was no text */
    char            *value;
    size_t           length;
    FormNameKind     kind;
    const FormField *field;
    bool             bad; /* not valid UTF-8, or a NUL in it; `value` is "" */
} FormValue;

typedef struct FormRaw {
    FormValue *items;
    size_t     n, room;
    bool       broken; /* bytes that are no form, or too many values */
} FormRaw;

/* The nth value typed for `name`; NULL past the last. */
const FormValue *form_value(const Form *form, const char *name, size_t nth);
/* A mistake of ours, in the order of the fields. */
FormMistake *form_add_mistake(Form *form, const char *field, FormMistakeKind kind, int64_t number);
/* Zero what was typed into SECRET fields. */
void form_wipe(Form *form);
