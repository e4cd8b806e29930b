/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The forms of the desk. */
#pragma once

#include "http/form.h"

typedef struct {
    const char *who, *document_type;
} DeskFindForm;

/* `pick` and `chosen` are "entity:service" of a result: the script's, or that of a button. */
typedef struct {
    const char *type, *about, *pick, *chosen, *entity_q, *entity_list, *subject, *text, *wanted,
        *place, *place_words, *contact,
        *fields_of; /* fields_of: the service whose questions were shown */
    bool identity_hidden;
} DeskLodgeForm;

typedef struct {
    const char *text;
} DeskAddForm;

typedef struct {
    const char *result;
} DeskCallForm;

typedef struct {
    const char *none;
} DeskEmptyForm;

extern const FormSpec desk_forms_find, desk_forms_lodge, desk_forms_add, desk_forms_call,
    desk_forms_empty;
/* The codes of the choices, NULL-terminated. */
extern const char *const desk_forms_document_types[],
    *const desk_forms_types[], *const desk_forms_abouts[], *const desk_forms_contacts[];
