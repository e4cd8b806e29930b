/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mistakes in statements are found before the first request: by their text, and by asking the
 * engine how it would run them. */
#include "db/verify.h"

#include "db/db_sqlite.h"
#include "db/sqltext.h"

#include <stdio.h>
#include <string.h>

/* ---- the text ---- */

typedef struct {
    const char *sql;
    int         parameters; /* so far */
    SqlText     verb;       /* the first SELECT, INSERT, UPDATE or DELETE outside of brackets */
    SqlText     table;      /* what it writes */
} Reading;

static bool
read_parameter(Reading *reading, SqlText piece, GError **error)
{
    gint64 number = g_ascii_strtoll(piece.text + 1, NULL, 10);

    if (number < 1 || number > reading->parameters + 1)
        return fail(error, APP_ERROR_INTERNAL, "$%d must appear before $%d: %s",
                    reading->parameters + 1, (int)number, reading->sql);
    reading->parameters = MAX(reading->parameters, (int)number);
    return true;
}

static void
read_verb(Reading *reading, SqlText piece)
{
    SqlText next = sqltext_next_solid(piece.text + piece.length);

    if (reading->verb.kind == SQLTEXT_WORD)
        return;

    if (sqltext_is_word(piece, "SELECT") || sqltext_is_word(piece, "VALUES")) {
        reading->verb = piece;
    } else if (sqltext_is_word(piece, "UPDATE")) {
        reading->verb = piece;
        reading->table = next;
    } else if (sqltext_is_word(piece, "INSERT") || sqltext_is_word(piece, "DELETE")) {
        reading->verb = piece;
        reading->table = sqltext_next_solid(next.text + next.length);
    }
}

/* What only one engine knows, or what changes rows that the verb does not tell of. */
static bool
check_word(const Reading *reading, SqlText piece, GError **error)
{
    SqlText next = sqltext_next_solid(piece.text + piece.length);

    if ((sqltext_is_word(piece, "INSERT") || sqltext_is_word(piece, "UPDATE")) &&
        sqltext_is_word(next, "OR"))
        return fail(error, APP_ERROR_INTERNAL, "OR is SQLite's only; write ON CONFLICT: %s",
                    reading->sql);
    if (sqltext_is_word(piece, "REPLACE") && next.kind != SQLTEXT_END && *next.text != '(')
        return fail(error, APP_ERROR_INTERNAL, "REPLACE deletes rows unseen: %s", reading->sql);
    return true;
}

static bool
read_piece(Reading *reading, SqlText piece, int depth, GError **error)
{
    switch (piece.kind) {
    case SQLTEXT_PARAMETER:
        return read_parameter(reading, piece, error);
    case SQLTEXT_WORD:
        if (depth == 0)
            read_verb(reading, piece);
        return check_word(reading, piece, error);
    case SQLTEXT_OTHER:
        if (strchr("?@;", *piece.text) != NULL)
            return fail(error, APP_ERROR_INTERNAL,
                        "parameters are $1, $2, …, and a query is one statement without %c: %s",
                        *piece.text, reading->sql);
        return true;
    case SQLTEXT_END:
    case SQLTEXT_BLANK:
    case SQLTEXT_QUOTED:
    default:
        return true;
    }
}

static bool
read_text(Reading *reading, GError **error)
{
    int depth = 0;

    for (SqlText piece = sqltext_next(reading->sql); piece.kind != SQLTEXT_END;
         piece = sqltext_next(piece.text + piece.length)) {
        if (piece.kind == SQLTEXT_OTHER)
            depth += *piece.text == '(' ? 1 : *piece.text == ')' ? -1 : 0;
        if (!read_piece(reading, piece, depth, error))
            return false;
    }
    return true;
}

static bool
check_dialect(const DbQuery *query, const char *sql, int *parameters, GError **error)
{
    Reading reading = { .sql = sql };

    if (!read_text(&reading, error))
        return false;
    *parameters = reading.parameters;

    if (query->table == NULL && reading.verb.kind == SQLTEXT_WORD && reading.table.length == 0)
        return true;
    if (query->table == NULL)
        return fail(error, APP_ERROR_INTERNAL, "it writes and gives no table: %s", sql);
    if (!sqltext_is_word(reading.table, query->table))
        return fail(error, APP_ERROR_INTERNAL, "it does not write %s: %s", query->table, sql);
    return true;
}

static size_t
size_of(DbType type)
{
    switch (type) {
    case DB_TYPE_INT:
        return sizeof(int64_t);
    case DB_TYPE_BOOL:
        return sizeof(bool);
    case DB_TYPE_TEXT:
        return sizeof(const char *);
    case DB_TYPE_BYTES:
        return sizeof(Bytes);
    case DB_TYPE_DOUBLE:
        return sizeof(double);
    case DB_TYPE_NULL:
    default:
        return SIZE_MAX / 2;
    }
}

static bool
check_row(const DbQuery *query, GError **error)
{
    if ((query->table == NULL) != (query->n_columns > 0))
        return fail(error, APP_ERROR_INTERNAL, "it must have a table or columns, not both: %s",
                    query->sql);

    for (size_t i = 0; i < query->n_columns; i++)
        if (query->columns[i].offset + size_of(query->columns[i].type) > query->row_size)
            return fail(error, APP_ERROR_INTERNAL, "column %s lies outside of the row: %s",
                        query->columns[i].name, query->sql);
    return true;
}

bool
verify_text(const DbQuery *query, GError **error)
{
    int parameters, parameters_pg;

    if (query->sql == NULL)
        return fail(error, APP_ERROR_INTERNAL, "a query has no SQL");
    if (!check_row(query, error) || !check_dialect(query, query->sql, &parameters, error))
        return false;
    if (query->sql_pg == NULL)
        return true;

    if (!check_dialect(query, query->sql_pg, &parameters_pg, error))
        return false;
    return parameters == parameters_pg ||
           fail(error, APP_ERROR_INTERNAL, "the dialects have %d and %d parameters: %s", parameters,
                parameters_pg, query->sql);
}

/* ---- the plans ---- */

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

static const char *
find_fault(const char *plan, const char *sql)
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

/* One line for each step, indented by depth. NULL: error. */
static char *
explain(Conn *conn, const char *sql, GError **error)
{
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

static bool
check_plan(Conn *conn, const DbQuery *query, GError **error)
{
    g_autofree char *plan = explain(conn, query->sql, error);

    if (plan == NULL)
        return false;

    const char *fault = query->scans ? NULL : find_fault(plan, query->sql);
    return fault == NULL || fail(error, APP_ERROR_INTERNAL, "%s: %s\n%s", fault, query->sql, plan);
}

bool
db_verify_plans(Db *db, GError **error)
{
    ConnOptions options = db_sqlite_conn_options(db, CONN_EXPLAINER);
    Conn        conn;

    if (!conn_open(&conn, &options, error))
        return false;

    bool succeeded = true;
    for (size_t i = 0; succeeded && i < db->catalog.n_statements; i++)
        succeeded = check_plan(&conn, db->catalog.statements[i].query, error);

    conn_close(&conn);
    return succeeded;
}

/* ---- the list ---- */

static void
print_query(Conn *conn, const Statement *statement, FILE *out, bool plans)
{
    const DbQuery *query = statement->query;

    fprintf(out, "%s %s\n", query->table == NULL ? "reads" : "writes",
            query->table == NULL ? "" : query->table);
    fprintf(out, "    %s\n", query->sql);
    if (query->sql_pg != NULL)
        fprintf(out, "    PostgreSQL: %s\n", query->sql_pg);

    if (plans) {
        g_autoptr(GError) error = NULL;
        g_autofree char *plan = explain(conn, query->sql, &error);

        fprintf(out, "%s", plan == NULL ? error->message : plan);
    }
    fprintf(out, "\n");
}

void
db_print_queries(Db *db, FILE *out, bool plans, bool dialects)
{
    ConnOptions options = db_sqlite_conn_options(db, CONN_EXPLAINER);
    g_autoptr(GError) error = NULL;
    Conn conn;

    if (!conn_open(&conn, &options, &error)) {
        fprintf(out, "%s\n", error->message);
        return;
    }

    for (size_t i = 0; i < db->catalog.n_statements; i++)
        if (!dialects || db->catalog.statements[i].query->sql_pg != NULL)
            print_query(&conn, &db->catalog.statements[i], out, plans);
    conn_close(&conn);
}
