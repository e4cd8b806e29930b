/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The questions, with limits and words. */
#include "feature/lodge/lodge_forms.h"

#include "messages.h"

#include <stddef.h>

static const char *const types[] = { "complaint", "inquiry", "suggestion", "praise", NULL };
static const char *const identities[] = { "hidden", "shown", NULL };
static const char *const abouts[] = { "service", "department", "employee", "officer",
                                      "head",    "unit",       NULL };
static const char *const contacts[] = { "sms", "call", "email", NULL };

static const FormField   type_fields[] = {
      { .name = "type",
        .kind = FORM_CHOICE,
        .offset = offsetof(TypeForm, type),
        .required = true,
        .choices = types,
        .label = MSG_LODGE_TYPE },
};

static const FormField identity_fields[] = {
    { .name = "identity",
      .kind = FORM_CHOICE,
      .offset = offsetof(IdentityForm, identity),
      .required = true,
      .choices = identities,
      .label = MSG_LODGE_IDENTITY },
};

static const FormField pick_fields[] = {
    { .name = "pick",
      .kind = FORM_HIDDEN,
      .offset = offsetof(PickForm, pick),
      .required = true,
      .max = 60,
      .label = MSG_LODGE_ENTITY },
};

static const FormField about_fields[] = {
    { .name = "about",
      .kind = FORM_CHOICE,
      .offset = offsetof(AboutForm, about),
      .required = true,
      .choices = abouts,
      .label = MSG_LODGE_ABOUT },
};

#define SUBJECT                                                                                    \
    {                                                                                              \
        .name = "subject", .kind = FORM_TEXT, .offset = offsetof(TextForm, subject),               \
        .required = true, .min = 3, .max = 150, .label = MSG_FIELD_SUBJECT,                        \
        .hint = MSG_FIELD_SUBJECT_HINT                                                             \
    }
#define TEXT                                                                                       \
    {                                                                                              \
        .name = "text", .kind = FORM_LONG_TEXT, .offset = offsetof(TextForm, text),                \
        .required = true, .min = 10, .max = 5000, .label = MSG_FIELD_TEXT,                         \
        .hint = MSG_FIELD_TEXT_HINT                                                                \
    }

static const FormField text_fields[] = {
    SUBJECT,
    TEXT,
    { .name = "wanted",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(TextForm, wanted),
      .max = 2000,
      .label = MSG_FIELD_WANTED,
      .hint = MSG_FIELD_WANTED_HINT },
    { .name = "happened",
      .kind = FORM_TEXT,
      .offset = offsetof(TextForm, happened),
      .max = 200,
      .label = MSG_FIELD_HAPPENED,
      .hint = MSG_FIELD_HAPPENED_HINT },
};

/* Inquiry and praise: no more than what they need. */
static const FormField short_text_fields[] = { SUBJECT, TEXT };

static const FormField place_fields[] = {
    { .name = "place",
      .kind = FORM_CHOICE,
      .offset = offsetof(PlaceForm, place),
      .max = 20,
      .label = MSG_FIELD_PLACE },
    { .name = "place_words",
      .kind = FORM_TEXT,
      .offset = offsetof(PlaceForm, place_words),
      .max = 300,
      .label = MSG_FIELD_PLACE_WORDS,
      .hint = MSG_FIELD_PLACE_WORDS_HINT },
};

static const FormField contact_fields[] = {
    { .name = "contact",
      .kind = FORM_CHOICE,
      .offset = offsetof(ContactForm, contact),
      .required = true,
      .choices = contacts,
      .label = MSG_LODGE_CONTACT },
};

/* What a service asks is data: the fields arrive with "f." before their codes. */
static const FormField no_fields[] = {
    { .name = "none", .kind = FORM_HIDDEN, .offset = offsetof(NoForm, none), .max = 1 },
};

static const FormField files_fields[] = {
    { .name = "none", .kind = FORM_HIDDEN, .offset = offsetof(NoForm, none), .max = 1 },
    { .name = "files",
      .kind = FORM_FILE,
      .many = true,
      .label = MSG_FIELD_FILES,
      .hint = MSG_FIELD_FILES_HINT },
};

const FormSpec lodge_type_form = { .name = "type", FORM_SPEC(TypeForm, type_fields) };
const FormSpec lodge_identity_form = { .name = "identity",
                                       FORM_SPEC(IdentityForm, identity_fields) };
const FormSpec lodge_pick_form = { .name = "pick", FORM_SPEC(PickForm, pick_fields) };
const FormSpec lodge_about_form = { .name = "about", FORM_SPEC(AboutForm, about_fields) };
const FormSpec lodge_text_form = { .name = "text", FORM_SPEC(TextForm, text_fields) };
const FormSpec lodge_short_text_form = { .name = "short_text",
                                         FORM_SPEC(TextForm, short_text_fields) };
const FormSpec lodge_place_form = { .name = "place", FORM_SPEC(PlaceForm, place_fields) };
const FormSpec lodge_contact_form = { .name = "contact", FORM_SPEC(ContactForm, contact_fields) };
const FormSpec lodge_fields_form = { .name = "fields",
                                     FORM_SPEC(NoForm, no_fields),
                                     .extra = "f." };
const FormSpec lodge_files_form = { .name = "files", FORM_SPEC(NoForm, files_fields) };
const FormSpec lodge_no_form = { .name = "none", FORM_SPEC(NoForm, no_fields) };
