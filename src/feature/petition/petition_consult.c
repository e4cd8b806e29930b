/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An officer asks a directorate, and it answers. What must stay true: the directorate holds the
 * petition while any of its questions is open, and the entity's clock runs on all the time. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_store.h"

#include <string.h>

static bool
decide_consult(PetitionAct *act, const void *data, GError **error)
{
    if (!petition_act_allow(act, petition_rule_consult(&act->rules, &act->seen, data), error))
        return false;

    act->payload.consultation_id = id_next(act->prepare->sys->ids);
    act->next.holder = "directorate";
    return true;
}

static bool
prepare_consult(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionConsult *cmd = data;
    PetitionActed         *acted = result;
    PetitionAct            act = {
                   .prepare = prepare,
                   .action = ACTION_CONSULT,
                   .on = &cmd->on,
                   .payload = { .text = cmd->question, .days = cmd->answer_days },
                   .directorate_id = cmd->directorate_id,
                   .visibility = "requester",
                   .decide = decide_consult,
                   .change = petition_store_move,
    };

    if (!petition_act_run(&act, cmd, acted, error))
        return false;
    if (prepare->repeated)
        return true;

    petition_store_insert_question(
        prepare->plan,
        &(PetitionConsultation){
            .id = act.payload.consultation_id,
            .petition_id = act.seen.id,
            .directorate_id = cmd->directorate_id,
            .asked_at = prepare->now,
            .due_at = calendar_after_working_days(&act.calendar, prepare->now, cmd->answer_days),
            .asked_event = acted->event_id,
        });
    return true;
}

/* Who holds it when this question is answered. */
static bool
holder_after(const PetitionAct *act, int64_t answered_id, const char **holder, GError **error)
{
    PetitionConsultation *questions;
    size_t                n;

    *holder = act->seen.holder;
    if (strcmp(act->seen.holder, "directorate") != 0)
        return true;
    if (!petition_store_consultations(act->prepare->tx, act->seen.id, &questions, &n, error))
        return false;

    *holder = "entity";
    for (size_t i = 0; i < n; i++)
        if (questions[i].answered_event == 0 && questions[i].id != answered_id)
            *holder = "directorate";
    return true;
}

/* NOT_FOUND also when it is another petition's: the right to answer is the question's. */
static bool
find_question(const Prepare *prepare, const PetitionConsultAnswer *cmd,
              PetitionConsultation *question, GError **error)
{
    Petition petition;

    if (!petition_store_question(prepare->tx, cmd->consultation_id, question, error) ||
        !petition_store_by_id(prepare->tx, question->petition_id, &petition, error))
        return false;
    return petition.number == cmd->on.number ||
           fail(error, APP_ERROR_NOT_FOUND, "the question is another petition's");
}

static bool
decide_consult_answer(PetitionAct *act, const void *data, GError **error)
{
    const PetitionConsultAnswer *cmd = data;
    PetitionConsultation         question;

    return find_question(act->prepare, cmd, &question, error) &&
           petition_act_allow(
               act, petition_rule_consult_answer(&act->rules, &act->seen, &question, cmd), error) &&
           holder_after(act, question.id, &act->next.holder, error);
}

static bool
prepare_consult_answer(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionConsultAnswer *cmd = data;
    PetitionActed               *acted = result;
    PetitionConsultation         question;
    PetitionAct                  act = {
                         .prepare = prepare,
                         .action = ACTION_CONSULT_ANSWER,
                         .on = &cmd->on,
                         .payload = { .text = cmd->answer,
                                      .days = cmd->proposed_days,
                                      .consultation_id = cmd->consultation_id },
                         .visibility = "requester",
                         .decide = decide_consult_answer,
                         .change = petition_store_move,
    };

    if (!find_question(prepare, cmd, &question, error))
        return false;

    act.directorate_id = question.directorate_id;
    if (!petition_act_run(&act, cmd, acted, error))
        return false;
    if (prepare->repeated)
        return true;

    petition_store_answer_question(prepare->plan, question.id, acted->event_id, cmd->proposed_days);
    return true;
}

PETITION_ACT_COMMAND(consult, PetitionConsult)
PETITION_ACT_COMMAND(consult_answer, PetitionConsultAnswer)
