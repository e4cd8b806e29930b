/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a move has to do: found out once, and kept at the target in the transaction that also takes the
 * indexes away, so that a move has begun wholly or not at all. Everything that is done later is noted in
 * the transaction that does it. What must stay true: in the end the schema is exactly that of the
 * migrations, and a target that held anything is not touched. */
#include "db/db_move_parts.h"

#include <string.h>

static const char create_sql[] =
    "CREATE TABLE " MOVE_TABLE " (store TEXT NOT NULL, state TEXT NOT NULL, made TEXT NOT NULL,"
    " verified BOOLEAN NOT NULL);"
    "CREATE TABLE " MOVE_RANGE_TABLE " (id INTEGER PRIMARY KEY, relation TEXT NOT NULL,"
    " from_key TEXT, to_key TEXT, n BIGINT NOT NULL, done BOOLEAN NOT NULL);"
    "CREATE TABLE " MOVE_OBJECT_TABLE " (id INTEGER PRIMARY KEY, phase INTEGER NOT NULL,"
    " relation TEXT NOT NULL, make TEXT NOT NULL, drop TEXT NOT NULL, done BOOLEAN NOT NULL)";

/* Without those that only the migrator, the nodes and the move itself have. */
#define OWN_TABLES                                                                                 \
    "('" CATALOG_MIGRATION_TABLE "', '" CATALOG_NODE_TABLE "', '" MOVE_TABLE                       \
    "', '" MOVE_RANGE_TABLE "', '" MOVE_OBJECT_TABLE "')"

/* Everything that makes a schema what it is, as one text. */
static const char made_sql[] =
    "SELECT md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM ("
    " SELECT concat_ws(' ', 'column', relname, relpersistence, reloptions, attnum, attname,"
    "  format_type(atttypid, atttypmod), attnotnull, attstorage, attcollation, attstattarget,"
    "  pg_get_expr(adbin, adrelid)) AS line"
    "  FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0"
    "  LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum"
    "  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
    "  AND relname NOT IN " OWN_TABLES " UNION ALL"
    " SELECT concat_ws(' ', 'constraint', relname, conname, pg_get_constraintdef(k.oid),"
    "  convalidated, condeferrable) FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid"
    "  WHERE connamespace = current_schema()::regnamespace AND relname NOT IN " OWN_TABLES
    " UNION ALL"
    " SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisvalid, indisunique,"
    "  indisprimary, indisreplident, indisclustered) FROM pg_index JOIN pg_class c ON c.oid = "
    "indrelid"
    "  WHERE relnamespace = current_schema()::regnamespace AND relname NOT IN " OWN_TABLES
    " UNION ALL"
    " SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t"
    "  JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
    "  AND relnamespace = current_schema()::regnamespace UNION ALL"
    " SELECT concat_ws(' ', 'function', proname, prosrc) FROM pg_proc"
    "  WHERE pronamespace = current_schema()::regnamespace) parts";

/* References first: they hold the indexes that they lead to. Primary keys stay: they refuse a row that
 * came twice, and rows come nearly in their order. */
static const char objects_sql[] =
    "INSERT INTO " MOVE_OBJECT_TABLE " SELECT row_number() OVER (ORDER BY phase, relation, make),"
    " phase, relation, make, drop, false FROM ("
    " SELECT 2 AS phase, relname AS relation, format('ALTER TABLE %I ADD CONSTRAINT %I %s', "
    "relname,"
    "  conname, pg_get_constraintdef(k.oid)) AS make,"
    "  format('ALTER TABLE %I DROP CONSTRAINT %I', relname, conname) AS drop"
    "  FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid"
    "  WHERE contype = 'f' AND relnamespace = current_schema()::regnamespace UNION ALL"
    " SELECT 1, relname, format('ALTER TABLE %I ADD CONSTRAINT %I %s', relname, conname,"
    "  pg_get_constraintdef(k.oid)), format('ALTER TABLE %I DROP CONSTRAINT %I', relname, conname)"
    "  FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid"
    "  WHERE contype = 'u' AND relnamespace = current_schema()::regnamespace UNION ALL"
    " SELECT 1, c.relname, pg_get_indexdef(indexrelid), format('DROP INDEX %I', i.relname)"
    "  FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_class c ON c.oid = indrelid"
    "  WHERE c.relnamespace = current_schema()::regnamespace AND NOT EXISTS"
    "  (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))"
    " UNION ALL"
    " SELECT 3, relname, format('ANALYZE %I', relname), '' FROM pg_class"
    "  WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    "  AND relpersistence = 'p') objects WHERE relation NOT IN " OWN_TABLES;

/* ---- tables ---- */

static void
clear_column(gpointer data)
{
    g_free(((MoveColumn *)data)->name);
}

static MoveTable *
add_table(Move *move, const char *name)
{
    MoveTable *table = g_new0(MoveTable, 1);

    table->name = g_strdup(name);
    table->columns = g_array_new(FALSE, TRUE, sizeof(MoveColumn));
    g_array_set_clear_func(table->columns, clear_column);
    table->keys = g_array_new(FALSE, TRUE, sizeof(size_t));
    g_ptr_array_add(move->tables, table);
    return table;
}

static MoveTable *
find_table(const Move *move, const char *name)
{
    for (guint i = 0; i < move->tables->len; i++) {
        MoveTable *table = move->tables->pdata[i];

        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

static const DbDerived *
derived_of(const Move *move, const char *name)
{
    for (const DbDerived *derived = move->schema->derived;
         derived != NULL && derived->table != NULL; derived++)
        if (strcmp(derived->table, name) == 0)
            return derived;
    return NULL;
}

/* A column of the target: relation, name, type, whether it must be given, whether it is logged. */
enum { AT_RELATION, AT_NAME, AT_TYPE, AT_NEEDED, AT_LOGGED };

static const char columns_sql[] =
    "SELECT relname, attname, atttypid, attnotnull AND NOT atthasdef, relpersistence = 'p'"
    " FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
    " AND relname NOT IN " OWN_TABLES " ORDER BY relname, attnum";

static MoveColumn *
find_column(const MoveTable *table, const char *name)
{
    for (guint i = 0; i < table->columns->len; i++) {
        MoveColumn *column = &g_array_index(table->columns, MoveColumn, i);

        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

/* What only the target has must do without a value from here. */
static bool
match_column(MoveTable *table, const PGresult *rows, int row, GError **error)
{
    const char *name = PQgetvalue(rows, row, AT_NAME);
    MoveColumn *column = find_column(table, name);

    table->left = *PQgetvalue(rows, row, AT_LOGGED) != 't';
    if (column == NULL)
        return *PQgetvalue(rows, row, AT_NEEDED) != 't' ||
               fail(error, APP_ERROR_INTERNAL, "no column of the source is for %s.%s", table->name,
                    name);
    column->type = (Oid)g_ascii_strtoull(PQgetvalue(rows, row, AT_TYPE), NULL, 10);
    return db_move_type(column->type) != DB_TYPE_NULL ||
           fail(error, APP_ERROR_INTERNAL, "%s.%s is of a type that nothing is moved to",
                table->name, name);
}

static bool
check_columns(const Move *move, GError **error)
{
    for (guint i = 0; i < move->tables->len; i++) {
        const MoveTable *table = move->tables->pdata[i];

        for (guint c = 0; c < table->columns->len; c++)
            if (g_array_index(table->columns, MoveColumn, c).type == 0)
                return fail(error, APP_ERROR_INTERNAL, "the target has no column %s.%s",
                            table->name, g_array_index(table->columns, MoveColumn, c).name);
    }
    return true;
}

static bool
match_columns(Move *move, Conn *source, const PGresult *rows, GHashTable *found, GError **error)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *relation = PQgetvalue(rows, i, AT_RELATION);
        MoveTable  *table = find_table(move, relation);

        g_hash_table_add(found, g_strdup(relation));
        if (derived_of(move, relation) != NULL)
            continue;
        if (table == NULL) {
            table = add_table(move, relation);
            if (!db_move_source_columns(source, table, error))
                return false;
        }
        if (!match_column(table, rows, i, error))
            return false;
    }
    return check_columns(move, error);
}

static bool
match_contents(Move *move, GError **error)
{
    for (const DbContents *contents = move->schema->contents;
         contents != NULL && contents->table != NULL; contents++) {
        MoveTable *table = find_table(move, contents->table);

        if (table == NULL)
            return fail(error, APP_ERROR_INTERNAL, "there is no table %s", contents->table);
        table->contents = contents;
    }
    return true;
}

static bool
match_derived(Move *move, GError **error)
{
    for (const DbDerived *derived = move->schema->derived;
         derived != NULL && derived->table != NULL; derived++) {
        MoveTable *table = find_table(move, derived->source);

        if (table == NULL || table->keys->len != 1)
            return fail(error, APP_ERROR_INTERNAL, "%s cannot be made of %s", derived->table,
                        derived->source);
        table->derived = derived;
    }
    return true;
}

/* Both sides have exactly the tables that the program lists, so each has what the other has. */
bool
db_move_match(Move *move, Conn *source, PgConn *target, GError **error)
{
    g_autoptr(GHashTable) here = db_move_source_tables(source, error);
    g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    PGresult *rows;

    if (here == NULL || !catalog_check_tables(move->schema, here, error))
        return false;
    rows = db_move_target_run(target, columns_sql, error);
    if (rows == NULL)
        return false;
    bool matched = match_columns(move, source, rows, there, error);
    PQclear(rows);
    return matched && catalog_check_tables(move->schema, there, error) &&
           match_derived(move, error) && match_contents(move, error);
}

/* ---- beginning ---- */

static bool
check_empty(const Move *move, PgConn *target, const char *table, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT EXISTS (SELECT 1 FROM \"%s\")", table);
    g_autofree char *has = db_move_target_text(target, sql, error);

    if (has == NULL)
        return false;
    return strcmp(has, "f") == 0 ||
           fail(error, APP_ERROR_INVALID,
                "the database of the %s holds something already (%s): a store is moved into an "
                "empty database or schema only",
                move->schema->name, table);
}

static bool
check_all_empty(const Move *move, PgConn *target, GError **error)
{
    for (const DbTable *const *list = move->schema->tables; *list != NULL; list++)
        for (const DbTable *table = *list; table->name != NULL; table++)
            if (!check_empty(move, target, table->name, error))
                return false;
    return true;
}

/* A server that came before looks for a move after it has leased its number, and we for its number after
 * the move is there: one of the two sees the other. */
static bool
check_alone(const Move *move, PgConn *target, GError **error)
{
    g_autofree char *n = db_move_target_text(
        target,
        "SELECT count(*) FROM " CATALOG_NODE_TABLE
        " WHERE lease_until >= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
        error);

    if (n == NULL)
        return false;
    return strcmp(n, "0") == 0 ||
           fail(error, APP_ERROR_INVALID,
                "a server works on the database of the %s: stop it (one that "
                "was killed is forgotten after a minute)",
                move->schema->name);
}

static bool
cut_tables(Move *move, Conn *source, GError **error)
{
    for (guint i = 0; i < move->tables->len; i++) {
        MoveTable *table = move->tables->pdata[i];

        if (!table->left && !db_move_source_cut(move, source, table, error))
            return false;
    }
    return true;
}

static void
add_text(GString *sql, const char *text)
{
    if (text == NULL)
        g_string_append(sql, "NULL, ");
    else
        g_string_append_printf(sql, "'%s', ", text);
}

/* Names of tables, and keys as db_move_key writes them: nothing that could end a literal. */
static bool
keep_ranges(const Move *move, PgConn *target, GError **error)
{
    g_autoptr(GString) sql = g_string_new("INSERT INTO " MOVE_RANGE_TABLE " VALUES ");

    for (guint i = 0; i < move->ranges->len; i++) {
        const MoveRange *range = move->ranges->pdata[i];

        g_string_append_printf(sql, "%s(%d, ", i == 0 ? "" : ", ", range->id);
        add_text(sql, range->table->name);
        add_text(sql, range->from);
        add_text(sql, range->to);
        g_string_append_printf(sql, "%" G_GINT64_FORMAT ", false)", (gint64)range->rows);
    }
    return move->ranges->len == 0 || db_move_target_do(target, sql->str, error);
}

static bool
drop_objects(PgConn *target, GError **error)
{
    PGresult *rows = db_move_target_run(
        target, "SELECT drop FROM " MOVE_OBJECT_TABLE " WHERE drop <> '' ORDER BY phase DESC, id",
        error);
    bool dropped = rows != NULL;

    for (int i = 0; dropped && i < PQntuples(rows); i++)
        dropped = db_move_target_do(target, PQgetvalue(rows, i, 0), error);
    PQclear(rows);
    return dropped;
}

static bool
keep_move(const Move *move, PgConn *target, GError **error)
{
    g_autofree char *made = db_move_target_text(target, made_sql, error);
    g_autofree char *insert = NULL;

    if (made == NULL)
        return false;
    insert = g_strdup_printf("INSERT INTO " MOVE_TABLE " VALUES ('%s', '%s', '%s', false)",
                             move->store, move->state, made);
    return db_move_target_do(target, create_sql, error) &&
           db_move_target_do(target, insert, error) && keep_ranges(move, target, error) &&
           db_move_target_do(target, objects_sql, error) && drop_objects(target, error);
}

/* Another move may have begun since it was looked: the table is made by one only. */
static bool
begin_new(const Move *move, PgConn *target, GError **error)
{
    if (!db_move_target_do(target, "BEGIN", error))
        return false;
    return db_move_target_do(
               target, "LOCK TABLE " CATALOG_MIGRATION_TABLE " IN ACCESS EXCLUSIVE MODE", error) &&
           check_all_empty(move, target, error) && keep_move(move, target, error) &&
           db_move_target_do(target, "COMMIT", error);
}

/* ---- going on ---- */

static bool
check_same(Move *move, const PGresult *row, GError **error)
{
    if (PQntuples(row) != 1 || strcmp(PQgetvalue(row, 0, 0), move->store) != 0)
        return fail(error, APP_ERROR_INVALID,
                    "the database of the %s is the target of another store's move: give this one "
                    "a database or schema of its own",
                    move->schema->name);
    if (strcmp(PQgetvalue(row, 0, 1), move->state) != 0)
        return fail(error, APP_ERROR_INVALID,
                    "the store was written to since this move began: begin again, with an empty "
                    "database or schema for the %s",
                    move->schema->name);
    move->verified = *PQgetvalue(row, 0, 3) == 't';
    return true;
}

static char *
text_of(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? NULL : g_strdup(PQgetvalue(rows, row, column));
}

static bool
read_ranges(Move *move, PgConn *target, GError **error)
{
    PGresult *rows = db_move_target_run(
        target,
        "SELECT id, relation, from_key, to_key, n, done FROM " MOVE_RANGE_TABLE " ORDER BY id",
        error);
    bool right = rows != NULL;

    g_ptr_array_set_size(move->ranges, 0);
    for (int i = 0; right && i < PQntuples(rows); i++) {
        MoveRange *range = g_new0(MoveRange, 1);

        *range = (MoveRange){ .id = (int)g_ascii_strtoll(PQgetvalue(rows, i, 0), NULL, 10),
                              .table = find_table(move, PQgetvalue(rows, i, 1)),
                              .from = text_of(rows, i, 2),
                              .to = text_of(rows, i, 3),
                              .rows = g_ascii_strtoll(PQgetvalue(rows, i, 4), NULL, 10),
                              .done = *PQgetvalue(rows, i, 5) == 't' };
        g_ptr_array_add(move->ranges, range);
        right = range->table != NULL ||
                fail(error, APP_ERROR_INVALID,
                     "the move was begun by another version of the program (%s): let that one "
                     "finish it",
                     PQgetvalue(rows, i, 1));
    }
    PQclear(rows);
    return right;
}

static bool
read_objects(Move *move, PgConn *target, GError **error)
{
    PGresult *rows = db_move_target_run(
        target, "SELECT id, phase, relation, make, done FROM " MOVE_OBJECT_TABLE " ORDER BY id",
        error);

    for (int i = 0; rows != NULL && i < PQntuples(rows); i++) {
        MoveObject *object = g_new0(MoveObject, 1);

        *object = (MoveObject){ .id = (int)g_ascii_strtoll(PQgetvalue(rows, i, 0), NULL, 10),
                                .phase = (int)g_ascii_strtoll(PQgetvalue(rows, i, 1), NULL, 10),
                                .relation = g_strdup(PQgetvalue(rows, i, 2)),
                                .sql = g_strdup(PQgetvalue(rows, i, 3)),
                                .done = *PQgetvalue(rows, i, 4) == 't' };
        g_ptr_array_add(move->objects, object);
    }
    PQclear(rows);
    return rows != NULL;
}

static bool
read_move(Move *move, PgConn *target, GError **error)
{
    PGresult *row =
        db_move_target_run(target, "SELECT store, state, made, verified FROM " MOVE_TABLE, error);
    bool right = row != NULL && check_same(move, row, error);

    PQclear(row);
    return right && read_ranges(move, target, error) && read_objects(move, target, error);
}

bool
db_move_begin(Move *move, Conn *source, PgConn *target, GError **error)
{
    bool begun;

    if (!db_move_match(move, source, target, error) || !db_move_target_has(target, &begun, error))
        return false;
    if (!begun && (!check_all_empty(move, target, error) || !check_alone(move, target, error) ||
                   !cut_tables(move, source, error) || !begin_new(move, target, error)))
        return false;
    return check_alone(move, target, error) && read_move(move, target, error);
}

bool
db_move_check_schema(PgConn *target, GError **error)
{
    g_autofree char *made = db_move_target_text(target, made_sql, error);
    g_autofree char *before =
        made == NULL ? NULL : db_move_target_text(target, "SELECT made FROM " MOVE_TABLE, error);

    if (before == NULL)
        return false;
    return strcmp(made, before) == 0 ||
           fail(error, APP_ERROR_INTERNAL,
                "the schema is not what the migrations made: begin again, with an empty one");
}
