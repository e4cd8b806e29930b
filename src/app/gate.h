/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is asking, in which language, may they, how often: what stands between the HTTP layer, which
 * knows no roles, and the features, which know no cookies. Also the page of every error. */
#pragma once

#include "core/system.h"
#include "http/route.h"

typedef struct AppGate AppGate;

AppGate               *gate_new(System *sys);
void                   gate_free(AppGate *gate);
const Gate            *gate_functions(const AppGate *gate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AppGate, gate_free)
