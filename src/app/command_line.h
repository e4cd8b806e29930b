/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subcommands that work on a store: the same code whether a server runs (it executes them, reached
 * over the control socket) or not (the caller takes the lock). */
#pragma once

#include "core/system.h"

#include <stdio.h>

typedef struct {
    const char *name, *usage, *help;
    /* `out` reaches the person who typed it; progress lines begin with \r. A write that fails: nobody
     * waits for it any more, or the server stops; what takes long ends then. The exit code. */
    int (*run)(System *sys, int argc, char **argv, FILE *out);
    /* The language and terminal of the person who typed it are asked for: main.c adds what only the
     * caller's process knows (--lang, --bar). */
    bool of_caller;
    bool has_file; /* argv[1] is a file of that person's */
    /* Never on a server's store, and in this process: it would leave nothing to the server. In a trial its
     * commits are not synced one by one (db/unsynced.h). */
    bool alone;
} StoreCommand;

/* Ends in {NULL}. */
extern const StoreCommand command_line_store[];

const StoreCommand       *command_line_find(const char *name);
