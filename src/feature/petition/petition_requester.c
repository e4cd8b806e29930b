/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the requester does with their own petition, alone or through the desk. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_store.h"

static bool
decide_rate(PetitionAct *act, const void *data, GError **error)
{
    const PetitionRate *cmd = data;

    if (!petition_act_allow(act, petition_rule_rate(&act->rules, &act->seen), error) ||
        !petition_act_allow(act, petition_rule_rating(&act->rules, cmd), error))
        return false;

    act->next.solved = cmd->solved;
    act->next.stars = cmd->stars;
    return true;
}

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
                .decide = decide_rate,
                .change = petition_store_move,
    };

    return petition_act_run(&act, cmd, result, error);
}

static bool
decide_withdraw(PetitionAct *act, const void *data, GError **error)
{
    if (!petition_act_allow(act, petition_rule_withdraw(&act->rules, &act->seen, data), error))
        return false;

    act->next.state = "withdrawn";
    act->next.holder = "none";
    act->next.closed_at = act->prepare->now;
    petition_act_end_clock(&act->next, 0);
    return true;
}

/* Why is the unit's to know, and not the entity's. */
static bool
prepare_withdraw(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionWithdraw *cmd = data;
    PetitionAct             act = {
                    .prepare = prepare,
                    .action = ACTION_WITHDRAW,
                    .on = &cmd->on,
                    .payload = { .text = cmd->words, .why = cmd->why },
                    .visibility = "unit",
                    .decide = decide_withdraw,
                    .change = petition_store_move,
                    .ends_questions = true,
    };

    return petition_act_run(&act, cmd, result, error);
}

static bool
decide_add_information(PetitionAct *act, const void *data, GError **error)
{
    return petition_act_allow(act, petition_rule_add_information(&act->rules, &act->seen, data),
                              error);
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
                          .decide = decide_add_information,
                          .change = petition_store_touch,
    };

    return petition_act_run(&act, cmd, result, error);
}

PETITION_ACT_COMMAND(rate, PetitionRate)
PETITION_ACT_COMMAND(withdraw, PetitionWithdraw)
PETITION_ACT_COMMAND(add_information, PetitionAddInformation)
