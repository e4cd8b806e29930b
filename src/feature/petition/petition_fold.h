/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the events of a petition make of it. The commands write the row beside the event; this says the
 * same a second time, from the events alone, so that `sawt check` can hold one against the other. Pure:
 * no clock, no calendar, no database. A new act that changes the row is told here, too. */
#pragma once

#include "feature/petition/petition_payload.h"

/* One act. `said` is its opened payload, NULL when it could not be opened: then what only the payload
 * tells (`solved`, `stars`) is unknown from here on. */
typedef struct {
    const EventRow        *row;
    const PetitionPayload *said;
} PetitionFoldEvent;

/* Put the next event on `state`, which is all zero before the first; texts are copied to `mem`. False
 * when no life has this act at this place: a submission that is not the first, another act that is, a
 * kind that nobody knows, or anything but rating, notes and answers after the end. */
bool petition_fold(Petition *state, const PetitionFoldEvent *event, Arena *mem);

/* The name of the first column in which the row differs from what its events say; NULL when none does.
 * Columns that no event has in clear (type, service, place, …) are not compared. */
const char *petition_fold_difference(const Petition *folded, const Petition *stored);
