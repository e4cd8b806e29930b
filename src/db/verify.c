/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mistakes in statements are found before the first request: by their text, and by asking the
 * engine how it would run them. */
#include "db/verify.h"

#include "db/engine.h"
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
        if (strchr("?;", *piece.text) != NULL ||
            (*piece.text == '@' && g_ascii_isalpha(piece.text[1])))
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

static bool
inserts_only(const char *sql)
{
    bool inserts = false;

    for (SqlText piece = sqltext_next(sql); piece.kind != SQLTEXT_END;
         piece = sqltext_next(piece.text + piece.length)) {
        if (sqltext_is_word(piece, "UPDATE") || sqltext_is_word(piece, "DELETE"))
            return false;
        inserts = inserts || sqltext_is_word(piece, "INSERT");
    }
    return inserts;
}

bool
verify_only_inserts(const DbQuery *query)
{
    return inserts_only(query->sql) && (query->sql_pg == NULL || inserts_only(query->sql_pg));
}

/* ---- the plans ---- */

static bool
check_plan(const Db *db, void *explainer, const Statement *statement, GError **error)
{
    const DbQuery   *query = statement->query;
    g_autofree char *plan = db->engine->explain(explainer, statement, error);

    if (plan == NULL)
        return false;

    const char *fault = query->scans ? NULL : db->engine->find_fault(plan, query->sql);
    return fault == NULL || fail(error, APP_ERROR_INTERNAL, "%s: %s\n%s", fault, query->sql, plan);
}

bool
db_verify_plans(Db *db, GError **error)
{
    void *explainer = db->engine->explainer_open(db, error);
    bool  succeeded = true;

    if (explainer == NULL)
        return false;

    for (size_t i = 0; succeeded && i < db->catalog.n_statements; i++)
        succeeded = check_plan(db, explainer, &db->catalog.statements[i], error);

    db->engine->explainer_close(explainer);
    return succeeded;
}

/* ---- the list ---- */

static void
print_query(const Db *db, void *explainer, const Statement *statement, FILE *out)
{
    const DbQuery *query = statement->query;

    fprintf(out, "%s %s\n", query->table == NULL ? "reads" : "writes",
            query->table == NULL ? "" : query->table);
    fprintf(out, "    %s\n", query->sql);
    if (query->sql_pg != NULL)
        fprintf(out, "    PostgreSQL: %s\n", query->sql_pg);

    if (explainer != NULL) {
        g_autoptr(GError) error = NULL;
        g_autofree char *plan = db->engine->explain(explainer, statement, &error);
        const char      *fault = plan == NULL ? NULL : db->engine->find_fault(plan, query->sql);

        fprintf(out, "%s", plan == NULL ? error->message : plan);
        if (fault != NULL)
            fprintf(out, "  fault: %s\n", fault);
    }
    fprintf(out, "\n");
}

void
db_print_queries(Db *db, FILE *out, bool plans, bool dialects)
{
    g_autoptr(GError) error = NULL;
    void *explainer = plans ? db->engine->explainer_open(db, &error) : NULL;

    if (error != NULL) {
        fprintf(out, "%s\n", error->message);
        return;
    }

    for (size_t i = 0; i < db->catalog.n_statements; i++)
        if (!dialects || db->catalog.statements[i].query->sql_pg != NULL)
            print_query(db, explainer, &db->catalog.statements[i], out);
    if (explainer != NULL)
        db->engine->explainer_close(explainer);
}
