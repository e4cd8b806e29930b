/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: what a Db is on SQLite. One connection writes and belongs to the writer's thread;
 * a few read and are lent for one read transaction each. */
#pragma once

#include "db/db_sqlite_file.h"
#include "db/engine.h"
#include "db/guard.h"

typedef struct {
    DbTx  base;
    Conn  conn;
    Guard guard;
} SqliteReader;

typedef struct {
    Db            base;
    char         *path, *vfs;
    SqliteFiles   files;
    SqliteReader *readers;
    Conn          writer;
    Guard         guard;
    pthread_t     thread;
    bool          started;
    bool          bulk;
    int64_t       log_pages;    /* in the log since it last began anew; the writer's thread only */
    int64_t       log_next_try; /* when to try again to move it into the file */
} SqliteDb;

ConnOptions db_sqlite_conn_options(const SqliteDb *db, ConnRole role);

/* db_sqlite_read.c: the engine's part of the verbs that read. */
bool db_sqlite_begin(DbTx *tx, GError **error);
void db_sqlite_end(DbTx *tx);
bool
db_sqlite_start(DbTx *tx, Cursor *cursor, const DbValue *params, size_t n_params, GError **error);
bool db_sqlite_next(DbTx *tx, Cursor *cursor, bool *row, GError **error);
bool db_sqlite_decode(const Cursor *cursor, Arena *mem, void *out, GError **error);
void db_sqlite_stop(DbTx *tx, Cursor *cursor);
/* Refuse to run longer than a read transaction may live. */
void db_sqlite_reader_limit(SqliteReader *reader);

/* db_sqlite_write.c */
void db_sqlite_writer_start(SqliteDb *db);
/* Refuse new plans, finish those that wait, cut the log. */
void db_sqlite_writer_stop(SqliteDb *db);
bool db_sqlite_checkpoint(Db *db, GError **error);

/* db_sqlite_explain.c */
void       *db_sqlite_explainer_open(Db *db, GError **error);
char       *db_sqlite_explain(void *explainer, const Statement *statement, GError **error);
void        db_sqlite_explainer_close(void *explainer);
const char *db_sqlite_find_fault(const char *plan, const char *sql);

/* db_sqlite_check.c */
bool db_sqlite_check_file(Db *db, const DbCheck *check, GError **error);
bool db_sqlite_check_words(Db *db, const char *table, DbWordFunc word, void *data, GError **error);

/* migrate_sqlite.c: is the file ours and does it have exactly this program's migrations? INVALID with a
 * sentence that says what to do. */
bool migrate_sqlite_check(Conn *conn, const DbSchema *schema, GError **error) MUST_USE;
