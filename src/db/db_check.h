/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What only the engine can see of a file, for `sawt check`: damaged pages, indexes that disagree with
 * their tables, references to nothing, and which words full text holds. Nothing above src/db knows how
 * an engine says it. */
#pragma once

#include "db/db.h"

typedef enum {
    DB_FLAW_DAMAGE,    /* a page, a table or an index of it */
    DB_FLAW_REFERENCE, /* a row names one that is not there */
} DbFlaw;

/* `most` is how long one reading may last (microseconds, 0: as long as it takes): while a server works on
 * the file a long one would keep the log from beginning anew. What does not end in that time is told by
 * `skipped`, and nothing is known about it. PostgreSQL has no such log, and nothing is left out. */
typedef struct {
    int64_t most;
    void (*flaw)(DbFlaw flaw, const char *where, void *data);
    void (*skipped)(const char *table, void *data);
    bool (*tick)(void *data); /* now and then; false: stop (BUSY) */
    void *data;
} DbCheck;

/* Look through all tables and indexes of the file. On PostgreSQL every table is read once, every reference is
 * followed, and indexes must be valid; whether their entries are right only `pg_amcheck` can say. Damage is a
 * flaw and no error. BUSY, INTERNAL. */
bool db_check_file(Db *db, const DbCheck *check, GError **error) MUST_USE;

/* A word of an entry; false to stop with its error. Both are borrowed until it returns. */
typedef bool (*DbWordFunc)(int64_t id, const char *word, void *data, GError **error);

/* Call `word` once for each word of each entry of a full-text table, in no order that may be relied on. SQLite
 * is read in the words' order, in parts of 1/256 of all words that begin with hexadecimal digits, PostgreSQL
 * by entries, a thousand at a time; each part in a snapshot of its own. */
bool
db_check_words(Db *db, const char *table, DbWordFunc word, void *data, GError **error) MUST_USE;
