/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `sawt check`: is the store what it says it is? The engine's own checks of both files; every petition
 * against its events, key, words, messages and questions; the counts against the events; full text
 * against the kept words; the vault's persons, and the way from each to their petitions; attachments
 * with their files. It only reads. While a server works on the store everything is read by key in
 * short snapshots, and what changed meanwhile is looked at again before it is called wrong. */
#pragma once

#include "core/system.h"

#include <stdio.h>

typedef struct {
    FILE       *out;
    const char *lang;     /* of progress and report */
    bool        terminal; /* draw a bar */
} CheckOptions;

/* Prints progress and the report. `*sound`: nothing is wrong. BUSY (nobody reads what is printed, or no
 * reader was free), INTERNAL. Memory does not grow with the store. */
bool check_run(System *sys, const CheckOptions *options, bool *sound, GError **error) MUST_USE;

extern const DbQuery *const check_queries[];
