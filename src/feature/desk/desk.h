/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The telephone desk: one screen to find or register the caller, lodge for the caller, read the
 * status out; and the list of people to be called back, three tries each. */
#pragma once

#include "feature/feature.h"

/* Whom the asking agent has on the line, as the vault calls them; 0: nobody. For the gate. */
int64_t                     desk_caller_id(Request *req);

extern const Feature        desk_feature;
extern const DbQuery *const desk_queries[];
