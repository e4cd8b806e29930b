/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: what a Db is on SQLite. One connection writes and belongs to the writer's thread;
 * a few read and are lent for one read transaction each. */
#pragma once

#include "base/thread.h"
#include "db/guard.h"

/* A reader connection; lent, it is the transaction. */
struct DbTx {
    Db                *db;
    Conn               conn;
    Guard              guard;
    Arena             *mem;
    int64_t            deadline; /* by clock_monotonic */
    _Atomic(pthread_t) holder;   /* 0: idle */
};

typedef struct {
    _Atomic int64_t plans, batches, rolled_back, commit_microseconds;
} Tally;

struct Db {
    const DbSchema *schema;
    char           *path, *vfs;
    Catalog         catalog;
    Faults          faults;
    int64_t         lease; /* microseconds */

    DbTx           *readers;
    size_t          n_readers;
    DbTx          **idle; /* a stack: the warmest connection is lent first */
    size_t          n_idle;
    Lock            idle_lock;
    Signal          idle_signal;

    Conn            writer;
    Guard           guard;
    Queue          *queue; /* of Job */
    pthread_t       thread;
    bool            started;
    Tally           tally;
    int64_t         log_pages; /* in the log since it last began anew; the writer's thread only */
    int64_t         log_next_try; /* when to try again to move it into the file */
};

ConnOptions db_sqlite_conn_options(const Db *db, ConnRole role);

/* db_sqlite_read.c: does this thread hold a read transaction? */
bool db_sqlite_thread_reads(Db *db);
/* Refuse to run longer than a read transaction may live. */
void db_sqlite_reader_limit(DbTx *reader);

/* db_sqlite_write.c */
void db_sqlite_writer_start(Db *db, int queue);
/* Refuse new plans, finish those that wait, cut the log. */
void db_sqlite_writer_stop(Db *db);

/* migrate.c: is the file ours and does it have exactly this program's migrations? INVALID with a
 * sentence that says what to do. */
bool migrate_check(Conn *conn, const DbSchema *schema, GError **error) MUST_USE;
