/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a service asks, as a form: made from the rows of its fields, drawn and checked like any other.
 * Values are kept by code, as canonical JSON, and go into the petition with the version of the field
 * that was asked. For whoever writes a request: the citizen's pages and the telephone desk. */
#pragma once

#include "feature/petition/petition.h"
#include "view/form_view.h"

/* Of every name in the form: a page's form that carries these declares it as `extra`. */
#define PETITION_FIELDS_PREFIX "f."

typedef struct {
    const Reference *reference;
    Arena           *mem;
    const char      *lang;
    int64_t          service_id;
    bool             optional; /* at the desk: a caller may not know */
} PetitionFieldsAsk;

typedef struct PetitionFields {
    const ServiceField *const *rows;
    size_t                     n; /* 0: the service asks nothing */
    const FormSpec            *spec;
    const Choices             *choices; /* of its lists */
} PetitionFields;

PetitionFields petition_fields_of(const PetitionFieldsAsk *ask);
/* What came in with a page's form, checked. */
Form *petition_fields_read(Arena *mem, const PetitionFields *fields, const Form *carrier);
/* What was answered as JSON, code → value (several choices joined by '|'); and back, as typed. INVALID:
 * it is none. */
const char *petition_fields_write(Arena *mem, const PetitionFields *fields, const Form *form);
bool petition_fields_fill(Arena *mem, const char *json, const PetitionFields *fields, Form *form,
                          GError **error) MUST_USE;
/* For the submission. `json` may be NULL. */
bool petition_fields_answers(Arena *mem, const char *json, const PetitionFields *fields,
                             PetitionAnswer **answers, size_t *n, GError **error) MUST_USE;
/* An answer in words: the labels of what was chosen, one a line, else what was typed. */
const char *
petition_fields_said(const PetitionFieldsAsk *ask, const ServiceField *field, const char *value);
