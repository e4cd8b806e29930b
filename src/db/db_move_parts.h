/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: the parts of a move. A range of a table's keys is the unit of everything: it is copied in
 * one transaction that also notes that it was, and compared as one. */
#pragma once

#include "db/conn.h"
#include "db/db_move.h"
#include "db/db_pg.h"

#define MOVE_TABLE "schema_move"
#define MOVE_RANGE_TABLE "schema_move_range"
#define MOVE_OBJECT_TABLE "schema_move_object"
#define MOVE_HASH 16

/* ---- what there is ---- */

typedef struct {
    char *name;
    Oid   type; /* at the target */
} MoveColumn;

typedef struct {
    char             *name;
    GArray           *columns;  /* of MoveColumn: those of the source */
    GArray           *keys;     /* of size_t: the columns of the primary key */
    const DbDerived  *derived;  /* made of it at the target; NULL: none */
    const DbContents *contents; /* its rows are files of the source; NULL: they are its rows */
    bool              left;     /* not logged at the target */

    /* Of the comparison, under the lock of Move. */
    int64_t  rows;
    uint64_t sum[MOVE_HASH / 8];
} MoveTable;

/* Keys above `from` up to `to`, as db_move_key writes them; NULL: open. All ranges of a table together
 * hold every key that there can be. */
typedef struct {
    int        id;
    MoveTable *table;
    char      *from, *to;
    int64_t    rows;
    bool       done;
} MoveRange;

enum { MOVE_INDEX = 1, MOVE_REFERENCE, MOVE_STATISTICS }; /* phases of building */

typedef struct {
    int   id, phase;
    char *relation, *sql;
    bool  done;
} MoveObject;

typedef struct {
    MoveTable  *table;
    char       *key;
    DbMoveFault fault;
} MoveDifference;

typedef struct {
    const DbMoveOptions *options;
    const DbSchema      *schema;
    const char          *url;
    char                *path;   /* of the source */
    char                *store;  /* which store it is */
    char                *state;  /* of the file: another one when it was written to since */
    GPtrArray           *tables; /* of MoveTable */
    GPtrArray           *ranges; /* of MoveRange */
    GPtrArray           *objects;
    bool                 verified;

    Lock                 lock;
    Signal               signal;
    GPtrArray           *differences; /* under lock */
    _Atomic int64_t      done;        /* steps of the stage */
    _Atomic bool         stopped;
} Move;

/* ---- values: what both sides read their rows into ---- */

typedef struct {
    DbType  type;    /* of the target's column, or DB_TYPE_NULL */
    int64_t integer; /* INT, BOOL */
    double  real;
    Bytes   bytes; /* TEXT too; borrowed until the next row */
} MoveValue;

typedef bool (*MoveRowFunc)(const MoveValue *row, void *data, GError **error);

/* db_move_value.c. A key as text: for the tables of the move and for messages. Free it. */
char *db_move_key(const MoveTable *table, const MoveValue *row);
/* " WHERE the key is in the range", for either engine; `columns`: how the key is called, or NULL. */
void db_move_where(GString *sql, const MoveTable *table, const MoveRange *range, const char *column,
                   bool pg);
/* The column names, quoted, with commas. `keys`: of the key only. */
void db_move_names(GString *sql, const MoveTable *table, bool keys);
/* Of a row whose columns and values are the same on both sides, the same. */
void db_move_hash(const MoveTable *table, const MoveValue *row, uint8_t hash[MOVE_HASH]);
/* DB_TYPE_NULL: none that the migrations' words make. */
DbType db_move_type(Oid type);

/* ---- db_move_source.c ---- */

/* Read only; nothing is written to the file, not even by the engine. */
bool db_move_source_open(const Move *move, Conn *conn, GError **error) MUST_USE;
/* Which store it is and in what state; INVALID when it is not of this program's version. */
bool db_move_source_check(Move *move, Conn *conn, GError **error) MUST_USE;
/* Its tables, without the migrator's own. NULL: error. */
GHashTable *db_move_source_tables(Conn *conn, GError **error);
/* Columns and key into the table. */
bool db_move_source_columns(Conn *conn, MoveTable *table, GError **error) MUST_USE;
/* Cut the table into ranges of `step` rows, appended to move->ranges. */
bool db_move_source_cut(Move *move, Conn *conn, MoveTable *table, GError **error) MUST_USE;
bool db_move_source_each(const Move *move, Conn *conn, const MoveRange *range, MoveRowFunc row,
                         void *data, GError **error) MUST_USE;
typedef bool (*MoveStepFunc)(sqlite3_stmt *row, void *data, GError **error);
bool db_move_source_rows(Conn *conn, const char *sql, MoveStepFunc step, void *data,
                         GError **error) MUST_USE;
/* Append a range, with copies of the keys. */
void
db_move_source_add(Move *move, MoveTable *table, const char *from, const char *to, int64_t rows);

/* ---- db_move_files.c: the same for a table of contents ---- */

bool db_move_files_cut(Move *move, Conn *conn, MoveTable *table, GError **error) MUST_USE;
bool db_move_files_each(const Move *move, Conn *conn, const MoveRange *range, MoveRowFunc row,
                        void *data, GError **error) MUST_USE;

/* ---- db_move_target.c ---- */

bool db_move_target_open(const Move *move, PgConn *conn, GError **error) MUST_USE;
/* Run SQL for as long as it takes. NULL: error, BUSY when the connection is lost. */
PGresult *db_move_target_run(PgConn *conn, const char *sql, GError **error);
bool      db_move_target_do(PgConn *conn, const char *sql, GError **error) MUST_USE;
/* The first column of the only row. Free it. NULL: error. */
char *db_move_target_text(PgConn *conn, const char *sql, GError **error);
/* Set `error` from what the connection says. */
bool db_move_target_fail(PgConn *conn, const PGresult *result, const char *doing, GError **error);
bool db_move_target_each(PgConn *conn, const MoveRange *range, MoveRowFunc row, void *data,
                         GError **error) MUST_USE;
/* Is there a move under way? */
bool db_move_target_has(PgConn *conn, bool *has, GError **error) MUST_USE;

/* ---- db_move_plan.c: what is to be done, as the target keeps it ---- */

/* The tables of both sides, matched. */
bool db_move_match(Move *move, Conn *source, PgConn *target, GError **error) MUST_USE;
/* Begin, or find what an earlier run has begun, and read it. */
bool db_move_begin(Move *move, Conn *source, PgConn *target, GError **error) MUST_USE;
/* Is the schema again what the migrations made of it? INTERNAL. */
bool db_move_check_schema(PgConn *target, GError **error) MUST_USE;

/* ---- db_move_copy.c, db_move_compare.c: tasks ---- */

typedef struct {
    Move     *move;
    Conn      source;
    PgConn    target;
    pthread_t thread;
    GError   *error;
} MoveWorker;

bool db_move_copy(MoveWorker *worker, void *range, GError **error);
/* `object`: all of its relation and phase are made. */
bool db_move_build(MoveWorker *worker, void *object, GError **error);
bool db_move_compare(MoveWorker *worker, void *range, GError **error);

/* ---- db_move_work.c ---- */

typedef bool (*MoveTaskFunc)(MoveWorker *worker, void *task, GError **error);

/* Do all tasks on the workers' connections; what ended BUSY is tried again as long as there is patience.
 * The first other failure ends it. */
bool db_move_work(Move *move, GPtrArray *tasks, MoveTaskFunc run, GError **error) MUST_USE;
