/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What this reader may do with this file now: the forms in the margin, with their choices. Rights
 * and rules are asked, never repeated here. Used by this feature only. */
#pragma once

#include "feature/office/office_words.h"

/* `tried`: the form that was sent and not taken, shown open with what was typed; NULL: none.
 * `route_words`: what to look for a target with; NULL: the request's own. */
void office_acts_fill(const OfficeReader *reader, const PetitionFile *file, Form *tried,
                      const char *route_words, OfficeFileView *view);
/* The choices of the close form: outcomes that the rule takes now, ended by a NULL field. */
const Choices *office_acts_outcomes(const OfficeReader *reader, const Petition *petition);
/* Is the unit's word on this file its own to give? Rights, before any rule. */
bool office_acts_may(const OfficeReader *reader, const Petition *petition, Action action);
/* Address of an act on a petition. */
const char *office_acts_path(Arena *mem, int64_t number, const char *act);
