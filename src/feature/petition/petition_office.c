/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the unit and an entity's officers do with a petition. Each use-case: begin, ask the rule, say
 * what becomes true, end. */
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
prepare_route(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionRoute *cmd = data;
    PetitionActed       *acted = result;
    PetitionContent      content;
    EventRow            *rows;
    size_t               n;
    PetitionAct          act = {
                 .prepare = prepare,
                 .action = ACTION_ROUTE,
                 .on = &cmd->on,
                 .payload = { .text = cmd->note },
                 .entity_id = cmd->entity_id,
                 .service_id = cmd->service_id,
                 .visibility = "requester",
    };

    if (!petition_act_begin(&act, acted, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_route(&act.rules, &act.seen, cmd), error))
        return false;

    if (!petition_act_read_submission(&act, &content, &rows, &n, error))
        return false;

    int64_t concerned = concerned_entity(&act.seen, &content);
    if (!petition_act_allow(&act, petition_rule_route_around(&act.rules, concerned, cmd), error))
        return false;

    act.next.state = "assigned";
    act.next.holder = "entity";
    act.next.entity_id = cmd->entity_id;
    act.next.service_id = cmd->service_id;
    act.next.assigned_at = prepare->now;
    act.next.identity_at = 0;
    petition_act_clock(&act.next, prepare->now,
                       petition_rule_accept_by(&act.calendar, prepare->now));

    if (!petition_act_readdress(&act, &content, error) ||
        !petition_act_end(&act, petition_store_readdress, acted, error))
        return false;

    petition_store_lapse_questions(prepare->plan, act.seen.id, acted->event_id);
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
    };

    if (!petition_act_begin(&act, result, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_accept(&act.rules, &act.seen), error))
        return false;

    act.next.state = "in_progress";
    act.next.accepted_at = prepare->now;
    petition_act_clock(
        &act.next, prepare->now,
        petition_rule_due(&act.calendar, act.seen.type, act.seen.service_id, act.seen.assigned_at));
    return petition_act_end(&act, petition_store_move, result, error);
}

/* The ground that is no return: the entity may not judge its own matter. */
static bool
is_counted(const char *ground)
{
    return strcmp(ground, "conflict") != 0;
}

static bool
prepare_return(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionReturn *cmd = data;
    PetitionActed        *acted = result;
    PetitionContent       content;
    EventRow             *rows;
    size_t                n;
    PetitionAct           act = {
                  .prepare = prepare,
                  .action = ACTION_RETURN,
                  .on = &cmd->on,
                  .payload = { .legal_text = cmd->legal_text, .proposed_entity_id = cmd->proposed_entity_id },
                  .ground = cmd->ground,
                  .visibility = "requester",
    };

    if (!petition_act_begin(&act, acted, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_return(&act.rules, &act.seen, cmd), error))
        return false;

    act.next.state = "received";
    act.next.holder = "unit";
    act.next.entity_id = 0;
    act.next.service_id = 0;
    act.next.assigned_at = 0;
    act.next.returns += is_counted(cmd->ground);
    petition_act_end_clock(
        &act.next, petition_rule_returned_by(&act.calendar, act.next.returns, prepare->now));

    if (!petition_act_read_submission(&act, &content, &rows, &n, error) ||
        !petition_act_readdress(&act, &content, error) ||
        !petition_act_end(&act, petition_store_readdress, acted, error))
        return false;

    petition_store_lapse_questions(prepare->plan, act.seen.id, acted->event_id);
    return true;
}

/* ---- work ---- */

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
    };

    if (!petition_act_begin(&act, result, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_set_period(&act.rules, &act.seen, cmd), error))
        return false;

    act.next.period_set = true;
    petition_act_clock(&act.next, prepare->now, calendar_closing(&act.calendar, cmd->due_day));
    return petition_act_end(&act, petition_store_move, result, error);
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
    };

    if (!petition_act_begin(&act, result, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_update(&act.rules, &act.seen, cmd), error))
        return false;

    return petition_act_end(&act, petition_store_touch, result, error);
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
    };

    if (!petition_act_begin(&act, result, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_note(&act.rules, cmd), error))
        return false;

    return petition_act_end(&act, petition_store_touch, result, error);
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
prepare_close(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionClose *cmd = data;
    PetitionActed       *acted = result;
    PetitionAct          act = {
                 .prepare = prepare,
                 .action = ACTION_CLOSE,
                 .on = &cmd->on,
                 .payload = { .text = cmd->answer },
                 .outcome = cmd->outcome,
                 .visibility = "requester",
    };

    if (!petition_act_begin(&act, acted, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!may_close(&act, error) ||
        !petition_act_allow(&act, petition_rule_close(&act.rules, &act.seen, cmd), error))
        return false;

    act.next.state = "closed";
    act.next.holder = "requester";
    act.next.outcome = cmd->outcome;
    act.next.closed_at = prepare->now;
    petition_act_end_clock(&act.next, petition_rule_rate_by(prepare->now));
    if (!petition_act_end(&act, petition_store_move, acted, error))
        return false;

    petition_store_lapse_questions(prepare->plan, act.seen.id, acted->event_id);
    return true;
}

PETITION_ACT_COMMAND(route, PetitionRoute)
PETITION_ACT_COMMAND(accept, PetitionAccept)
PETITION_ACT_COMMAND(return, PetitionReturn)
PETITION_ACT_COMMAND(set_period, PetitionSetPeriod)
PETITION_ACT_COMMAND(update, PetitionUpdate)
PETITION_ACT_COMMAND(note, PetitionNote)
PETITION_ACT_COMMAND(close, PetitionClose)
