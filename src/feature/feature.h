/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a feature gives the application: its routes, jobs and listener. The application is the list of
 * these (app/features.c), which also names each feature's lists of statements and tables, so that the
 * schema is a constant. */
#pragma once

#include "core/job.h"
#include "http/route.h"

typedef struct Feature {
    const char    *name;
    const Route   *routes; /* ends in {0}; NULL: none */
    const JobSpec *jobs;   /* ends in {NULL}; NULL: none */
    EventListener  listener;
} Feature;
