/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `sawt migrate-store`: the SQLite store of the configured directory into the configured databases. */
#pragma once

#include "app/config.h"

/* The exit code: 0 when everything was moved and compared. */
int move_run(const Config *config, int argc, char **argv, FILE *out);
