/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to petition: its only SQL. Reads fill structs of petition.h; writes add to a plan. */
#pragma once

#include "feature/petition/petition.h"

/* ---- one petition ---- */

bool petition_store_by_number(DbTx *tx, int64_t number, Petition *out, GError **error) MUST_USE;
bool petition_store_by_id(DbTx *tx, int64_t id, Petition *out, GError **error) MUST_USE;
/* What a submission with this command id has made, if any. */
bool petition_store_by_command(DbTx *tx, Bytes command_id, Petition *out, bool *found,
                               GError **error) MUST_USE;
/* The data key, wrapped: {NULL, 0} when it was erased. */
bool
petition_store_wrapped_key(DbTx *tx, int64_t petition_id, Bytes *wrapped, GError **error) MUST_USE;

/* Keys that an epoch before `epoch` wraps, behind a petition: 100. And one of them wrapped again, if it
 * still is as it was read. */
typedef struct PetitionWrapped {
    int64_t petition_id, epoch;
    Bytes   wrapped;
} PetitionWrapped;
bool petition_store_wrapped_before(DbTx *tx, int64_t after, int64_t epoch, PetitionWrapped **rows,
                                   size_t *n, GError **error) MUST_USE;
void petition_store_rewrap(WritePlan *plan, const PetitionWrapped *row, Bytes wrapped);

#define PETITION_STORE_HANDLES 8

/* Those of the handles that are used, in any order; PETITION_STORE_HANDLES are given. */
bool petition_store_by_handles(DbTx *tx, const Bytes *handles, Petition **rows, size_t *n,
                               GError **error) MUST_USE;
/* By id, at most `most`. */
bool petition_store_after(DbTx *tx, int64_t after_id, int64_t most, Petition **rows, size_t *n,
                          GError **error) MUST_USE;
bool petition_store_number_is_used(DbTx *tx, int64_t number, bool *used, GError **error) MUST_USE;
bool petition_store_handle_is_used(DbTx *tx, Bytes handle, bool *used, GError **error) MUST_USE;

/* ---- lists: 50 rows ---- */

/* `restricted` false leaves restricted ones out. */
bool petition_store_inbox(DbTx *tx, int64_t entity_id, const char *state, PetitionAfter after,
                          bool restricted, PetitionRow **rows, size_t *n, GError **error) MUST_USE;
bool petition_store_closed(DbTx *tx, int64_t entity_id, PetitionAfter after, bool restricted,
                           PetitionRow **rows, size_t *n, GError **error) MUST_USE;
bool petition_store_triage(DbTx *tx, PetitionAfter after, PetitionRow **rows, size_t *n,
                           GError **error) MUST_USE;
bool petition_store_row_by_id(DbTx *tx, int64_t id, PetitionRow *out, bool *found,
                              GError **error) MUST_USE;
bool petition_store_row_by_number(DbTx *tx, int64_t number, PetitionRow *out, bool *found,
                                  GError **error) MUST_USE;
bool petition_store_questions(DbTx *tx, int64_t directorate_id, PetitionAfter after,
                              PetitionQuestion **rows, size_t *n, GError **error) MUST_USE;

/* Open ones whose requester's identity is not verified: those that go on by themselves by `now`, and
 * all of them after an id. 100 rows. */
typedef struct PetitionWaiting {
    int64_t id, number, identity_at;
    Bytes   person;
} PetitionWaiting;
bool petition_store_due_identity(DbTx *tx, AppTime now, PetitionAfter after, PetitionWaiting **rows,
                                 size_t *n, GError **error) MUST_USE;
bool petition_store_provisional(DbTx *tx, int64_t after_id, PetitionWaiting **rows, size_t *n,
                                GError **error) MUST_USE;

/* ---- beside the petition ---- */

bool petition_store_consultations(DbTx *tx, int64_t petition_id, PetitionConsultation **rows,
                                  size_t *n, GError **error) MUST_USE;
bool
petition_store_question(DbTx *tx, int64_t id, PetitionConsultation *out, GError **error) MUST_USE;
/* The event of a command on a petition, for a repeat's first result. */
bool petition_store_done(DbTx *tx, int64_t petition_id, Bytes command_id, int64_t *event_id,
                         int64_t *version, GError **error) MUST_USE;
/* How the office calls an account; NULL when it is gone. */
bool petition_store_account_name(DbTx *tx, int64_t account_id, const char **name,
                                 GError **error) MUST_USE;

/* ---- writing: the event stands before ---- */

void petition_store_insert(WritePlan *plan, const Petition *petition, Bytes command_id);
void petition_store_insert_key(WritePlan *plan, int64_t petition_id, Bytes wrapped);
/* From `seen` (its id and version) to `next`: whatever a life changes, and the version raised. */
void petition_store_move(WritePlan *plan, const Petition *seen, const Petition *next);
/* With the entity, the service and the brief, which is sealed for the entity. */
void petition_store_readdress(WritePlan *plan, const Petition *seen, const Petition *next);
/* The same, and what depends on whether the requester's identity is verified. */
void petition_store_identify(WritePlan *plan, const Petition *seen, const Petition *next);
/* Only the version. */
void petition_store_touch(WritePlan *plan, const Petition *seen, const Petition *next);

void petition_store_insert_question(WritePlan *plan, const PetitionConsultation *asked);
void petition_store_answer_question(WritePlan *plan, int64_t question_id, int64_t event_id,
                                    int64_t proposed_days);
/* What was not answered is settled by the event that took the file from the entity. */
void petition_store_lapse_questions(WritePlan *plan, int64_t petition_id, int64_t event_id);

/* The draft's uploads become the petition's, and the draft goes. */
void
petition_store_take_draft(WritePlan *plan, Bytes draft_hash, int64_t petition_id, int64_t event_id);

/* Statements of petition_store_list.c, for the one list of queries. */
extern const DbQuery petition_store_list_inbox, petition_store_list_inbox_unrestricted,
    petition_store_list_closed, petition_store_list_closed_unrestricted, petition_store_list_triage,
    petition_store_list_row_by_id, petition_store_list_row_by_number, petition_store_list_questions,
    petition_store_list_due_identity, petition_store_list_provisional;
