/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Migrations go forward only, are numbered without gaps, and are checksummed: a store that was
 * migrated by other text is refused. Their SQL uses words that are replaced for each engine (whole
 * words, outside of quotes and comments):
 *
 *   word     SQLite     PostgreSQL            word    SQLite   PostgreSQL
 *   ID       INTEGER    BIGINT                BYTES   BLOB     BYTEA
 *   TIME     INTEGER    BIGINT                DOUBLE  REAL     DOUBLE PRECISION
 *   FLAG     INTEGER    BOOLEAN               STRICT  STRICT   (nothing)
 *   KEYED    STRICT, WITHOUT ROWID: the rows lie in the key's own tree; PostgreSQL: (nothing)
 */
#pragma once

#include "db/db.h"

/* Bring the store to the schema's newest version, one transaction for each migration. INVALID when
 * the store is newer than the program or was migrated by other text; the sentence says what to do.
 * `applied` is how many ran. On SQLite the owner lock must be held; on PostgreSQL, where the role must
 * own the schema, one process after the other does it. */
bool db_migrate(const DbOptions *options, int *applied, GError **error) MUST_USE;

/* On PostgreSQL: let the role of another address work on this store without owning anything of it: read
 * and write rows, of events only add. INVALID: that address names no role, or there is none. */
bool db_grant(const DbOptions *options, const char *serving_url, GError **error) MUST_USE;

/* The text of a migration for an engine, in `mem`. */
char *migrate_text_sqlite(Arena *mem, const char *sql);
char *migrate_text_pg(Arena *mem, const char *sql);
