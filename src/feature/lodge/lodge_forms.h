/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

#include "http/form.h"

typedef struct {
    const char *type;
} TypeForm;

typedef struct {
    const char *identity;
} IdentityForm;

/* `pick` is "entity:service", "entity:0", or "unknown". */
typedef struct {
    const char *pick;
} PickForm;

typedef struct {
    const char *about;
} AboutForm;

typedef struct {
    const char *subject, *text, *wanted, *happened;
} TextForm;

typedef struct {
    const char *place, *place_words;
} PlaceForm;

typedef struct {
    const char *contact;
} ContactForm;

typedef struct {
    const char *none;
} NoForm;

extern const FormSpec lodge_type_form, lodge_identity_form, lodge_pick_form, lodge_about_form,
    lodge_text_form, lodge_short_text_form, lodge_place_form, lodge_contact_form, lodge_fields_form,
    lodge_files_form, lodge_no_form;
