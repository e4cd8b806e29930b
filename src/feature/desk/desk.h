/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The telephone desk: one screen to find or register the caller, lodge for the caller, read the
 * status out; and the list of people to be called back, three tries each. */
#pragma once

#include "feature/feature.h"

extern const Feature        desk_feature;
extern const DbQuery *const desk_queries[];
