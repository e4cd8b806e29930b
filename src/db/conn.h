/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: one SQLite connection, used by one thread at a time. Turns the engine's
 * codes into ours, and ends the process when the engine says that the file or the disk is damaged. */
#pragma once

#include "db/engine.h"

#include <sqlite3.h>

#define CONN_MAP_MOST 1073741824 /* bytes of a file that are read through memory */

typedef enum {
    CONN_WRITER,   /* the only one that may write */
    CONN_READER,   /* cannot write */
    CONN_MIGRATOR, /* writes before there is a writer, creates the file */
    CONN_EXPLAINER /* reads only, but may prepare what writes, to look at its plan */
} ConnRole;

typedef struct {
    const char *name; /* of the schema, for the log */
    const char *path;
    const char *vfs;
    ConnRole    role;
    bool        unsafe_sync;
    bool        bulk; /* see DbOptions */
} ConnOptions;

typedef struct {
    sqlite3       *handle;
    const char    *name;
    Faults        *faults;     /* NULL: neither counted nor made to fail */
    sqlite3_stmt **statements; /* by the index of the catalog; NULL until prepared */
    size_t         n_statements;
    sqlite3_stmt  *begin, *commit, *rollback;
    bool           serving; /* damage ends the process instead of being an error */
} Conn;

/* Open and set up. NOT_FOUND when there is no file, INVALID when it is no SQLite file, INTERNAL. */
bool conn_open(Conn *conn, const ConnOptions *options, GError **error) MUST_USE;
/* Prepare begin, commit, rollback and make room for the catalog's statements. */
bool conn_prepare(Conn *conn, const Catalog *catalog, Faults *faults, GError **error) MUST_USE;
void conn_close(Conn *conn);

/* Set `error` from a code of the engine and evaluate to false: FULL, BUSY: BUSY; a unique index:
 * RACE; else INTERNAL. Does not return when damage was found while serving. */
bool conn_fail(const Conn *conn, int code, const char *doing, GError **error);

/* Statements of the layer itself, without parameters. */
bool conn_exec(Conn *conn, const char *sql, GError **error) MUST_USE;
/* The first column of the first row; 0 when there is none. */
bool conn_int(Conn *conn, const char *sql, int64_t *value, GError **error) MUST_USE;

/* The prepared statement; prepared and checked at its first use. Its parameters must be named $1,
 * $2, … in the order in which SQLite numbers them, so that $n is parameter n. */
bool conn_statement(Conn *conn, const Statement *statement, sqlite3_stmt **prepared,
                    GError **error) MUST_USE;
/* Bind without copying: the values live until the statement is reset. */
bool conn_bind(Conn *conn, sqlite3_stmt *prepared, const DbValue *params, size_t n_params,
               GError **error) MUST_USE;
/* One step, counted. `row`: is there a row? The statement is reset unless there is. */
bool conn_step(Conn *conn, sqlite3_stmt *prepared, bool *row, GError **error) MUST_USE;
/* BEGIN and COMMIT, counted: made to fail they give BUSY. */
bool conn_begin(Conn *conn, GError **error) MUST_USE;
bool conn_commit(Conn *conn, GError **error) MUST_USE;
/* End a transaction without keeping anything; does nothing when there is none. */
void conn_rollback(Conn *conn);
/* End a transaction that only read. */
void conn_end_reading(Conn *conn);
