/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A petition's row, what commands say, and what reading gives. Included by petition.h, which is how
 * others come to it. */
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

/* One row of a list: what is decrypted costs one opening under the entity's key. */
typedef struct PetitionRow {
    int64_t id, version, number, entity_id, service_id, place_id, lodged_at, due_at, closed_at,
        returns, brief_epoch;
    const char *type, *about, *state, *holder, *outcome;
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

/* A directorate's open questions, by time left, 50 after. */
typedef struct PetitionQuestion {
    int64_t     id, petition_id, number, asked_at, due_at, asked_event, brief_epoch, entity_id;
    const char *type;
    Bytes       brief;
    const char *subject;
} PetitionQuestion;
