/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A petition's life (product.md 3 and 4): the commands that change it, and what is read of it; their
 * structs stand in petition_type.h. Pages, jobs, the telephone desk, replay and the command line all
 * call these; nobody else writes. Every command checks rights (core/access), then rules
 * (petition_rules.h), then plans.
 *
 * Errors of every command: NOT_FOUND (no such number, or hidden from `by`), FORBIDDEN, CONFLICT
 * (`seen_version` is not the present one: somebody changed it first), INVALID with
 * `outcome->refusal` (a rule says no, and why), BUSY, INTERNAL. */
#pragma once

#include "feature/petition/petition_type.h"

/* ---- commands ---- */

bool petition_submit(const CommandContext *context, const PetitionSubmit *cmd,
                     PetitionReceipt *receipt, CommandOutcome *outcome, GError **error) MUST_USE;

/* The command, and its half for batches: `cmd` is a T, `acted` a PetitionActed. */
#define PETITION_COMMAND(verb, T)                                                                  \
    bool petition_##verb(const CommandContext *context, const T *cmd, PetitionActed *acted,        \
                         CommandOutcome *outcome, GError **error) MUST_USE;                        \
    bool petition_##verb##_prepare(Prepare *prepare, const void *cmd, void *acted, GError **error) \
        MUST_USE

PETITION_COMMAND(route, PetitionRoute);
PETITION_COMMAND(accept, PetitionAccept);
PETITION_COMMAND(consult, PetitionConsult);
PETITION_COMMAND(consult_answer, PetitionConsultAnswer);
PETITION_COMMAND(set_period, PetitionSetPeriod);
PETITION_COMMAND(return, PetitionReturn);
PETITION_COMMAND(update, PetitionUpdate);
PETITION_COMMAND(note, PetitionNote);
PETITION_COMMAND(close, PetitionClose);
PETITION_COMMAND(rate, PetitionRate);
PETITION_COMMAND(withdraw, PetitionWithdraw);
PETITION_COMMAND(add_information, PetitionAddInformation);

/* The half for batches (replay, generate): the vault's hints are then raised by the caller. */
bool
petition_submit_prepare(Prepare *prepare, const void *cmd, void *receipt, GError **error) MUST_USE;

/* ---- reading ---- */

/* An entity's inbox by time left, 50 rows after `after`. Closed ones newest first. */
bool petition_inbox(System *sys, DbTx *tx, const Who *who, PetitionList list, PetitionAfter after,
                    PetitionRow **rows, size_t *n, GError **error) MUST_USE;
/* What waits at the unit: no entity yet, or returned; oldest first. */
bool petition_triage(System *sys, DbTx *tx, const Who *who, PetitionAfter after, PetitionRow **rows,
                     size_t *n, GError **error) MUST_USE;
/* By number (any digits) or by words; what `who` may see. `words` that are a number find it. */
bool petition_search(System *sys, DbTx *tx, const Who *who, const char *words, int64_t before_id,
                     PetitionRow **rows, size_t *n, GError **error) MUST_USE;

/* The whole file for `who`: office, unit, directorate member asked, or the requester (`own`), each
 * with what they may see. NOT_FOUND for all others. */
bool petition_file(System *sys, DbTx *tx, const Who *who, int64_t number, bool own,
                   PetitionFile *file, GError **error) MUST_USE;
/* Only the row; NOT_FOUND. No rights are checked: for use-cases and the sender. */
bool petition_by_number(DbTx *tx, int64_t number, Petition *out, GError **error) MUST_USE;
bool petition_by_id(DbTx *tx, int64_t id, Petition *out, GError **error) MUST_USE;
/* What the submission with this command id has become. No rights are checked either. */
bool petition_by_command(DbTx *tx, Bytes command_id, Petition *out, bool *found,
                         GError **error) MUST_USE;

/* An open question of the directorate: whose it is. NOT_FOUND. */
bool petition_question_number(DbTx *tx, const Who *who, int64_t question_id, int64_t *number,
                              GError **error) MUST_USE;
/* A directorate's open questions, by time left, 50 after. */
bool petition_questions(System *sys, DbTx *tx, const Who *who, PetitionAfter after,
                        PetitionQuestion **rows, size_t *n, GError **error) MUST_USE;

/* A person's own petitions, newest first: the vault's handles are walked. At most `most`. */
bool petition_of_person(System *sys, DbTx *tx, int64_t person_id, Petition **rows, size_t *n,
                        size_t most, GError **error) MUST_USE;
bool petition_is_of_person(System *sys, Arena *mem, const Petition *petition, int64_t person_id);

/* The seven public statuses (arabic.md): "received", "with_entity", "in_progress", "needs_you",
 * "answered", "under_review", "finished". */
const char *petition_public_status(const Petition *petition, AppTime now);

/* The petition's data key. INTERNAL. */
bool
petition_key(System *sys, DbTx *tx, int64_t petition_id, CryptoKey *out, GError **error) MUST_USE;

/* As vault_rewrap_persons, of petitions' data keys. */
bool
petition_rewrap_keys(System *sys, Arena *mem, int64_t *after, int64_t *n, GError **error) MUST_USE;

/* Jobs: what follows from the registry's answers (petition_jobs.c). */
extern const struct Feature petition_feature;
extern const DbQuery *const petition_queries[];
extern const DbTable        petition_tables[];
