/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: an act of a history as a command. */
#pragma once

#include "core/command.h"
#include "feature/replay/replay_item.h"

typedef struct {
    int64_t number, entity_id;
    AppTime shift; /* of all acts: how much later it was lodged when it was played first */
    Who     officer, person;
} ReplayHistory;

/* The command's words and what came of it, until it was run. */
typedef struct {
    union {
        PetitionTarget    on; /* each begins with it */
        PetitionAccept    accept;
        PetitionConsult   consult;
        PetitionSetPeriod period;
        PetitionReturn    returned;
        PetitionUpdate    update;
        PetitionClose     close;
        PetitionRate      rate;
        PetitionWithdraw  withdraw;
    };
    PetitionActed acted;
} ReplayActing;

/* Who does it (of `history`), its words but for the request's number, and the half that prepares it. */
CommandPrepare replay_act_fill(System *sys, const ReplayHistory *history, const ReplayAct *act,
                               ReplayActing *acting, const Who **by);
