/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a process does to be one of several on a store: it makes sure that the case and the vault belong
 * together, and looks for what others changed of that which it keeps in memory. */
#pragma once

#include "core/job.h"

/* The case remembers its vault. INVALID with a sentence: these two are of different stores. */
bool                        cluster_check_vault(System *sys, Arena *mem, GError **error) MUST_USE;

extern const JobSpec        cluster_jobs[];
extern const DbQuery *const cluster_queries[];
extern const DbTable        cluster_tables[];
