/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How PostgreSQL would run a statement whatever its parameters are, when it avoids reading a whole
 * table and sorting where it can: what is left of them then is the statement's own. */
#include "db/db_pg.h"

#include "db/sqltext.h"

#include <string.h>

#define PARTIAL " (some rows only)"

static const char settings[] = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
                               "SET enable_sort = off; SET enable_bitmapscan = off;"
                               "SET enable_hashjoin = off; SET enable_mergejoin = off;"
                               "SET enable_hashagg = off; SET jit = off";

typedef struct {
    PgConn      conn;
    GHashTable *partial; /* names of indexes of some rows only */
} Explainer;

static bool
read_partial(Explainer *explainer, GError **error)
{
    PGresult *rows =
        pg_conn_exec(&explainer->conn,
                     "SELECT relname FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
                     " WHERE indpred IS NOT NULL"
                     " AND relnamespace = current_schema()::regnamespace",
                     error);

    for (int i = 0; rows != NULL && i < PQntuples(rows); i++)
        g_hash_table_add(explainer->partial, g_strdup(PQgetvalue(rows, i, 0)));
    PQclear(rows);
    return rows != NULL;
}

void *
db_pg_explainer_open(Db *base, GError **error)
{
    PgDb      *db = (PgDb *)base;
    Explainer *explainer = g_new0(Explainer, 1);

    explainer->conn = (PgConn){ .db = db, .role = PG_PLAIN };
    explainer->partial = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (pg_conn_open(&explainer->conn, db->url, error) &&
        pg_conn_command(&explainer->conn, settings, error) && read_partial(explainer, error))
        return explainer;

    db_pg_explainer_close(explainer);
    return NULL;
}

void
db_pg_explainer_close(void *data)
{
    Explainer *explainer = data;

    pg_conn_close(&explainer->conn);
    g_hash_table_destroy(explainer->partial);
    g_free(explainer);
}

/* In an empty store the planner has no reason to prefer another index to one that holds few rows. */
static bool
is_partial(const Explainer *explainer, const char *line)
{
    const char *name = strstr(line, " using ");

    if (name == NULL)
        return false;
    name += strlen(" using ");
    g_autofree char *alone = g_strndup(name, strcspn(name, " "));
    return g_hash_table_contains(explainer->partial, alone);
}

char *
db_pg_explain(void *data, const Statement *statement, GError **error)
{
    Explainer *explainer = data;
    g_autoptr(GString) sql = g_string_new(NULL);
    g_autoptr(GString) plan = g_string_new(NULL);

    g_string_printf(sql, "DEALLOCATE ALL; PREPARE one AS %s; EXPLAIN (COSTS off) EXECUTE one",
                    pg_sql(statement->query));
    for (size_t i = 0; i < statement->n_params; i++)
        g_string_append_printf(sql, "%sNULL", i == 0 ? " (" : ", ");
    if (statement->n_params > 0)
        g_string_append_c(sql, ')');

    PGresult *rows = pg_conn_exec(&explainer->conn, sql->str, error);
    if (rows == NULL)
        return NULL;
    for (int i = 0; i < PQntuples(rows); i++)
        g_string_append_printf(plan, "  %s%s\n", PQgetvalue(rows, i, 0),
                               is_partial(explainer, PQgetvalue(rows, i, 0)) ? PARTIAL : "");
    PQclear(rows);
    return g_string_free(g_steal_pointer(&plan), FALSE);
}

static bool
has_limit(const char *sql)
{
    for (SqlText piece = sqltext_next(sql); piece.kind != SQLTEXT_END;
         piece = sqltext_next(piece.text + piece.length))
        if (sqltext_is_word(piece, "LIMIT"))
            return true;
    return false;
}

/* An index scan of all rows without a condition walks the index from end to end. */
static bool
is_bare(char *const *line, const char *step)
{
    return strstr(*line, step) != NULL && !g_str_has_suffix(*line, PARTIAL) &&
           (line[1] == NULL || strstr(line[1], "Index Cond:") == NULL) &&
           (line[1] == NULL || strstr(line[1], "Order By:") == NULL);
}

const char *
db_pg_find_fault(const char *plan, const char *sql)
{
    g_auto(GStrv) lines = g_strsplit(plan, "\n", -1);
    bool limited = has_limit(sql);

    for (char **line = lines; *line != NULL; line++) {
        if (strstr(*line, "Seq Scan on ") != NULL)
            return "a table or index is walked from end to end";
        if (!limited && (is_bare(line, "Index Scan") || is_bare(line, "Index Only Scan")))
            return "a table or index is walked from end to end";
        if (g_str_has_prefix(g_strchug(*line), "Sort Key") || strstr(*line, "->  Sort") != NULL)
            return "rows are sorted that no index gives in order";
    }
    return NULL;
}
