/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A petition's life (product.md 3 and 4): the row, the commands that change it, and what is read of
 * it. Pages, jobs, the telephone desk, replay and the command line all call these; nobody else
 * writes. Every command checks rights (core/access), then rules (petition_rules.h), then plans.
 *
 * Errors of every command: NOT_FOUND (no such number, or hidden from `by`), FORBIDDEN, CONFLICT
 * (`seen_version` is not the present one: somebody changed it first), INVALID with
 * `outcome->refusal` (a rule says no, and why), BUSY, INTERNAL. */
#pragma once

#include "core/event.h"

/* `due_at` is the holder's: 48 hours while assigned, then the period's; once closed the end of the
 * requester's time to rate; 0 while the clock rests. `closed_at`: when it ended, also by withdrawal.
 * `provisional`: the requester's identity is not verified yet; until `identity_at` (not 0) it waits at
 * the unit, or, `frozen` because the data do not match, for the requester to prove it. */
typedef struct Petition {
    int64_t id, version, number, entity_id, service_id, place_id, lodged_at, entered_at,
        assigned_at, accepted_at, due_at, remaining, next_climb_at, next_climb_level, returns,
        closed_at, stars, brief_epoch, identity_at;
    const char *type, *state, *holder, *about, *channel, *lang, *contact, *outcome, *solved;
    bool        identity_hidden, restricted, provisional, frozen, period_set;
    Bytes       handle, person, brief;
} Petition;

/* ---- commands ---- */

typedef struct {
    const char *code; /* of the service's field */
    int64_t     version;
    const char *value; /* as typed; choices joined by '|' */
} PetitionAnswer;

typedef struct PetitionSubmit {
    int64_t     person_id; /* registered: verified, or a proved mobile for what is no complaint */
    const char *type;      /* inquiry, praise, suggestion, complaint */
    const char *about;     /* service, department, employee, officer, head, unit */
    int64_t     entity_id, service_id, place_id;                  /* 0: not known */
    const char *subject, *text, *wanted, *place_words, *happened; /* the last three may be NULL */
    const char *contact;                                          /* sms, call, email */
    const char *channel; /* app, call, website, portal, counter, paper, email */
    const char *lang;    /* of the requester: for messages */
    bool        identity_hidden;
    const PetitionAnswer *answers;
    size_t                n_answers;
    Bytes                 draft_hash; /* its attachments become the petition's; the draft goes */
} PetitionSubmit;

typedef struct PetitionReceipt {
    int64_t id, number;
    char    code[VAULT_CODE_LENGTH + 1];
    int64_t handle_n; /* for raising the vault's hint */
} PetitionReceipt;

bool petition_submit(const CommandContext *context, const PetitionSubmit *cmd,
                     PetitionReceipt *receipt, CommandOutcome *outcome, GError **error) MUST_USE;

/* What every command on a petition has. */
typedef struct PetitionTarget {
    int64_t number;
    int64_t seen_version; /* the version that the page showed; 0: whatever is there */
    bool    own;          /* the requester's own: proved by session, code or the desk */
} PetitionTarget;

/* After the act: where it stands. */
typedef struct PetitionActed {
    int64_t id, number, version, event_id;
} PetitionActed;

typedef struct {
    PetitionTarget on;
    int64_t        entity_id, service_id; /* service 0: none */
    const char    *note;                  /* for the file, or NULL */
} PetitionRoute;

typedef struct {
    PetitionTarget on;
} PetitionAccept;

typedef struct {
    PetitionTarget on;
    int64_t        directorate_id;
    const char    *question;
    int64_t        answer_days; /* working days; at most half of what is left */
} PetitionConsult;

typedef struct {
    PetitionTarget on;
    int64_t        consultation_id;
    const char    *answer;
    int64_t        proposed_days; /* the period that the work needs, 0: says nothing */
} PetitionConsultAnswer;

typedef struct {
    PetitionTarget on;
    int64_t        due_day; /* days since 1970 */
} PetitionSetPeriod;

typedef struct {
    PetitionTarget on;
    const char    *ground;             /* a code of arabic.md's list */
    int64_t        proposed_entity_id; /* needed by the grounds that name another */
    const char    *legal_text;         /* which text says so */
} PetitionReturn;

typedef struct {
    PetitionTarget on;
    const char    *text;
} PetitionUpdate, PetitionNote, PetitionAddInformation;

typedef struct {
    PetitionTarget on;
    const char    *outcome; /* one that the type allows */
    const char    *answer;
} PetitionClose;

typedef struct {
    PetitionTarget on;
    const char    *solved; /* yes, partly, no */
    int64_t        stars;  /* 1–5; 0: none */
    const char    *words;  /* or NULL */
} PetitionRate;

typedef struct {
    PetitionTarget on;
    const char    *why;   /* solved, pressed, fear, other */
    const char    *words; /* or NULL; hidden from the entity */
} PetitionWithdraw;

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

/* One row of a list: what is decrypted costs one opening under the entity's key. */
typedef struct PetitionRow {
    int64_t id, version, number, entity_id, service_id, place_id, lodged_at, due_at, closed_at,
        returns, brief_epoch;
    const char *type, *state, *holder, *outcome;
    bool        restricted, provisional, frozen, period_set;
    Bytes       brief;
    const char *subject, *place_words; /* opened */
} PetitionRow;

typedef enum {
    PETITION_LIST_ASSIGNED, /* competence to be checked             */
    PETITION_LIST_PROGRESS, /* in work                              */
    PETITION_LIST_OPEN,     /* both, by time left                   */
    PETITION_LIST_CLOSED,   /* newest first                         */
} PetitionList;

typedef struct {
    int64_t due_at, id; /* the last row's; both 0: from the start */
} PetitionAfter;

/* An entity's inbox by time left, 50 rows after `after`. Closed ones newest first. */
bool petition_inbox(System *sys, DbTx *tx, const Who *who, PetitionList list, PetitionAfter after,
                    PetitionRow **rows, size_t *n, GError **error) MUST_USE;
/* What waits at the unit: no entity yet, or returned; oldest first. */
bool petition_triage(System *sys, DbTx *tx, const Who *who, PetitionAfter after, PetitionRow **rows,
                     size_t *n, GError **error) MUST_USE;
/* By number (any digits) or by words; what `who` may see. `words` that are a number find it. */
bool petition_search(System *sys, DbTx *tx, const Who *who, const char *words, int64_t before_id,
                     PetitionRow **rows, size_t *n, GError **error) MUST_USE;

/* Submission as it was written. */
typedef struct {
    const char           *subject, *text, *wanted, *place_words, *happened;
    int64_t               entity_id, service_id; /* that the requester named; 0: none */
    const PetitionAnswer *answers;               /* fields of that service */
    size_t                n_answers;
} PetitionContent;

/* One act of the history, payload opened. Texts that `who` may not see are NULL. */
typedef struct PetitionEvent {
    int64_t     id, version, at, actor_ref, entity_from, entity_to, directorate_id, due_at;
    const char *kind, *actor_role, *on_behalf, *holder, *state, *outcome, *ground, *visibility;
    const char *actor_name; /* staff, for the office only */
    const char *text;       /* question, answer, update, note, reason */
    const char *legal_text;
    int64_t     days, day, stars;
    const char *solved, *why;
} PetitionEvent;

typedef struct PetitionConsultation {
    int64_t id, petition_id, directorate_id, asked_at, due_at, answered_event, proposed_days,
        asked_event;
    const char *question, *answer; /* opened */
} PetitionConsultation;

typedef struct PetitionFile {
    Petition              petition;
    PetitionContent       content;
    PetitionEvent        *events; /* oldest first, only what `who` may see */
    size_t                n_events;
    PetitionConsultation *consultations;
    size_t                n_consultations;
} PetitionFile;

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

/* A directorate's open questions, by time left, 50 after. */
typedef struct PetitionQuestion {
    int64_t     id, petition_id, number, asked_at, due_at, asked_event, brief_epoch, entity_id;
    const char *type;
    Bytes       brief;
    const char *subject;
} PetitionQuestion;
/* An open question of the directorate: whose it is. NOT_FOUND. */
bool petition_question_number(DbTx *tx, const Who *who, int64_t question_id, int64_t *number,
                              GError **error) MUST_USE;
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

/* Jobs: what follows from the registry's answers (petition_jobs.c). */
extern const struct Feature petition_feature;
extern const DbQuery *const petition_queries[];
extern const DbTable        petition_tables[];
