/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an agent typed for a caller and has not sent: kept for a day, found again when the same agent
 * has the same caller on the line, also after the call's time was over. An envelope in the table of
 * drafts, under a key of the vault's; its name is a MAC of agent and person. */
#pragma once

#include "feature/desk/desk_caller.h"
#include "http/form.h"

/* The answers to a service's questions, and whose they are. */
typedef struct DeskAnswers {
    int64_t     service_id;
    const char *json; /* petition_fields_write's, or NULL */
} DeskAnswers;

/* The name of the draft's row: a submission that names it takes it away. */
Bytes desk_draft_hash(Request *req, const DeskCaller *caller);
/* Fill what is kept into the form. `there` false: nothing is kept, the form stays as it is. */
bool desk_draft_fill(Request *req, const DeskCaller *caller, Form *form, DeskAnswers *answers,
                     bool *there, GError **error) MUST_USE;
bool desk_draft_keep(Request *req, const DeskCaller *caller, const Form *form,
                     const DeskAnswers *answers, GError **error) MUST_USE;
bool desk_draft_clear(Request *req, const DeskCaller *caller, GError **error) MUST_USE;

extern const DbQuery desk_draft_find, desk_draft_put, desk_draft_delete;
