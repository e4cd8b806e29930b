/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: what the migrators of both engines share. */
#pragma once

#include "db/migrate.h"

/* A row of schema_migration. */
typedef struct {
    int         version;
    const char *name, *checksum;
} MigrationRow;

char *migrate_checksum(const char *text);
/* 1, 2, … INTERNAL. */
bool migrate_check_numbers(const DbSchema *schema, GError **error) MUST_USE;
/* Is the row at `place` of the store this program's migration at that place? INVALID with a sentence
 * that says what to do. `store` is how the reader calls it. */
bool migrate_check_row(const DbSchema *schema, size_t place, const MigrationRow *row,
                       const char *store, GError **error) MUST_USE;
/* Does the store have as many as the program? INVALID. */
bool migrate_check_newest(const DbSchema *schema, size_t applied, const char *store,
                          GError **error) MUST_USE;

/* What a migration runs on PostgreSQL. */
const char *migrate_pg_source(const DbMigration *migration);

bool        migrate_sqlite(const DbOptions *options, int *applied, GError **error) MUST_USE;
bool        migrate_pg(const DbOptions *options, int *applied, GError **error) MUST_USE;
