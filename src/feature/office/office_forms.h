/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every input of the office. The forms of one file stand on one page, so no two of them share the
 * name of a field that is drawn. `version` is what the page showed of the petition. */
#pragma once

#include "http/form.h"

typedef struct {
    const char *version;
} OfficeAcceptForm;

typedef struct {
    const char *version, *directorate, *question;
    int64_t     answer_days;
} OfficeConsultForm;

typedef struct {
    const char *version;
    int64_t     due_day;
} OfficePeriodForm;

typedef struct {
    const char *version, *ground, *proposed_entity, *legal_text;
} OfficeReturnForm;

typedef struct {
    const char *version, *news;
} OfficeUpdateForm;

typedef struct {
    const char *version, *outcome, *answer;
} OfficeCloseForm;

typedef struct {
    const char *version, *note;
} OfficeNoteForm;

typedef struct {
    const char *version;
    const char *target; /* a suggestion: ENTITY-SERVICE, service 0: none */
    const char *entity; /* another one: it counts when both are given */
    const char *route_note;
} OfficeRouteForm;

typedef struct {
    const char *number; /* of the petition, so that an answered question can still be shown */
    const char *reply;
    int64_t     proposed_days;
} OfficeReplyForm;

extern const FormSpec office_forms_accept, office_forms_consult, office_forms_period,
    office_forms_return, office_forms_update, office_forms_close, office_forms_note,
    office_forms_route, office_forms_reply;

/* The id that a choice or a hidden field carries; 0 for NULL and for what is no number. */
int64_t office_forms_id(const char *text);
/* The version that the form's page showed; -1, which is never the present one, without it. */
int64_t office_forms_version(const Form *form);
