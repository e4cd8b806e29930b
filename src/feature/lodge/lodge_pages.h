/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what all question pages share, and the handlers of the longer ones. */
#pragma once

#include "feature/lodge/lodge.h"
#include "feature/lodge/lodge_steps.h"
#include "feature/lodge/lodge_views.h"
#include "feature/petition/petition.h"

/* The draft of this browser; `there` false: it has none, and *draft is not set. */
bool lodge_open(Request *req, LodgeDraft *draft, bool *there, GError **error) MUST_USE;
/* The same for a page: without one the visitor is sent to the beginning and *draft is not set. */
bool
lodge_load(Request *req, Response *res, LodgeDraft *draft, bool *there, GError **error) MUST_USE;
/* Save and go on: to the first question that is open, or back to the answers when all are given. */
bool lodge_go_on(Request *req, Response *res, LodgeDraft *draft, GError **error) MUST_USE;
/* The chosen service asks something of its own. */
bool lodge_has_fields(const Request *req, const LodgeDraft *draft);
void lodge_fill_steps(Request *req, const LodgeDraft *draft, LodgeStep step, StepsView *out);

bool lodge_entity_page(Request *req, Response *res, GError **error);
bool lodge_entity_save(Request *req, Response *res, GError **error);
bool lodge_suggest(Request *req, Response *res, GError **error);

bool lodge_text_page(Request *req, Response *res, GError **error);
bool lodge_text_save(Request *req, Response *res, GError **error);
/* The script's autosave: 204, whatever is missing. */
bool lodge_text_keep(Request *req, Response *res, GError **error);
bool lodge_place_page(Request *req, Response *res, GError **error);
bool lodge_place_save(Request *req, Response *res, GError **error);

bool lodge_fields_page(Request *req, Response *res, GError **error);
bool lodge_fields_save(Request *req, Response *res, GError **error);
/* The answers of a draft, for the submission and for checking. */
bool lodge_fields_answers(Request *req, const LodgeDraft *draft, PetitionAnswer **answers,
                          size_t *n, GError **error) MUST_USE;

bool lodge_files_page(Request *req, Response *res, GError **error);
bool lodge_files_save(Request *req, Response *res, GError **error);
bool lodge_files_remove(Request *req, Response *res, GError **error);

bool lodge_check_page(Request *req, Response *res, GError **error);
bool lodge_send(Request *req, Response *res, GError **error);
bool lodge_receipt(Request *req, Response *res, GError **error);
