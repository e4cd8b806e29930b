/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pure decisions about a petition. What must stay true: a refusal says which rule and, where there is
 * one, which date; nothing here reads a clock or a database, so that every sentence can be a test. */
#include "feature/petition/petition_rules.h"

#include "feature/petition/petition_check.h"
#include "messages.h"

#include <string.h>

/* ---- the lists ---- */

static const struct {
    const char *code;
    bool        names_entity, names_law;
} grounds[] = {
    { "not_competent", false, true },
    { "other_entity", true, false },
    { "area", false, false },
    { "transferred", true, false },
    { "licensed_company", true, false },
    { "shared", false, false },
    { "conflict", false, false },
    { "oversight", false, false },
};
static const char *const ground_codes[] = {
    "not_competent", "other_entity", "area",      "transferred", "licensed_company",
    "shared",        "conflict",     "oversight", NULL,
};

static const char *const solved_words[] = { "yes", "partly", "no", NULL };
static const char *const whys[] = { "solved", "pressed", "fear", "other", NULL };

static bool
is_state(const Petition *petition, const char *state)
{
    return strcmp(petition->state, state) == 0;
}

static size_t
ground_index(const char *ground)
{
    size_t i = 0;

    while (i < G_N_ELEMENTS(grounds) && g_strcmp0(grounds[i].code, ground) != 0)
        i++;
    return i;
}

static AppTime
day_time(const RuleContext *context, int64_t day)
{
    return zone_midnight(context->calendar->zone, day);
}

/* ---- competence ---- */

const Refusal *
petition_rule_route(const RuleContext *context, const Petition *petition, const PetitionRoute *cmd)
{
    if (!is_state(petition, "received") && !is_state(petition, "assigned"))
        return petition_check_refuse_field(context, MSG_REFUSAL_ROUTE_STATE, NULL);

    const Refusal *refusal = petition_rule_not_frozen(context, petition);
    if (refusal == NULL)
        refusal = petition_check_entity(context, "entity", cmd->entity_id);
    if (refusal == NULL)
        refusal = petition_check_service(context, cmd->entity_id, cmd->service_id);
    if (refusal == NULL && petition->entity_id == cmd->entity_id)
        refusal = petition_check_refuse_field(context, MSG_REFUSAL_ROUTE_SAME_ENTITY, "entity");
    if (refusal == NULL)
        refusal = petition_check_text_or_none(context, "note", cmd->note, PETITION_NOTE_MOST);
    return refusal;
}

const Refusal *
petition_rule_route_around(const RuleContext *context, int64_t named_entity_id,
                           const PetitionRoute *cmd)
{
    return named_entity_id != 0 && named_entity_id == cmd->entity_id
               ? petition_check_refuse_field(context, MSG_REFUSAL_ROUTE_CONCERNED, "entity")
               : NULL;
}

const Refusal *
petition_rule_accept(const RuleContext *context, const Petition *petition)
{
    return is_state(petition, "assigned")
               ? NULL
               : petition_check_refuse_field(context, MSG_REFUSAL_ACCEPT_STATE, NULL);
}

static const Refusal *
check_ground(const RuleContext *context, const Petition *petition, const PetitionReturn *cmd)
{
    size_t ground = ground_index(cmd->ground);

    if (ground == G_N_ELEMENTS(grounds))
        return petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, "ground");
    if (grounds[ground].names_entity && cmd->proposed_entity_id == 0)
        return petition_check_refuse_field(context, MSG_REFUSAL_RETURN_ENTITY, "proposed_entity");
    if (cmd->proposed_entity_id == petition->entity_id)
        return petition_check_refuse_field(context, MSG_REFUSAL_RETURN_SAME_ENTITY,
                                           "proposed_entity");
    if (cmd->proposed_entity_id != 0 &&
        petition_check_entity(context, "proposed_entity", cmd->proposed_entity_id) != NULL)
        return petition_check_entity(context, "proposed_entity", cmd->proposed_entity_id);

    return grounds[ground].names_law
               ? petition_check_text(context, "legal_text", cmd->legal_text, PETITION_LEGAL_MOST)
               : petition_check_text_or_none(context, "legal_text", cmd->legal_text,
                                             PETITION_LEGAL_MOST);
}

const Refusal *
petition_rule_return(const RuleContext *context, const Petition *petition,
                     const PetitionReturn *cmd)
{
    if (!is_state(petition, "assigned"))
        return petition_check_refuse_field(context, MSG_REFUSAL_RETURN_STATE, NULL);
    if (petition->returns >= PETITION_RETURNS_MOST)
        return petition_check_refuse_field(context, MSG_REFUSAL_RETURN_TWICE, NULL);
    return check_ground(context, petition, cmd);
}

const char *const *
petition_rule_grounds(void)
{
    return ground_codes;
}

bool
petition_rule_ground_names_entity(const char *ground)
{
    size_t i = ground_index(ground);

    return i < G_N_ELEMENTS(grounds) && grounds[i].names_entity;
}

/* ---- work ---- */

int64_t
petition_rule_most_answer_days(const RuleContext *context, const Petition *petition)
{
    AppTime due = is_state(petition, "assigned")
                      ? petition_rule_due(context->calendar, petition->type, petition->service_id,
                                          petition->assigned_at)
                      : petition->due_at;

    return MAX(calendar_working_days(context->calendar, context->now, due) / 2, 1);
}

static const Refusal *
check_answer_days(const RuleContext *context, const Petition *petition, int64_t days)
{
    int64_t most = petition_rule_most_answer_days(context, petition);

    if (days >= 1 && days <= most)
        return NULL;
    return petition_check_refuse(
        context,
        (Refusal){
            .message = MSG_REFUSAL_CONSULT_TOO_LONG,
            .field = "answer_days",
            .arguments = { arena_printf(context->mem, "%" G_GINT64_FORMAT, most) },
            .times = { calendar_after_working_days(context->calendar, context->now, most) },
        });
}

const Refusal *
petition_rule_consult(const RuleContext *context, const Petition *petition,
                      const PetitionConsult *cmd)
{
    const Directorate *directorate =
        reference_directorate(context->calendar->reference, cmd->directorate_id);

    if (!is_state(petition, "assigned") && !is_state(petition, "in_progress"))
        return petition_check_refuse_field(context, MSG_REFUSAL_CONSULT_STATE, NULL);
    if (directorate == NULL || directorate->retired ||
        directorate->entity_id != petition->entity_id)
        return petition_check_refuse_field(context, MSG_REFUSAL_CONSULT_DIRECTORATE, "directorate");

    const Refusal *refusal =
        petition_check_text(context, "question", cmd->question, PETITION_NOTE_MOST);
    return refusal != NULL ? refusal : check_answer_days(context, petition, cmd->answer_days);
}

const Refusal *
petition_rule_consult_answer(const RuleContext *context, const Petition *petition,
                             const PetitionConsultation *question, const PetitionConsultAnswer *cmd)
{
    const Refusal *refusal = petition_rule_open(context, petition);

    if (refusal == NULL && question->answered_event != 0)
        refusal = petition_check_refuse_field(context, MSG_REFUSAL_CONSULT_ANSWERED, NULL);
    if (refusal == NULL)
        refusal = petition_check_text(context, "answer", cmd->answer, PETITION_NOTE_MOST);
    if (refusal == NULL && cmd->proposed_days < 0)
        refusal = petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, "proposed_days");
    return refusal;
}

/* `day` is no working day: say which one is next. */
static const Refusal *
refuse_day_off(const RuleContext *context, int64_t day)
{
    int64_t next = day + 1;

    while (!calendar_is_working_day(context->calendar, next))
        next++;
    return petition_check_refuse(context,
                                 (Refusal){
                                     .message = MSG_REFUSAL_PERIOD_DAY_OFF,
                                     .field = "due_day",
                                     .times = { day_time(context, day), day_time(context, next) },
                                 });
}

static const Refusal *
check_period_day(const RuleContext *context, const Petition *petition, int64_t day)
{
    int64_t tomorrow = zone_day(context->calendar->zone, context->now) + 1;
    int64_t latest = petition_rule_latest_day(context->calendar, petition);

    if (day < tomorrow)
        return petition_check_refuse_at(context, MSG_REFUSAL_PERIOD_TOO_EARLY, "due_day",
                                        day_time(context, tomorrow));
    if (day > latest)
        return petition_check_refuse_at(context, MSG_REFUSAL_PERIOD_TOO_FAR, "due_day",
                                        day_time(context, latest));
    return calendar_is_working_day(context->calendar, day) ? NULL : refuse_day_off(context, day);
}

const Refusal *
petition_rule_set_period(const RuleContext *context, const Petition *petition,
                         const PetitionSetPeriod *cmd)
{
    if (!is_state(petition, "in_progress"))
        return petition_check_refuse_field(context, MSG_REFUSAL_PERIOD_STATE, NULL);
    if (petition->period_set)
        return petition_check_refuse_at(context, MSG_REFUSAL_PERIOD_ONCE, NULL, petition->due_at);

    AppTime until = calendar_after_working_days(context->calendar, petition->accepted_at,
                                                PETITION_SET_PERIOD_DAYS);
    if (context->now > until)
        return petition_check_refuse(context, (Refusal){ .message = MSG_REFUSAL_PERIOD_LATE,
                                                         .times = { until, petition->due_at } });
    return check_period_day(context, petition, cmd->due_day);
}

const Refusal *
petition_rule_update(const RuleContext *context, const Petition *petition,
                     const PetitionUpdate *cmd)
{
    if (!is_state(petition, "in_progress") && !is_state(petition, "scheduled"))
        return petition_check_refuse_field(context, MSG_REFUSAL_UPDATE_STATE, NULL);
    return petition_check_text(context, "text", cmd->text, PETITION_NOTE_MOST);
}

const Refusal *
petition_rule_note(const RuleContext *context, const PetitionNote *cmd)
{
    return petition_check_text(context, "text", cmd->text, PETITION_NOTE_MOST);
}

const Refusal *
petition_rule_add_information(const RuleContext *context, const Petition *petition,
                              const PetitionAddInformation *cmd)
{
    const Refusal *refusal = petition_rule_open(context, petition);

    return refusal != NULL ? refusal
                           : petition_check_text(context, "text", cmd->text, PETITION_NOTE_MOST);
}

/* ---- the end ---- */

const Refusal *
petition_rule_open(const RuleContext *context, const Petition *petition)
{
    if (is_state(petition, "closed"))
        return petition_check_refuse_at(context, MSG_REFUSAL_CLOSED, NULL, petition->closed_at);
    if (is_state(petition, "withdrawn"))
        return petition_check_refuse_at(context, MSG_REFUSAL_WITHDRAWN, NULL, petition->closed_at);
    return NULL;
}

static bool
is_short(const char *type)
{
    return strcmp(type, "inquiry") == 0 || strcmp(type, "praise") == 0;
}

static bool
unit_may_close(const char *type, const char *outcome)
{
    return g_strcmp0(outcome, "outside_government") == 0 ||
           (strcmp(type, "inquiry") == 0 && g_strcmp0(outcome, "explained") == 0);
}

static const Refusal *
check_close_state(const RuleContext *context, const Petition *petition, const char *outcome)
{
    const Refusal *refusal = petition_rule_open(context, petition);

    if (refusal == NULL)
        refusal = petition_rule_not_frozen(context, petition);
    if (refusal != NULL || is_state(petition, "in_progress") || is_state(petition, "scheduled"))
        return refusal;
    if (is_state(petition, "received"))
        return unit_may_close(petition->type, outcome)
                   ? NULL
                   : petition_check_refuse_field(context, MSG_REFUSAL_CLOSE_RECEIVED, "outcome");
    if (is_state(petition, "assigned"))
        return is_short(petition->type)
                   ? NULL
                   : petition_check_refuse_field(context, MSG_REFUSAL_CLOSE_ASSIGNED, NULL);
    return petition_check_refuse_field(context, MSG_REFUSAL_CLOSE_STATE, NULL);
}

const Refusal *
petition_rule_close(const RuleContext *context, const Petition *petition, const PetitionClose *cmd)
{
    const Refusal *refusal = check_close_state(context, petition, cmd->outcome);

    if (refusal == NULL &&
        !petition_check_is_one_of(cmd->outcome, petition_rule_outcomes(petition->type)))
        refusal = petition_check_refuse_field(context, MSG_REFUSAL_CLOSE_OUTCOME, "outcome");
    if (refusal == NULL)
        refusal = petition_check_text(context, "answer", cmd->answer, PETITION_TEXT_MOST);
    return refusal;
}

const Refusal *
petition_rule_rate(const RuleContext *context, const Petition *petition)
{
    if (!is_state(petition, "closed") || g_strcmp0(petition->outcome, "unverified") == 0)
        return petition_check_refuse_field(context, MSG_REFUSAL_RATE_STATE, NULL);

    AppTime until = petition_rule_rate_by(petition->closed_at);
    if (context->now > until)
        return petition_check_refuse_at(context, MSG_REFUSAL_RATE_LATE, NULL, until);
    return petition->solved == NULL
               ? NULL
               : petition_check_refuse_field(context, MSG_REFUSAL_RATE_ONCE, NULL);
}

const Refusal *
petition_rule_rating(const RuleContext *context, const PetitionRate *cmd)
{
    if (!petition_check_is_one_of(cmd->solved, solved_words))
        return petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, "solved");
    if (cmd->stars < 0 || cmd->stars > 5)
        return petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, "stars");
    return petition_check_text_or_none(context, "words", cmd->words, PETITION_NOTE_MOST);
}

const Refusal *
petition_rule_withdraw(const RuleContext *context, const Petition *petition,
                       const PetitionWithdraw *cmd)
{
    const Refusal *refusal = petition_rule_open(context, petition);

    if (refusal == NULL && !petition_check_is_one_of(cmd->why, whys))
        refusal = petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, "why");
    if (refusal == NULL)
        refusal = petition_check_text_or_none(context, "words", cmd->words, PETITION_NOTE_MOST);
    return refusal;
}
