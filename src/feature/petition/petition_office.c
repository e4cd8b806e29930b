/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the unit and an entity's officers do with a petition. Each use-case asks its rule and says what
 * becomes true; petition_act_run is the frame around it. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_store.h"

#include <string.h>

/* ---- moving between desks ---- */

/* The entity whose head the petition is about, while it waits at the unit for another one. */
static int64_t
concerned_entity(const Petition *petition, const PetitionContent *content)
{
    return petition_rule_goes_to_entity(petition->about) ? 0 : content->entity_id;
}

static bool
decide_route(PetitionAct *act, const void *data, GError **error)
{
    const PetitionRoute *cmd = data;
    AppTime              now = act->prepare->now;
    PetitionContent      content;

    if (!petition_act_allow(act, petition_rule_route(&act->rules, &act->seen, cmd), error) ||
        !petition_act_read_submission(act, &content, error))
        return false;

    int64_t concerned = concerned_entity(&act->seen, &content);
    if (!petition_act_allow(act, petition_rule_route_around(&act->rules, concerned, cmd), error))
        return false;

    act->next.state = "assigned";
    act->next.holder = "entity";
    act->next.entity_id = cmd->entity_id;
    act->next.service_id = cmd->service_id;
    act->next.assigned_at = now;
    act->next.identity_at = 0;
    petition_act_clock(&act->next, now, petition_rule_accept_by(&act->calendar, now));
    return petition_act_readdress(act, &content, error);
}

static bool
prepare_route(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionRoute *cmd = data;
    PetitionAct          act = {
                 .prepare = prepare,
                 .action = ACTION_ROUTE,
                 .on = &cmd->on,
                 .payload = { .text = cmd->note },
                 .entity_id = cmd->entity_id,
                 .service_id = cmd->service_id,
                 .visibility = "requester",
                 .decide = decide_route,
                 .change = petition_store_readdress,
                 .ends_questions = true,
    };

    return petition_act_run(&act, cmd, result, error);
}

static bool
decide_accept(PetitionAct *act, const void *data, GError **error)
{
    const Petition *seen = &act->seen;

    (void)data;
    if (!petition_act_allow(act, petition_rule_accept(&act->rules, seen), error))
        return false;

    act->next.state = "in_progress";
    act->next.accepted_at = act->prepare->now;
    petition_act_clock(
        &act->next, act->prepare->now,
        petition_rule_due(&act->calendar, seen->type, seen->service_id, seen->assigned_at));
    return true;
}

static bool
prepare_accept(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionAccept *cmd = data;
    PetitionAct           act = {
                  .prepare = prepare,
                  .action = ACTION_ACCEPT,
                  .on = &cmd->on,
                  .visibility = "requester",
                  .decide = decide_accept,
                  .change = petition_store_move,
    };

    return petition_act_run(&act, cmd, result, error);
}

/* The ground that is no return: the entity may not judge its own matter. */
static bool
is_counted(const char *ground)
{
    return strcmp(ground, "conflict") != 0;
}

static bool
decide_return(PetitionAct *act, const void *data, GError **error)
{
    const PetitionReturn *cmd = data;
    PetitionContent       content;

    if (!petition_act_allow(act, petition_rule_return(&act->rules, &act->seen, cmd), error))
        return false;

    act->next.state = "received";
    act->next.holder = "unit";
    act->next.entity_id = 0;
    act->next.service_id = 0;
    act->next.assigned_at = 0;
    act->next.returns += is_counted(cmd->ground);
    petition_act_end_clock(&act->next, petition_rule_returned_by(&act->calendar, act->next.returns,
                                                                 act->prepare->now));
    return petition_act_read_submission(act, &content, error) &&
           petition_act_readdress(act, &content, error);
}

static bool
prepare_return(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionReturn *cmd = data;
    PetitionAct           act = {
                  .prepare = prepare,
                  .action = ACTION_RETURN,
                  .on = &cmd->on,
                  .payload = { .legal_text = cmd->legal_text, .proposed_entity_id = cmd->proposed_entity_id },
                  .ground = cmd->ground,
                  .visibility = "requester",
                  .decide = decide_return,
                  .change = petition_store_readdress,
                  .ends_questions = true,
    };

    return petition_act_run(&act, cmd, result, error);
}

/* ---- work ---- */

static bool
decide_set_period(PetitionAct *act, const void *data, GError **error)
{
    const PetitionSetPeriod *cmd = data;

    if (!petition_act_allow(act, petition_rule_set_period(&act->rules, &act->seen, cmd), error))
        return false;

    act->next.period_set = true;
    petition_act_clock(&act->next, act->prepare->now,
                       calendar_closing(&act->calendar, cmd->due_day));
    return true;
}

static bool
prepare_set_period(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionSetPeriod *cmd = data;
    PetitionAct              act = {
                     .prepare = prepare,
                     .action = ACTION_SET_PERIOD,
                     .on = &cmd->on,
                     .payload = { .day = cmd->due_day },
                     .visibility = "requester",
                     .decide = decide_set_period,
                     .change = petition_store_move,
    };

    return petition_act_run(&act, cmd, result, error);
}

static bool
decide_update(PetitionAct *act, const void *data, GError **error)
{
    return petition_act_allow(act, petition_rule_update(&act->rules, &act->seen, data), error);
}

static bool
prepare_update(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionUpdate *cmd = data;
    PetitionAct           act = {
                  .prepare = prepare,
                  .action = ACTION_UPDATE,
                  .on = &cmd->on,
                  .payload = { .text = cmd->text },
                  .visibility = "requester",
                  .decide = decide_update,
                  .change = petition_store_touch,
    };

    return petition_act_run(&act, cmd, result, error);
}

static bool
decide_note(PetitionAct *act, const void *data, GError **error)
{
    return petition_act_allow(act, petition_rule_note(&act->rules, data), error);
}

static bool
prepare_note(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionNote *cmd = data;
    PetitionAct         act = {
                .prepare = prepare,
                .action = ACTION_NOTE,
                .on = &cmd->on,
                .payload = { .text = cmd->text },
                .visibility = "office",
                .decide = decide_note,
                .change = petition_store_touch,
    };

    return petition_act_run(&act, cmd, result, error);
}

/* ---- the answer ---- */

/* The unit closes what waits at the unit, never over an entity's head. */
static bool
may_close(const PetitionAct *act, GError **error)
{
    return act->prepare->by->role != ROLE_UNIT || strcmp(act->seen.holder, "unit") == 0 ||
           fail(error, APP_ERROR_FORBIDDEN, "the unit closes only what it holds");
}

static bool
decide_close(PetitionAct *act, const void *data, GError **error)
{
    if (!may_close(act, error) ||
        !petition_act_allow(act, petition_rule_close(&act->rules, &act->seen, data), error))
        return false;

    act->next.state = "closed";
    act->next.holder = "requester";
    act->next.outcome = act->outcome;
    act->next.closed_at = act->prepare->now;
    petition_act_end_clock(&act->next, petition_rule_rate_by(act->prepare->now));
    return true;
}

static bool
prepare_close(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionClose *cmd = data;
    PetitionAct          act = {
                 .prepare = prepare,
                 .action = ACTION_CLOSE,
                 .on = &cmd->on,
                 .payload = { .text = cmd->answer },
                 .outcome = cmd->outcome,
                 .visibility = "requester",
                 .decide = decide_close,
                 .change = petition_store_move,
                 .ends_questions = true,
    };

    return petition_act_run(&act, cmd, result, error);
}

PETITION_ACT_COMMAND(route, PetitionRoute)
PETITION_ACT_COMMAND(accept, PetitionAccept)
PETITION_ACT_COMMAND(return, PetitionReturn)
PETITION_ACT_COMMAND(set_period, PetitionSetPeriod)
PETITION_ACT_COMMAND(update, PetitionUpdate)
PETITION_ACT_COMMAND(note, PetitionNote)
PETITION_ACT_COMMAND(close, PetitionClose)
