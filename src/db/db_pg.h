/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: what a Db is on PostgreSQL. Readers are lent like SQLite's; a few writers take
 * batches from one queue, so that one runs while another waits for its commit. Every connection has
 * all statements that it may run prepared before it is used, and speaks in libpq's pipeline mode. */
#pragma once

#include "db/engine.h"

#include <libpq-fe.h>

/* What the server said about a statement when it was first prepared; by the catalog's index. */
typedef struct {
    Oid *params; /* NULL: not yet */
} PgTypes;

typedef enum {
    PG_READER,  /* read only, snapshots */
    PG_REPLICA, /* the same on a server that may be behind */
    PG_WRITER,
    PG_PLAIN, /* migrations, plans, the lease of the node's number */
    PG_WATCH, /* likewise, on a replica */
} PgRole;

/* Whether the server is there. Who waited in vain doubts; only the keeper of the node's number, who
 * asks it at once, says that it is gone, and that it is back. */
typedef enum { PG_FINE, PG_DOUBT, PG_GONE } PgWeather;

typedef struct PgDb PgDb;

typedef struct {
    PgDb   *db;     /* NULL: no catalog */
    PGconn *handle; /* NULL: not connected */
    PgRole  role;
    int     owed;        /* results that nobody needs and that must be read first */
    int64_t next_try;    /* by clock_monotonic: not sooner, the last one failed */
    int64_t answer_time; /* how long the layer's own SQL may take */
    char    backend[64]; /* which server process it is, for looking whether it has ended */
} PgConn;

typedef struct PgReader {
    DbTx             base;
    PgConn           conn;
    bool             begun;
    struct PgReader *stand_in; /* of a replica's: one of the primary, which answers in its place */
} PgReader;

/* A renewal of the node's lease: a replica that shows it has everything that was acknowledged
 * before `at`. */
typedef struct {
    int64_t until; /* what the renewal wrote */
    int64_t at;    /* by clock_monotonic, before it was sent */
} PgBeat;

enum { PG_BEATS = 16 };

typedef struct {
    PgConn    conn;
    pthread_t thread;
} PgWriter;

struct PgDb {
    Db        base;
    char     *url;
    PgTypes  *types;
    bool      unsafe_sync;
    PgReader *readers;
    PgWriter *writers;
    size_t    n_writers, n_started;
    int64_t   patience; /* how long a plan waits for a server that is gone; microseconds */

    /* The number of this node, its lease, and the end of everything. */
    char            holder[40];
    PgConn          keeper;
    pthread_t       keeper_thread;
    bool            keeps;
    int             node;
    Lock            lock;
    Signal          signal;
    bool            closing;      /* under lock */
    _Atomic int64_t leased_until; /* by clock_monotonic */
    _Atomic int     weather;      /* PgWeather */
    Signal          changed;      /* the weather has; under lock */

    /* NULL: there are no replicas. */
    char     *replicas_url;
    PgReader *replicas;
    PgConn    watch;
    pthread_t watch_thread;
    bool      watches;
    PgBeat    beats[PG_BEATS]; /* a ring; under lock */
    size_t    n_beats;
};

/* ---- db_pg_address.c ---- */

/* Can this be the address of a store? INVALID; it may hold no password. */
bool pg_check_url(const char *url, GError **error) MUST_USE;
/* Connecting failed at the start: is it a matter of waiting (BUSY stays), or does a server answer that
 * does not let us in, or that cannot prove who it is (INVALID)? */
bool pg_explain_start(const char *url, GError **error);

/* ---- db_pg_conn.c: one connection ---- */

/* Connect and set the session up; with a catalog, prepare what the role may run, and at the first
 * time check that every statement fits its query. BUSY: no server there; INVALID: the wrong one. */
bool pg_conn_open(PgConn *conn, const char *url, GError **error) MUST_USE;
void pg_conn_close(PgConn *conn);
/* Is it there? If not, try, unless the last try was just now. BUSY. */
bool pg_conn_ensure(PgConn *conn, GError **error) MUST_USE;

/* The result of the next command of the pipeline, or PGRES_PIPELINE_SYNC. NULL: the connection is
 * lost, or the deadline passed; it is closed then. */
PGresult *pg_conn_take(PgConn *conn, int64_t deadline);
/* Read what is owed. */
bool pg_conn_settle(PgConn *conn, int64_t deadline) MUST_USE;
/* Without parameters, outside of the pipeline: SQL of the layer itself. The result or NULL. */
PGresult *pg_conn_exec(PgConn *conn, const char *sql, GError **error);
PGresult *pg_conn_exec_params(PgConn *conn, const char *sql, const char *const *params,
                              int n_params, GError **error);
bool      pg_conn_command(PgConn *conn, const char *sql, GError **error) MUST_USE;

/* Set `error` from a result of the server and evaluate to false. A unique index: RACE; full, no
 * room, stopped, cancelled: BUSY; else INTERNAL. Only the primary message: no row's content. */
bool pg_fail(const PGresult *result, const char *doing, GError **error);
/* May the same be tried again at once (serialization failure, deadlock)? */
bool pg_is_retry(const PGresult *result);
/* Is this server no longer one to write to? */
bool pg_is_demoted(const PGresult *result);
/* Its last words on this connection: it, or its process, is being ended; or what follows such words. */
bool pg_is_farewell(const PGresult *result);

/* ---- db_pg_value.c: parameters and columns, all in binary ---- */

const char *pg_sql(const DbQuery *query);
/* Send a prepared statement into the pipeline. INTERNAL: a parameter is of another type. */
bool pg_send(PgConn *conn, const Statement *statement, const DbValue *params, size_t n_params,
             GError **error) MUST_USE;
/* Run a statement that this connection has not prepared; a row or none. */
bool pg_run_once(PgConn *conn, const Statement *statement, const DbValue *params, size_t n_params,
                 bool *row, GError **error) MUST_USE;
/* Do the server's types fit the query's columns? INTERNAL. */
bool pg_check_columns(const DbQuery *query, const PGresult *described, GError **error) MUST_USE;
bool pg_check_params(const DbQuery *query, const PGresult *described, GError **error) MUST_USE;
bool pg_decode(const DbQuery *query, const PGresult *result, int row, Arena *mem, void *out,
               GError **error) MUST_USE;

/* ---- db_pg_read.c ---- */

bool db_pg_begin(DbTx *tx, GError **error);
void db_pg_end(DbTx *tx);
bool db_pg_start(DbTx *tx, Cursor *cursor, const DbValue *params, size_t n_params, GError **error);
bool db_pg_next(DbTx *tx, Cursor *cursor, bool *row, GError **error);
bool db_pg_decode(const Cursor *cursor, Arena *mem, void *out, GError **error);
void db_pg_stop(DbTx *tx, Cursor *cursor);

/* ---- db_pg_write.c ---- */

void db_pg_writers_start(PgDb *db);
void db_pg_writers_stop(PgDb *db);

/* ---- db_pg_node.c ---- */

/* Lease a number from 0 to 1023 on the open connection `keeper`, and keep it until node_stop. */
bool db_pg_node_start(PgDb *db, GError **error) MUST_USE;
void db_pg_node_stop(PgDb *db);
/* BUSY: the lease ran out; ids made meanwhile could be another node's too. */
bool db_pg_node_check(PgDb *db, GError **error) MUST_USE;
/* No answer came in time, or no connection: let the keeper look. */
void db_pg_node_doubt(PgDb *db);
bool db_pg_node_wait(Db *db, int64_t deadline);

/* ---- db_pg_replica.c ---- */

void db_pg_replica_start(PgDb *db);
void db_pg_replica_stop(PgDb *db);
/* Note a renewal. Called with what was true before it was sent. */
void db_pg_replica_beat(PgDb *db, int64_t until, int64_t at);
/* Is a snapshot that shows this renewal young enough? */
bool              db_pg_replica_is_near(PgDb *db, int64_t until);
extern const char db_pg_replica_beat_sql[];

/* ---- db_pg_explain.c ---- */

void       *db_pg_explainer_open(Db *db, GError **error);
char       *db_pg_explain(void *explainer, const Statement *statement, GError **error);
void        db_pg_explainer_close(void *explainer);
const char *db_pg_find_fault(const char *plan, const char *sql);

/* ---- db_pg_check.c: see db_check.h ---- */

bool db_pg_check_file(Db *db, const DbCheck *check, GError **error);
bool db_pg_check_words(Db *db, const char *table, DbWordFunc word, void *data, GError **error);

/* ---- migrate_pg.c ---- */

/* Is the schema ours and does it have exactly this program's migrations? INVALID with a sentence
 * that says what to do. */
bool migrate_pg_check(PgConn *conn, const DbSchema *schema, GError **error) MUST_USE;
/* INVALID: a move into this schema has not ended (db/db_move.h). */
bool migrate_pg_check_moved(PgConn *conn, const DbSchema *schema, GError **error) MUST_USE;
