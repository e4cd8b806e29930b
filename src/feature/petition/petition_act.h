/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to petition: what every command on an existing petition does before and after its own
 * decision. A use-case describes the act; its `decide` asks the rule and changes `next`. */
#pragma once

#include "feature/petition/petition_payload.h"
#include "feature/petition/petition_rules.h"

typedef struct PetitionAct PetitionAct;

/* Asks the rules (petition_act_allow) and says in `next` what becomes true. */
typedef bool (*PetitionActDecide)(PetitionAct *act, const void *cmd, GError **error);
/* How the row is changed: petition_store_move, petition_store_readdress, petition_store_touch. */
typedef void (*PetitionActChange)(WritePlan *plan, const Petition *seen, const Petition *next);

struct PetitionAct {
    /* Given: */
    Prepare              *prepare;
    Action                action;
    const PetitionTarget *on;
    PetitionPayload       payload; /* goes into the event, sealed */
    const char           *kind;    /* of the event, where it is not the action's name */
    const char           *outcome, *ground;
    const char           *visibility;
    int64_t               entity_id, service_id; /* that the command names */
    int64_t               directorate_id;        /* of the question that is meant */
    PetitionActDecide     decide;
    PetitionActChange     change;
    bool                  ends_questions; /* those that are open lapse by it */

    /* Known once it has begun: */
    bool        own; /* the requester's own act, also through the desk */
    Calendar    calendar;
    RuleContext rules;
    Petition    seen; /* as it was read */
    Petition    next; /* as it will be */
    Bytes       content;
};

/* Begin, unless it is a repeat decide, end: the whole of a command. */
bool
petition_act_run(PetitionAct *act, const void *cmd, PetitionActed *acted, GError **error) MUST_USE;

/* Its parts. Read the petition; a repeat gives its first result (`prepare->repeated`, and nothing more is to be
 * done); rights; the version that the page showed. NOT_FOUND, FORBIDDEN, CONFLICT, INVALID. */
bool petition_act_begin(PetitionAct *act, PetitionActed *acted, GError **error) MUST_USE;
/* INVALID with the reason, unless there is none. */
bool petition_act_allow(const PetitionAct *act, const Refusal *refusal, GError **error) MUST_USE;

/* Event first, then the row. */
bool petition_act_end(const PetitionAct *act, PetitionActed *acted, GError **error) MUST_USE;

/* Start the clock that runs until `due_at`, with the first reminder at half of it. */
void petition_act_clock(Petition *next, AppTime now, AppTime due_at);
/* Nobody is reminded any more; `due_at` is the requester's time to rate, or 0. */
void petition_act_end_clock(Petition *next, AppTime due_at);

/* For commands behind this one in the same commit (core/command.h): the row as it will be, and its data
 * key when that is not stored yet, wrapped. */
void petition_act_keep(Prepare *prepare, const Petition *petition, Bytes wrapped);
/* The submission of the act's petition. */
bool petition_act_read_submission(const PetitionAct *act, PetitionContent *content,
                                  GError **error) MUST_USE;
/* Seal brief and words for the entity of `next`: its key, its token. */
bool
petition_act_readdress(PetitionAct *act, const PetitionContent *content, GError **error) MUST_USE;

/* The submission as it was written, opened. */
bool petition_act_read_content(Arena *mem, const CryptoKey *key, const EventRow *submitted,
                               PetitionContent *out, GError **error) MUST_USE;
/* What is found by words: the whole submission, and the entity. */
char *
petition_act_tokens(System *sys, Arena *mem, const PetitionContent *content, int64_t entity_id);
/* INVALID: this command came before with other content; other errors pass. */
bool petition_act_repeat(Prepare *prepare, int64_t petition_id, Bytes content, bool *repeated,
                         GError **error) MUST_USE;

/* Is it really the requester's own: by session, or because the desk says so? Number and code prove
 * no person: they let one read, by the access table, and nothing else. */
bool         petition_act_is_own(System *sys, Arena *mem, const Who *who, const Petition *petition);
AccessTarget petition_act_target(const Petition *petition, bool own, int64_t directorate_id);

/* The typed command around its prepare_VERB, and prepare_VERB for batches. */
#define PETITION_ACT_COMMAND(verb, T)                                                              \
    bool petition_##verb(const CommandContext *context, const T *cmd, PetitionActed *acted,        \
                         CommandOutcome *outcome, GError **error)                                  \
    {                                                                                              \
        return command_run(context, prepare_##verb, cmd, acted, outcome, error);                   \
    }                                                                                              \
                                                                                                   \
    bool petition_##verb##_prepare(Prepare *prepare, const void *cmd, void *acted, GError **error) \
    {                                                                                              \
        return prepare_##verb(prepare, cmd, acted, error);                                         \
    }
