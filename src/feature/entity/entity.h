/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The import of reference data: entities, services and their fields, directorates, places, holidays,
 * calendar rules, from CSV files whose columns are described in data/README.md. */
#pragma once

#include "core/command.h"
#include "feature/feature.h"

#include <stdio.h>

#define IMPORT_FILES 8

typedef struct {
    const char *file;
    int64_t     line; /* 0: the file as such; 1: its header */
    const char *reason;
} ImportFault;

typedef struct {
    const char *file;
    int64_t     rows, added, changed, retired, unchanged;
} ImportCount;

/* Texts live as long as the arena of the import. */
typedef struct {
    ImportCount  counts[IMPORT_FILES];
    size_t       n_counts;
    ImportFault *faults; /* the first ENTITY_FAULTS_MOST of them, in the order of the files */
    size_t       n_faults;
    int64_t      all_faults;
} ImportReport;

#define ENTITY_FAULTS_MOST 200

/* Take the files of `directory` in, in one commit with one event of kind "import", and load the new
 * snapshot. Rows are known by their codes and keep their ids; what vanished from a file is retired
 * (a holiday or rule, which nothing refers to, goes). When nothing differs nothing is written.
 * INVALID: a header or row is broken; then nothing at all was taken, and `report` says why. */
bool entity_import(const CommandContext *context, const char *directory, ImportReport *report,
                   GError **error) MUST_USE;

/* The same for the embedded registry of invented people; the dead are left out (counted as retired).
 * FORBIDDEN unless this is a trial, INVALID as above. */
bool entity_import_registry(System *sys, Arena *mem, const char *path, ImportReport *report,
                            GError **error) MUST_USE;

/* `sawt import`: the reference data of `directory`, with `registry` also its registry.csv; what
 * happened is told on `out`, fault by fault. */
bool entity_import_command(System *sys, const char *directory, bool registry, FILE *out,
                           GError **error) MUST_USE;

extern const DbQuery *const entity_queries[];
extern const Feature        entity_feature;
