/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a check asks of PostgreSQL: does every page of a table read, is every index in use, and does every
 * reference lead somewhere? The server looks after the last when rows are written, but not where an
 * administrator writes past it or a damaged copy is taken in. What must stay true: it only reads, no
 * statement outlives whoever waits for it, and no column but an id is told. */
#include "db/db_pg.h"

#include "base/clock.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

enum { TICK_MS = 200, WORDS_AT_ONCE = 1000 };

typedef struct {
    const DbCheck *check;
    PgConn         conn;
    const char    *name; /* of the schema */
} Checker;

/* ---- asking ---- */

static void
cancel(PGconn *handle)
{
    PGcancel *request = PQgetCancel(handle);
    char      message[256];

    /* Not heard: it ends when it finds out that the connection was closed. */
    if (request != NULL)
        (void)PQcancel(request, message, sizeof message);
    PQfreeCancel(request);
}

/* Wait for the answer, and say now and then that it takes long. */
static bool
wait_ticking(Checker *checker, GError **error)
{
    PGconn *handle = checker->conn.handle;

    while (PQflush(handle) > 0 || PQisBusy(handle)) {
        struct pollfd readable = { .fd = PQsocket(handle), .events = POLLIN };

        if (!checker->check->tick(checker->check->data)) {
            cancel(handle);
            return fail(error, APP_ERROR_BUSY, "nobody waits for the check any more");
        }
        if (poll(&readable, 1, TICK_MS) > 0 && PQconsumeInput(handle) == 0)
            return fail(error, APP_ERROR_BUSY, "the connection to the database is lost");
    }
    return true;
}

/* The rows, or the refusal of the server, whatever it is; NULL: nobody waits, or it is gone. */
static PGresult *
ask(Checker *checker, const char *sql, GError **error)
{
    PGresult *last = NULL, *next;

    if (PQsendQuery(checker->conn.handle, sql) == 0) {
        (void)fail(error, APP_ERROR_BUSY, "the connection to the database is lost");
        return NULL;
    }
    do {
        if (!wait_ticking(checker, error)) {
            PQclear(last);
            return NULL;
        }
        next = PQgetResult(checker->conn.handle);
        if (next != NULL) {
            PQclear(last);
            last = next;
        }
    } while (next != NULL);
    return last;
}

static void
tell(Checker *checker, DbFlaw flaw, const char *what, const char *row, const char *other)
{
    g_autofree char *text = g_strdup_printf("%s: %s %s%s%s", checker->name, what, row,
                                            *other == '\0' ? "" : " → ", other);

    checker->check->flaw(flaw, text, checker->check->data);
}

/* Damaged data, a damaged index. */
static bool
is_damage(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state != NULL && (strcmp(state, "XX001") == 0 || strcmp(state, "XX002") == 0);
}

/* The rows of a query that must succeed. */
static PGresult *
ask_rows(Checker *checker, const char *sql, GError **error)
{
    PGresult *rows = ask(checker, sql, error);

    if (rows != NULL && PQresultStatus(rows) != PGRES_TUPLES_OK) {
        (void)pg_fail(rows, sql, error);
        PQclear(rows);
        return NULL;
    }
    return rows;
}

/* ---- pages and indexes ---- */

/* A server with checksums compares them as it reads. */
static bool
read_through(Checker *checker, const char *table, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    PGresult        *result = ask(checker, sql, error);

    if (result == NULL)
        return false;
    bool damage = is_damage(result);
    if (damage)
        tell(checker, DB_FLAW_DAMAGE, table, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
             "");
    bool done = damage || PQresultStatus(result) == PGRES_TUPLES_OK || pg_fail(result, sql, error);
    PQclear(result);
    return done;
}

static bool
check_tables(Checker *checker, GError **error)
{
    static const char sql[] = "SELECT c.oid::regclass FROM pg_class c WHERE relkind IN ('r', 'p')"
                              " AND relnamespace = current_schema()::regnamespace ORDER BY relname";
    PGresult         *tables = ask_rows(checker, sql, error);
    bool              done = tables != NULL;

    for (int i = 0; done && i < PQntuples(tables); i++)
        done = read_through(checker, PQgetvalue(tables, i, 0), error);
    PQclear(tables);
    return done;
}

static bool
check_indexes(Checker *checker, GError **error)
{
    static const char sql[] = "SELECT indrelid::regclass, indexrelid::regclass FROM pg_index"
                              " JOIN pg_class c ON c.oid = indexrelid"
                              " WHERE relnamespace = current_schema()::regnamespace"
                              " AND NOT (indisvalid AND indisready AND indislive) ORDER BY relname";
    PGresult         *rows = ask_rows(checker, sql, error);

    if (rows == NULL)
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        tell(checker, DB_FLAW_DAMAGE, PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1), "");
    PQclear(rows);
    return true;
}

/* ---- references ---- */

/* For each reference a query for rows that lead nowhere: by their id, or where there is none by their place. */
static const char references_sql[] =
    "SELECT conrelid::regclass, confrelid::regclass, format("
    "'SELECT a.%I FROM %s a WHERE %s AND NOT EXISTS (SELECT FROM %s b WHERE %s) LIMIT 100000',"
    " (SELECT coalesce(max(attname), 'ctid') FROM pg_attribute"
    " WHERE attrelid = conrelid AND attname = 'id'),"
    " conrelid::regclass, string_agg(format('a.%I IS NOT NULL', own.attname), ' AND '),"
    " confrelid::regclass, string_agg(format('b.%I = a.%I', other.attname, own.attname), ' AND '))"
    " FROM pg_constraint, unnest(conkey, confkey) AS pair (mine, theirs),"
    " pg_attribute own, pg_attribute other"
    " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    " AND own.attrelid = conrelid AND own.attnum = mine"
    " AND other.attrelid = confrelid AND other.attnum = theirs"
    " GROUP BY conname, conrelid, confrelid ORDER BY conname";

static bool
check_reference(Checker *checker, const char *const *reference, GError **error)
{
    PGresult *rows = ask_rows(checker, reference[2], error);

    if (rows == NULL)
        return false;
    for (int i = 0; i < PQntuples(rows); i++)
        tell(checker, DB_FLAW_REFERENCE, reference[0], PQgetvalue(rows, i, 0), reference[1]);
    PQclear(rows);
    return true;
}

static bool
check_references(Checker *checker, GError **error)
{
    PGresult *rows = ask_rows(checker, references_sql, error);
    bool      done = rows != NULL;

    for (int i = 0; done && i < PQntuples(rows); i++) {
        const char *const reference[] = { PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1),
                                          PQgetvalue(rows, i, 2) };

        done = check_reference(checker, reference, error);
    }
    PQclear(rows);
    return done;
}

/* ---- both ---- */

/* Tables are read themselves, not an index of them; its statements are planned for all rows. */
static const char settings[] = "SET default_transaction_read_only = on;"
                               "SET enable_indexonlyscan = off; SET statement_timeout = 0";

static bool
open_checker(Checker *checker, Db *db, GError **error)
{
    checker->name = db->schema->name;
    checker->conn = (PgConn){ .db = (PgDb *)db, .role = PG_PLAIN };
    return pg_conn_open(&checker->conn, checker->conn.db->url, error) &&
           pg_conn_command(&checker->conn, settings, error);
}

bool
db_pg_check_file(Db *db, const DbCheck *check, GError **error)
{
    Checker checker = { .check = check };
    bool    done = open_checker(&checker, db, error) && check_indexes(&checker, error) &&
                check_tables(&checker, error) && check_references(&checker, error);

    pg_conn_close(&checker.conn);
    return done;
}

/* ---- full text ---- */

/* The entries themselves: that the index over them is theirs is the server's matter. */
static PGresult *
read_entries(PgConn *conn, const char *table, int64_t after, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT id, array_to_string(tsvector_to_array(tokens), ' ') FROM %s WHERE id > %" PRId64
        " ORDER BY id LIMIT %d",
        table, after, WORDS_AT_ONCE);

    return pg_conn_exec(conn, sql, error);
}

/* Cuts the words apart. */
static bool
pass_entry(int64_t id, char *words, DbWordFunc word, void *data, GError **error)
{
    for (char *next; words != NULL && *words != '\0'; words = next) {
        next = strchr(words, ' ');
        if (next != NULL)
            *next++ = '\0';
        if (!word(id, words, data, error))
            return false;
    }
    return true;
}

static bool
pass_entries(const PGresult *rows, int64_t *last, DbWordFunc word, void *data, GError **error)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        *last = g_ascii_strtoll(PQgetvalue(rows, i, 0), NULL, 10);
        if (!pass_entry(*last, PQgetvalue(rows, i, 1), word, data, error))
            return false;
    }
    return true;
}

bool
db_pg_check_words(Db *db, const char *table, DbWordFunc word, void *data, GError **error)
{
    Checker checker = { .check = NULL };
    int64_t last = INT64_MIN;
    int     n = WORDS_AT_ONCE;
    bool    done = open_checker(&checker, db, error);

    while (done && n == WORDS_AT_ONCE) {
        PGresult *rows = read_entries(&checker.conn, table, last, error);

        n = rows == NULL ? 0 : PQntuples(rows);
        done = rows != NULL && pass_entries(rows, &last, word, data, error);
        PQclear(rows);
    }
    pg_conn_close(&checker.conn);
    return done;
}
