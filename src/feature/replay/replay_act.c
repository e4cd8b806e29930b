/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/replay/replay_act.h"

#define PERIOD_DAYS 3

static int64_t
first_directorate(System *sys, int64_t entity_id)
{
    size_t                    n;
    const Directorate *const *all = reference_directorates(system_reference(sys), entity_id, &n);

    return n == 0 ? 0 : all[0]->id;
}

static int64_t
period_day(System *sys, AppTime at)
{
    Calendar calendar = system_calendar(sys);

    return zone_day(calendar.zone, calendar_after_working_days(&calendar, at, PERIOD_DAYS));
}

/* What the office does. */
static CommandPrepare
fill_officer(System *sys, const ReplayHistory *history, const ReplayAct *act, ReplayActing *acting)
{
    switch (act->kind) {
    case REPLAY_ACCEPT:
        acting->accept = (PetitionAccept){ .on = { .own = false } };
        return petition_accept_prepare;
    case REPLAY_CONSULT:
        acting->consult =
            (PetitionConsult){ .directorate_id = first_directorate(sys, history->entity_id),
                               .question = act->text,
                               .answer_days = 1 };
        return petition_consult_prepare;
    case REPLAY_PERIOD:
        acting->period =
            (PetitionSetPeriod){ .due_day = period_day(sys, act->at + history->shift) };
        return petition_set_period_prepare;
    case REPLAY_RETURN:
        acting->returned = (PetitionReturn){ .ground = act->code, .legal_text = act->text };
        return petition_return_prepare;
    case REPLAY_UPDATE:
        acting->update = (PetitionUpdate){ .text = act->text };
        return petition_update_prepare;
    case REPLAY_CLOSE:
        acting->close = (PetitionClose){ .outcome = act->code, .answer = act->text };
        return petition_close_prepare;
    case REPLAY_RATE:
    case REPLAY_WITHDRAW:
    default:
        g_assert_not_reached();
    }
}

static CommandPrepare
fill_person(const ReplayAct *act, ReplayActing *acting)
{
    PetitionTarget on = { .own = true };

    if (act->kind == REPLAY_RATE) {
        acting->rate = (PetitionRate){ .on = on, .solved = act->code, .stars = 4 };
        return petition_rate_prepare;
    }
    acting->withdraw = (PetitionWithdraw){ .on = on, .why = act->code };
    return petition_withdraw_prepare;
}

CommandPrepare
replay_act_fill(System *sys, const ReplayHistory *history, const ReplayAct *act,
                ReplayActing *acting, const Who **by)
{
    bool by_person = act->kind == REPLAY_RATE || act->kind == REPLAY_WITHDRAW;

    *by = by_person ? &history->person : &history->officer;
    return by_person ? fill_person(act, acting) : fill_officer(sys, history, act, acting);
}
