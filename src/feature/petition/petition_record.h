/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Petitions as they lie in the file, for `sawt check`: by key, with whatever is sealed in them opened.
 * Nobody's rights are asked, and nothing that is opened leaves. */
#pragma once

#include "feature/petition/petition_payload.h"

/* The rows behind `after_id` by id, at most `most`. */
bool petition_record_rows(DbTx *tx, int64_t after_id, int64_t most, Petition **rows, size_t *n,
                          GError **error) MUST_USE;
/* Opens and reads what was written with an act (of a submission: all of it, and `*said` stays empty).
 * False when the envelope or what is in it is broken. */
bool
petition_record_said(Arena *mem, const CryptoKey *key, const EventRow *row, PetitionPayload *said);
/* Does the line that lists show open under its entity's key? */
bool petition_record_brief_opens(System *sys, Arena *mem, const Petition *petition);
