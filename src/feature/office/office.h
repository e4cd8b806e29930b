/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pages of those who work on requests: officer (inbox, file, acts), technical directorate
 * (questions), unit (triage, routing), and the one search box. */
#pragma once

#include "feature/feature.h"

extern const Feature office_feature;
