/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names, limits and labels of every input of the desk. */
#include "feature/desk/desk_forms.h"

#include "feature/petition/petition_fields.h"
#include "feature/petition/petition_rules.h"
#include "messages.h"

#include <stddef.h>

const char *const desk_forms_document_types[] = {
    "national_number",    "passport",         "personal_number", "unhcr",
    "temporary_passport", "foreign_passport", "service_card",    NULL,
};
const char *const desk_forms_types[] = { "complaint", "inquiry", "suggestion", "praise", NULL };
const char *const desk_forms_abouts[] = {
    "service", "department", "employee", "officer", "head", "unit", NULL,
};
const char *const        desk_forms_contacts[] = { "sms", "call", "email", NULL };
static const char *const results[] = { "reached", "no_answer", "wrong_number", NULL };

static const FormField   find_fields[] = {
      { .name = "who",
        .kind = FORM_TEXT,
        .offset = offsetof(DeskFindForm, who),
        .required = true,
        .max = 40,
        .label = MSG_DESK_FIND_WHO },
      { .name = "document_type",
        .kind = FORM_CHOICE,
        .offset = offsetof(DeskFindForm, document_type),
        .choices = desk_forms_document_types,
        .label = MSG_FIELD_DOCUMENT_TYPE },
};

static const FormField lodge_fields[] = {
    { .name = "type",
      .kind = FORM_CHOICE,
      .offset = offsetof(DeskLodgeForm, type),
      .required = true,
      .choices = desk_forms_types,
      .label = MSG_WORD_TYPE },
    { .name = "pick",
      .kind = FORM_HIDDEN,
      .offset = offsetof(DeskLodgeForm, pick),
      .max = 60,
      .label = MSG_DESK_ENTITY },
    { .name = "chosen",
      .kind = FORM_HIDDEN,
      .offset = offsetof(DeskLodgeForm, chosen),
      .max = 60,
      .label = MSG_DESK_ENTITY },
    { .name = "fields_of",
      .kind = FORM_HIDDEN,
      .offset = offsetof(DeskLodgeForm, fields_of),
      .max = 20 },
    { .name = "entity_q",
      .kind = FORM_TEXT,
      .offset = offsetof(DeskLodgeForm, entity_q),
      .max = 200,
      .label = MSG_DESK_ENTITY },
    { .name = "entity_list",
      .kind = FORM_CHOICE,
      .offset = offsetof(DeskLodgeForm, entity_list),
      .max = 60,
      .label = MSG_DESK_ENTITY_LIST },
    { .name = "about",
      .kind = FORM_CHOICE,
      .offset = offsetof(DeskLodgeForm, about),
      .required = true,
      .choices = desk_forms_abouts,
      .label = MSG_DESK_ABOUT },
    { .name = "subject",
      .kind = FORM_TEXT,
      .offset = offsetof(DeskLodgeForm, subject),
      .required = true,
      .max = PETITION_SUBJECT_MOST,
      .label = MSG_FIELD_SUBJECT },
    { .name = "text",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(DeskLodgeForm, text),
      .required = true,
      .max = PETITION_TEXT_MOST,
      .label = MSG_FIELD_TEXT },
    { .name = "wanted",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(DeskLodgeForm, wanted),
      .max = PETITION_WANTED_MOST,
      .label = MSG_FIELD_WANTED },
    { .name = "place",
      .kind = FORM_CHOICE,
      .offset = offsetof(DeskLodgeForm, place),
      .max = 20,
      .label = MSG_FIELD_GOVERNORATE },
    { .name = "place_words",
      .kind = FORM_TEXT,
      .offset = offsetof(DeskLodgeForm, place_words),
      .max = PETITION_PLACE_MOST,
      .label = MSG_FIELD_PLACE_WORDS },
    { .name = "contact",
      .kind = FORM_CHOICE,
      .offset = offsetof(DeskLodgeForm, contact),
      .required = true,
      .choices = desk_forms_contacts,
      .label = MSG_DESK_CONTACT },
    { .name = "identity_hidden",
      .kind = FORM_FLAG,
      .offset = offsetof(DeskLodgeForm, identity_hidden),
      .label = MSG_DESK_HIDDEN },
};

static const FormField add_fields[] = {
    { .name = "text",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(DeskAddForm, text),
      .required = true,
      .max = PETITION_NOTE_MOST,
      .label = MSG_DESK_ADD_TEXT },
};

static const FormField call_fields[] = {
    { .name = "result",
      .kind = FORM_CHOICE,
      .offset = offsetof(DeskCallForm, result),
      .required = true,
      .choices = results,
      .label = MSG_DESK_CALL_RESULT },
};

static const FormField empty_fields[] = {
    { .name = "none", .kind = FORM_HIDDEN, .offset = offsetof(DeskEmptyForm, none), .max = 1 },
};

const FormSpec desk_forms_find = { .name = "find", FORM_SPEC(DeskFindForm, find_fields) };
const FormSpec desk_forms_lodge = { .name = "lodge",
                                    FORM_SPEC(DeskLodgeForm, lodge_fields),
                                    .extra = PETITION_FIELDS_PREFIX };
const FormSpec desk_forms_add = { .name = "add", FORM_SPEC(DeskAddForm, add_fields) };
const FormSpec desk_forms_call = { .name = "call", FORM_SPEC(DeskCallForm, call_fields) };
const FormSpec desk_forms_empty = { .name = "empty", FORM_SPEC(DeskEmptyForm, empty_fields) };
