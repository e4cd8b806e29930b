/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of contents of the system. */
#pragma once

#include "feature/feature.h"

/* NULL-terminated. */
extern const Feature *const features[];

/* What the data layer and the router take, put together from the list. NULL-terminated. */
extern const DbSchema features_schema;
const Route *const   *features_routes(Arena *mem);
const JobSpec *const *features_jobs(Arena *mem);
const EventListener  *features_listeners(Arena *mem);
