/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the requester does with their own petition, alone or through the desk. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_store.h"

static bool
prepare_rate(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionRate *cmd = data;
    PetitionAct         act = {
                .prepare = prepare,
                .action = ACTION_RATE,
                .on = &cmd->on,
                .payload = { .text = cmd->words, .solved = cmd->solved, .stars = cmd->stars },
                .visibility = "requester",
    };

    if (!petition_act_begin(&act, result, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_rate(&act.rules, &act.seen), error) ||
        !petition_act_allow(&act, petition_rule_rating(&act.rules, cmd), error))
        return false;

    act.next.solved = cmd->solved;
    act.next.stars = cmd->stars;
    return petition_act_end(&act, petition_store_move, result, error);
}

/* Why is the unit's to know, and not the entity's. */
static bool
prepare_withdraw(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionWithdraw *cmd = data;
    PetitionActed          *acted = result;
    PetitionAct             act = {
                    .prepare = prepare,
                    .action = ACTION_WITHDRAW,
                    .on = &cmd->on,
                    .payload = { .text = cmd->words, .why = cmd->why },
                    .visibility = "unit",
    };

    if (!petition_act_begin(&act, acted, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_withdraw(&act.rules, &act.seen, cmd), error))
        return false;

    act.next.state = "withdrawn";
    act.next.holder = "none";
    act.next.closed_at = prepare->now;
    petition_act_end_clock(&act.next, 0);
    if (!petition_act_end(&act, petition_store_move, acted, error))
        return false;

    petition_store_lapse_questions(prepare->plan, act.seen.id, acted->event_id);
    return true;
}

static bool
prepare_add_information(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionAddInformation *cmd = data;
    PetitionAct                   act = {
                          .prepare = prepare,
                          .action = ACTION_ADD_INFORMATION,
                          .on = &cmd->on,
                          .payload = { .text = cmd->text },
                          .visibility = "requester",
    };

    if (!petition_act_begin(&act, result, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!petition_act_allow(&act, petition_rule_add_information(&act.rules, &act.seen, cmd), error))
        return false;

    return petition_act_end(&act, petition_store_touch, result, error);
}

PETITION_ACT_COMMAND(rate, PetitionRate)
PETITION_ACT_COMMAND(withdraw, PetitionWithdraw)
PETITION_ACT_COMMAND(add_information, PetitionAddInformation)
