/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subcommands that work on a store: the same code whether a server runs (it executes them, reached
 * over the control socket) or not (the caller takes the lock). */
#pragma once

#include "core/system.h"

#include <stdio.h>

typedef struct {
    const char *name, *usage, *help;
    /* `out` reaches the person who typed it; progress lines begin with \r. The exit code. */
    int (*run)(System *sys, int argc, char **argv, FILE *out);
} StoreCommand;

/* Ends in {NULL}. */
extern const StoreCommand command_line_store[];

const StoreCommand       *command_line_find(const char *name);
