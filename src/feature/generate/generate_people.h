/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: the invented people in whose names requests are lodged. */
#pragma once

#include "feature/generate/generate_run.h"

/* Register those of these requests whom the run has not met: many in one commit. The ids stand in
 * `run->persons` afterwards. */
bool generate_people_meet(GenerateRun *run, Arena *mem, const GenerateRequest *requests, size_t n,
                          GError **error) MUST_USE;
