/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pure decisions about a petition: no I/O, no clock, no database. Each returns NULL when the act may
 * be done, else why not, in a Refusal from `mem` (messages "refusal.*" of the catalogue). */
#pragma once

#include "feature/petition/petition.h"

typedef struct {
    Arena          *mem;
    const Calendar *calendar;
    AppTime         now;
} RuleContext;

/* The longest texts, in code points: what forms ask for as well. */
enum {
    PETITION_SUBJECT_MOST = 200,
    PETITION_TEXT_MOST = 10000,
    PETITION_WANTED_MOST = 2000,
    PETITION_PLACE_MOST = 300,
    PETITION_HAPPENED_MOST = 100,
    PETITION_NOTE_MOST = 4000, /* notes, questions, updates, added information, words of a rating */
    PETITION_LEGAL_MOST = 1000,
    PETITION_ANSWERS_MOST = 40, /* fields of a service */
    PETITION_RETURNS_MOST = 2,
    PETITION_RATE_DAYS = 14,
    PETITION_PROVE_DAYS = 14,     /* calendar days to prove a frozen one's identity */
    PETITION_SET_PERIOD_DAYS = 2, /* working days after accepting */
};

const Refusal *petition_rule_submit(const RuleContext *context, const PetitionSubmit *cmd,
                                    VaultVerification verification);
/* About the officer, the head or the unit: only named people see it (product.md 2 and 3). */
bool petition_rule_is_restricted(const char *about);
/* Is it the named entity's to look at? A petition about the head waits at the unit instead. */
bool petition_rule_goes_to_entity(const char *about);

/* A complaint whose requester is not verified yet; what is no complaint needs no identity. */
bool petition_rule_is_provisional(const char *type, VaultVerification verification);

/* What the system does now about the requester's identity (product.md 6). */
typedef enum {
    PETITION_IDENTITY_NOTHING,
    PETITION_IDENTITY_VERIFY,  /* it is verified: to its entity, if it waited       */
    PETITION_IDENTITY_RELEASE, /* waited long enough: to its entity as it is        */
    PETITION_IDENTITY_FREEZE,  /* the data do not match: back to the unit, and rest */
    PETITION_IDENTITY_LAPSE,   /* was not proved in time: closed                    */
} PetitionIdentityStep;

PetitionIdentityStep petition_rule_identity(const RuleContext *context, const Petition *petition,
                                            VaultVerification verification);
/* A frozen one is only for its requester to free. */
const Refusal *petition_rule_not_frozen(const RuleContext *context, const Petition *petition);

const Refusal *
petition_rule_route(const RuleContext *context, const Petition *petition, const PetitionRoute *cmd);
/* A petition about the head never goes to the head's entity, which the requester named; 0: none. */
const Refusal *petition_rule_route_around(const RuleContext *context, int64_t named_entity_id,
                                          const PetitionRoute *cmd);
const Refusal *petition_rule_accept(const RuleContext *context, const Petition *petition);
/* At most half of the working days left until the answer is due (while competence is being checked:
 * until it would be due), one at least. */
const Refusal *petition_rule_consult(const RuleContext *context, const Petition *petition,
                                     const PetitionConsult *cmd);
int64_t        petition_rule_most_answer_days(const RuleContext *context, const Petition *petition);
/* Open, and not answered yet. */
const Refusal *petition_rule_consult_answer(const RuleContext *context, const Petition *petition,
                                            const PetitionConsultation  *question,
                                            const PetitionConsultAnswer *cmd);
/* A working day, not before tomorrow, within the service's limit counted from assignment, once, and
 * within 2 working days of accepting (then the default date stands). */
const Refusal *petition_rule_set_period(const RuleContext *context, const Petition *petition,
                                        const PetitionSetPeriod *cmd);
/* Twice at the most; a ground of the list; another entity where the ground names one; the law's text
 * where the ground is the law. */
const Refusal *petition_rule_return(const RuleContext *context, const Petition *petition,
                                    const PetitionReturn *cmd);
/* In work: what an update, and only that, needs. */
const Refusal *petition_rule_update(const RuleContext *context, const Petition *petition,
                                    const PetitionUpdate *cmd);
/* In any state. */
const Refusal *petition_rule_note(const RuleContext *context, const PetitionNote *cmd);
/* Neither closed nor withdrawn. */
const Refusal *petition_rule_open(const RuleContext *context, const Petition *petition);
const Refusal *petition_rule_add_information(const RuleContext *context, const Petition *petition,
                                             const PetitionAddInformation *cmd);
/* The outcome is one that the type allows; assigned ones only when inquiry or praise. What waits at
 * the unit: only `outside_government`, and an inquiry that is answered from what is known. */
const Refusal *
petition_rule_close(const RuleContext *context, const Petition *petition, const PetitionClose *cmd);
/* Closed, within 14 days, once. */
const Refusal *petition_rule_rate(const RuleContext *context, const Petition *petition);
const Refusal *petition_rule_rating(const RuleContext *context, const PetitionRate *cmd);
const Refusal *petition_rule_withdraw(const RuleContext *context, const Petition *petition,
                                      const PetitionWithdraw *cmd);

/* The outcomes of a type, NULL-terminated; and the grounds of return. */
const char *const *petition_rule_outcomes(const char *type);
const char *const *petition_rule_grounds(void);
bool               petition_rule_ground_names_entity(const char *ground);

/* Clocks (product.md 5): the 48 hours from assignment; the period's default date; what is next. */
AppTime petition_rule_accept_by(const Calendar *calendar, AppTime assigned_at);
/* Until when a closed one may be rated, and may be objected to. */
AppTime petition_rule_rate_by(AppTime closed_at);
/* Half of the time until `due_at` is gone: the first reminder; 0 when nothing runs. */
AppTime petition_rule_remind_at(AppTime from, AppTime due_at);
AppTime petition_rule_due(const Calendar *calendar, const char *type, int64_t service_id,
                          AppTime assigned_at);
/* The latest day that set_period takes. */
int64_t petition_rule_latest_day(const Calendar *calendar, const Petition *petition);
/* Until when a frozen one's identity may be proved. */
AppTime petition_rule_prove_by(AppTime frozen_at);
/* Triage takes 1 working day. */
AppTime petition_rule_triage_by(const Calendar *calendar, AppTime received_at);
/* The same of what came back; a ruling after two returns takes 2. */
AppTime petition_rule_returned_by(const Calendar *calendar, int64_t returns, AppTime returned_at);
