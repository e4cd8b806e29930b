/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How SQLite would run a statement, and what is wrong with that. */
#include "db/db_sqlite.h"

#include "db/sqltext.h"

#include <string.h>

/* Parts of the query itself, which are read as a whole because they are the result. */
static const char *const part_prefixes[] = { "MATERIALIZE ", "CO-ROUTINE " };

static bool
has_limit(const char *sql)
{
    for (SqlText piece = sqltext_next(sql); piece.kind != SQLTEXT_END;
         piece = sqltext_next(piece.text + piece.length))
        if (sqltext_is_word(piece, "LIMIT"))
            return true;
    return false;
}

static void
note_part(GHashTable *parts, const char *line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(part_prefixes); i++)
        if (g_str_has_prefix(line, part_prefixes[i]))
            g_hash_table_add(parts, g_strdup(line + strlen(part_prefixes[i])));
}

/* `line` is SCAN and a name, perhaps with how. */
static bool
is_scan(GHashTable *parts, const char *line, bool limited)
{
    const char      *name = line + strlen("SCAN ");
    g_autofree char *alone = g_strndup(name, strcspn(name, " "));

    if (g_str_has_suffix(line, "CONSTANT ROW") || g_str_has_suffix(line, "CONSTANT ROWS"))
        return false;
    if (*name == '(' || g_hash_table_contains(parts, alone))
        return false;
    if (strstr(line, " VIRTUAL TABLE INDEX ") != NULL)
        return g_str_has_suffix(line, " VIRTUAL TABLE INDEX 0:");
    if (strstr(line, " USING ") != NULL)
        return !limited;
    return true;
}

const char *
db_sqlite_find_fault(const char *plan, const char *sql)
{
    g_autoptr(GHashTable) parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(plan, "\n", -1);
    bool limited = has_limit(sql);

    for (char **line = lines; *line != NULL; line++)
        note_part(parts, g_strchug(*line));

    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, "SCAN ") && is_scan(parts, *line, limited))
            return "a table or index is walked from end to end";
        if (g_str_has_prefix(*line, "USE TEMP B-TREE"))
            return "rows are sorted that no index gives in order";
        if (strstr(*line, "AUTOMATIC") != NULL)
            return "an index is built for this statement alone";
    }
    return NULL;
}

void *
db_sqlite_explainer_open(Db *db, GError **error)
{
    ConnOptions options = db_sqlite_conn_options((SqliteDb *)db, CONN_EXPLAINER);
    Conn       *conn = g_new0(Conn, 1);

    if (conn_open(conn, &options, error))
        return conn;

    g_free(conn);
    return NULL;
}

void
db_sqlite_explainer_close(void *explainer)
{
    conn_close(explainer);
    g_free(explainer);
}

/* One line for each step, indented by depth. */
char *
db_sqlite_explain(void *explainer, const Statement *statement, GError **error)
{
    Conn            *conn = explainer;
    const char      *sql = statement->query->sql;
    g_autofree char *text = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    g_autoptr(GString) plan = g_string_new(NULL);
    g_autoptr(GHashTable) depths = g_hash_table_new(NULL, NULL);
    sqlite3_stmt *row = NULL;
    int           code = sqlite3_prepare_v2(conn->handle, text, -1, &row, NULL);

    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;

        gpointer above = GINT_TO_POINTER(sqlite3_column_int(row, 1));
        int      depth = GPOINTER_TO_INT(g_hash_table_lookup(depths, above)) + 1;
        g_hash_table_insert(depths, GINT_TO_POINTER(sqlite3_column_int(row, 0)),
                            GINT_TO_POINTER(depth));
        g_string_append_printf(plan, "%*s%s\n", 2 * depth, "",
                               (const char *)sqlite3_column_text(row, 3));
    }
    if (code != SQLITE_DONE)
        conn_fail(conn, code, sql, error);
    sqlite3_finalize(row);

    return code == SQLITE_DONE ? g_string_free(g_steal_pointer(&plan), FALSE) : NULL;
}
