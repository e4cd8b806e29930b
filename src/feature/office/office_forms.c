/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names, limits and labels of every input of the office; the limits of texts are the rules'. */
#include "feature/office/office_forms.h"

#include "feature/petition/petition_rules.h"
#include "messages.h"

#include <stddef.h>

enum {
    LONGEST_ANSWER_DAYS = 120, /* the rule knows the real one */
    LONGEST_PERIOD_DAYS = 500,
};

#define VERSION(T)                                                                                 \
    {                                                                                              \
        .name = "version", .kind = FORM_HIDDEN, .offset = offsetof(T, version), .max = 20          \
    }

static const FormField accept_fields[] = { VERSION(OfficeAcceptForm) };

static const FormField consult_fields[] = {
    VERSION(OfficeConsultForm),
    { .name = "directorate",
      .kind = FORM_CHOICE,
      .offset = offsetof(OfficeConsultForm, directorate),
      .required = true,
      .max = 20,
      .label = MSG_OFFICE_FIELD_DIRECTORATE },
    { .name = "question",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeConsultForm, question),
      .required = true,
      .max = PETITION_NOTE_MOST,
      .label = MSG_OFFICE_FIELD_QUESTION,
      .hint = MSG_OFFICE_FIELD_QUESTION_HINT },
    { .name = "answer_days",
      .kind = FORM_INT,
      .offset = offsetof(OfficeConsultForm, answer_days),
      .required = true,
      .min = 1,
      .max = LONGEST_ANSWER_DAYS,
      .label = MSG_OFFICE_FIELD_ANSWER_DAYS },
};

static const FormField period_fields[] = {
    VERSION(OfficePeriodForm),
    { .name = "due_day",
      .kind = FORM_DATE,
      .offset = offsetof(OfficePeriodForm, due_day),
      .required = true,
      .label = MSG_OFFICE_FIELD_DUE_DAY },
};

static const FormField return_fields[] = {
    VERSION(OfficeReturnForm),
    { .name = "ground",
      .kind = FORM_CHOICE,
      .offset = offsetof(OfficeReturnForm, ground),
      .required = true,
      .max = 40,
      .label = MSG_OFFICE_FIELD_GROUND },
    { .name = "proposed_entity",
      .kind = FORM_CHOICE,
      .offset = offsetof(OfficeReturnForm, proposed_entity),
      .max = 20,
      .label = MSG_OFFICE_FIELD_PROPOSED_ENTITY,
      .hint = MSG_OFFICE_FIELD_PROPOSED_ENTITY_HINT },
    { .name = "legal_text",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeReturnForm, legal_text),
      .max = PETITION_LEGAL_MOST,
      .label = MSG_OFFICE_FIELD_LEGAL_TEXT,
      .hint = MSG_OFFICE_FIELD_LEGAL_TEXT_HINT },
};

static const FormField update_fields[] = {
    VERSION(OfficeUpdateForm),
    { .name = "news",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeUpdateForm, news),
      .required = true,
      .max = PETITION_NOTE_MOST,
      .label = MSG_OFFICE_FIELD_NEWS,
      .hint = MSG_OFFICE_FIELD_NEWS_HINT },
};

static const FormField close_fields[] = {
    VERSION(OfficeCloseForm),
    { .name = "outcome",
      .kind = FORM_CHOICE,
      .offset = offsetof(OfficeCloseForm, outcome),
      .required = true,
      .max = 40,
      .label = MSG_OFFICE_FIELD_OUTCOME },
    { .name = "answer",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeCloseForm, answer),
      .required = true,
      .max = PETITION_TEXT_MOST,
      .label = MSG_OFFICE_FIELD_ANSWER,
      .hint = MSG_OFFICE_FIELD_ANSWER_HINT },
};

static const FormField note_fields[] = {
    VERSION(OfficeNoteForm),
    { .name = "note",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeNoteForm, note),
      .required = true,
      .max = PETITION_NOTE_MOST,
      .label = MSG_OFFICE_FIELD_NOTE,
      .hint = MSG_OFFICE_FIELD_NOTE_HINT },
};

static const FormField route_fields[] = {
    VERSION(OfficeRouteForm),
    { .name = "target",
      .kind = FORM_CHOICE,
      .offset = offsetof(OfficeRouteForm, target),
      .max = 41,
      .label = MSG_OFFICE_FIELD_TARGET },
    { .name = "entity",
      .kind = FORM_CHOICE,
      .offset = offsetof(OfficeRouteForm, entity),
      .max = 20,
      .label = MSG_OFFICE_FIELD_ENTITY,
      .hint = MSG_OFFICE_FIELD_ENTITY_HINT },
    { .name = "route_note",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeRouteForm, route_note),
      .max = PETITION_NOTE_MOST,
      .label = MSG_OFFICE_FIELD_ROUTE_NOTE,
      .hint = MSG_OFFICE_FIELD_ROUTE_NOTE_HINT },
};

static const FormField reply_fields[] = {
    { .name = "number",
      .kind = FORM_HIDDEN,
      .offset = offsetof(OfficeReplyForm, number),
      .max = 20 },
    { .name = "reply",
      .kind = FORM_LONG_TEXT,
      .offset = offsetof(OfficeReplyForm, reply),
      .required = true,
      .max = PETITION_NOTE_MOST,
      .label = MSG_OFFICE_FIELD_REPLY,
      .hint = MSG_OFFICE_FIELD_REPLY_HINT },
    { .name = "proposed_days",
      .kind = FORM_INT,
      .offset = offsetof(OfficeReplyForm, proposed_days),
      .min = 0,
      .max = LONGEST_PERIOD_DAYS,
      .label = MSG_OFFICE_FIELD_PROPOSED_DAYS,
      .hint = MSG_OFFICE_FIELD_PROPOSED_DAYS_HINT },
};

const FormSpec office_forms_accept = { .name = "accept",
                                       FORM_SPEC(OfficeAcceptForm, accept_fields) };
const FormSpec office_forms_consult = { .name = "consult",
                                        FORM_SPEC(OfficeConsultForm, consult_fields) };
const FormSpec office_forms_period = { .name = "set_period",
                                       FORM_SPEC(OfficePeriodForm, period_fields) };
const FormSpec office_forms_return = { .name = "return",
                                       FORM_SPEC(OfficeReturnForm, return_fields) };
const FormSpec office_forms_update = { .name = "update",
                                       FORM_SPEC(OfficeUpdateForm, update_fields) };
const FormSpec office_forms_close = { .name = "close", FORM_SPEC(OfficeCloseForm, close_fields) };
const FormSpec office_forms_note = { .name = "note", FORM_SPEC(OfficeNoteForm, note_fields) };
const FormSpec office_forms_route = { .name = "route", FORM_SPEC(OfficeRouteForm, route_fields) };
const FormSpec office_forms_reply = { .name = "consult_answer",
                                      FORM_SPEC(OfficeReplyForm, reply_fields) };

int64_t
office_forms_id(const char *text)
{
    char   *end = NULL;
    int64_t id = text == NULL ? 0 : g_ascii_strtoll(text, &end, 10);

    return id > 0 && *end == '\0' ? id : 0;
}

int64_t
office_forms_version(const Form *form)
{
    int64_t version = office_forms_id(form_typed(form, "version"));

    return version > 0 ? version : -1;
}
