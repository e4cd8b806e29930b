/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What stops the start. */
#include "db/db_fixture.h"

#include <string.h>

static void
expect(Db *db, GError **error, AppError code, const char *words)
{
    g_assert_null(db);
    g_assert_error(*error, APP_ERROR, (int)code);
    if (!engine_fixture_says((*error)->message, words))
        g_error("'%s' does not say '%s'", (*error)->message, words);
    g_clear_error(error);
}

static const DbColumn count_columns[] = { DB_COLUMN(Count, n) };
static const DbColumn swapped_columns[] = { DB_COLUMN(Petition, state),
                                            DB_COLUMN(Petition, title) };
static const DbColumn outside_columns[] = { DB_COLUMN(Petition, brief) };

/* Each stands in a list with what the fixture has. */
static const struct {
    const char *name;
    DbQuery     query;
    const char *words; /* NULL: it opens */
} query_cases[] = {
    { "a good one",
      { .sql = "SELECT id FROM event WHERE id = $1", DB_COLUMNS(Count, count_columns) },
      NULL },
    { "its own table alone",
      { .sql = "INSERT INTO session (token, seen_at) SELECT $1, max(at) FROM event",
        .table = "session" },
      NULL },
    { "no such table",
      { .sql = "SELECT id FROM absent", DB_COLUMNS(Count, count_columns) },
      "no such table|does not exist" },
    { "no such column",
      { .sql = "UPDATE petition SET stat = $1", .table = "petition" },
      "no such column|does not exist" },
    { "a text in double quotes",
      { .sql = "SELECT id FROM event WHERE kind = \"submitted\"",
        DB_COLUMNS(Count, count_columns) },
      "no such column|does not exist" },
    { "too many columns",
      { .sql = "SELECT id, at FROM event", DB_COLUMNS(Count, count_columns) },
      "gives 2 columns" },
    { "columns in each other's place",
      { .sql = "SELECT title, state FROM petition", DB_COLUMNS(Petition, swapped_columns) },
      "column 1 is title" },
    { "a field outside of the row",
      { .sql = "SELECT brief FROM petition",
        .columns = outside_columns,
        .n_columns = 1,
        .row_size = 16 },
      "outside" },
    { "a gap in the parameters",
      { .sql = "SELECT id FROM event WHERE id = $2", DB_COLUMNS(Count, count_columns) },
      "$1 must appear" },
    { "a table that no list names",
      { .sql = "DELETE FROM schema_migration WHERE version = $1", .table = "schema_migration" },
      "schema_migration" },
    { "it says that it writes another table",
      { .sql = "DELETE FROM session WHERE token = $1", .table = "entity" },
      "does not write entity" },
    { "events are never changed",
      { .sql = "UPDATE event SET kind = $1", .table = "event" },
      "not authorized" },
    { "events are never deleted",
      { .sql = "DELETE FROM event WHERE id = $1", .table = "event" },
      "not authorized" },
    { "nor by an upsert",
      { .sql = "INSERT INTO event (id, petition_id, version, kind, at) VALUES ($1, $2, $3, $4, $5)"
               " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind",
        .table = "event" },
      "not authorized" },
    { "a change that gives rows back",
      { .sql = "DELETE FROM session WHERE token = $1 RETURNING seen_at", .table = "session" },
      "gives 1 columns" },
    { "the schema is not changed",
      { .sql = "DROP TABLE session", .table = "session" },
      "does not write session" },
    { "the schema's table is not written",
      { .sql = "INSERT INTO sqlite_master (name) VALUES ($1)", .table = "sqlite_master" },
      "sqlite_master" },
};

static const DbTable *const fixture_lists[] = { db_fixture_tables, NULL };

static void
test_queries(void)
{
    char *directory = db_fixture_directory(NULL);

    db_close(db_fixture_open(directory));
    for (size_t i = 0; i < G_N_ELEMENTS(query_cases); i++) {
        const DbQuery *const        list[] = { &query_cases[i].query, NULL };
        const DbQuery *const *const lists[] = { list, NULL };
        DbSchema                    schema = db_fixture_schema;
        DbOptions                   options = db_fixture_options(directory);
        GError                     *error = NULL;

        g_test_message("%s", query_cases[i].name);
        schema.tables = fixture_lists;
        schema.queries = lists;
        options.schema = &schema;
        Db *db = db_open(&options, &error);
        if (query_cases[i].words == NULL) {
            g_assert_no_error(error);
            g_assert_nonnull(db);
            db_close(db);
        } else {
            expect(db, &error, APP_ERROR_INTERNAL, query_cases[i].words);
        }
    }
    db_fixture_remove(directory);
}

/* What the schema does beside the statement. SQLite is asked about the statement, PostgreSQL's schema
 * may have nothing of the kind. */
static const struct {
    const char *name;
    DbMigration migration;
    DbQuery     query;
    const char *words;
} hidden_cases[] = {
    { "a trigger writes elsewhere",
      { .version = 3,
        .name = "watched",
        .sql = "CREATE TABLE watched (id ID PRIMARY KEY) STRICT;"
               "CREATE TRIGGER watch AFTER INSERT ON watched BEGIN"
               " INSERT INTO session (seen_at) VALUES (new.id); END;",
        .sql_pg = "CREATE TABLE watched (id ID PRIMARY KEY);"
                  "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS"
                  " $$BEGIN INSERT INTO session (seen_at) VALUES (new.id); RETURN new; END$$;"
                  "CREATE TRIGGER watch AFTER INSERT ON watched FOR EACH ROW"
                  " EXECUTE FUNCTION watch();" },
      { .sql = "INSERT INTO watched (id) VALUES ($1)", .table = "watched" },
      "writes session|trigger watch" },
    { "a cascade writes elsewhere",
      { .version = 3,
        .name = "watched",
        .sql = "CREATE TABLE watched (id ID PRIMARY KEY REFERENCES entity (id) ON DELETE CASCADE)"
               " STRICT;" },
      { .sql = "DELETE FROM entity WHERE id = $1", .table = "entity" },
      "writes watched|watched_id_fkey" },
};

static const DbTable        watched_tables[] = { { "watched", DB_TABLE_MACHINERY },
                                                 { NULL, DB_TABLE_MACHINERY } };
static const DbTable *const watched_lists[] = { db_fixture_tables, watched_tables, NULL };

static void
test_hidden_writes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hidden_cases); i++) {
        char                       *directory = db_fixture_directory(NULL);
        const DbQuery *const        list[] = { &hidden_cases[i].query, NULL };
        const DbQuery *const *const lists[] = { list, NULL };
        const DbMigration migrations[] = { db_fixture_migrations[0], db_fixture_migrations[1],
                                           hidden_cases[i].migration };
        DbSchema  schema = { "case", "event", watched_lists, lists, migrations, 3, NULL, NULL };
        DbOptions options = db_fixture_options(directory);
        GError   *error = NULL;
        int       applied;

        g_test_message("%s", hidden_cases[i].name);
        options.schema = &schema;
        g_assert_true(db_migrate(&options, &applied, &error));
        expect(db_open(&options, &error), &error, APP_ERROR_INTERNAL, hidden_cases[i].words);
        db_fixture_remove(directory);
    }
}

static const DbTable missing_session[] = {
    { "entity", DB_TABLE_REFERENCE }, { "event", DB_TABLE_CASE },
    { "petition", DB_TABLE_CASE },    { "petition_search", DB_TABLE_CASE },
    { NULL, DB_TABLE_MACHINERY },
};
static const DbTable only_session[] = { { "session", DB_TABLE_MACHINERY },
                                        { NULL, DB_TABLE_MACHINERY } };
static const DbTable one_more[] = { { "absent", DB_TABLE_MACHINERY },
                                    { NULL, DB_TABLE_MACHINERY } };
static const DbTable no_class[] = { { .name = "session" }, { NULL, DB_TABLE_MACHINERY } };

static const struct {
    const char    *name;
    const DbTable *lists[4];
    const char    *event_table;
    const char    *words; /* NULL: it opens */
} table_cases[] = {
    { "two lists", { missing_session, only_session }, "event", NULL },
    { "a table that no list names", { missing_session }, "event", "names session" },
    { "a listed table that is not there",
      { db_fixture_tables, one_more },
      "event",
      "no table absent" },
    { "a table listed twice", { db_fixture_tables, only_session }, "event", "twice" },
    { "a table without a class", { missing_session, no_class }, "event", "no class" },
    { "an event table that no list names", { db_fixture_tables }, "events", "event table events" },
};

static void
test_tables(void)
{
    static const DbQuery *const *const no_queries[] = { NULL };
    char                              *directory = db_fixture_directory(NULL);

    db_close(db_fixture_open(directory));
    for (size_t i = 0; i < G_N_ELEMENTS(table_cases); i++) {
        DbSchema schema = db_fixture_schema;
        GError  *error = NULL;

        g_test_message("%s", table_cases[i].name);
        schema.tables = table_cases[i].lists;
        schema.event_table = table_cases[i].event_table;
        schema.queries = no_queries;
        DbOptions options = db_fixture_options(directory);
        options.schema = &schema;
        Db *db = db_open(&options, &error);
        if (table_cases[i].words == NULL) {
            g_assert_no_error(error);
            db_close(db);
        } else {
            expect(db, &error, APP_ERROR_INTERNAL, table_cases[i].words);
        }
    }
    db_fixture_remove(directory);
}

static void
test_files(void)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *path = db_fixture_file(directory);
    DbOptions        options = { .directory = directory, .schema = &db_fixture_schema };
    GError          *error = NULL;

    expect(db_open(&options, &error), &error, APP_ERROR_INVALID, "cannot be opened");

    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    expect(db_open(&options, &error), &error, APP_ERROR_INVALID, "sawt migrate");

    g_assert_true(g_file_set_contents(path,
                                      "This is no database, and long enough to be read as"
                                      " a header of one hundred bytes, which it is not at all.",
                                      -1, NULL));
    expect(db_open(&options, &error), &error, APP_ERROR_INVALID, "cannot be opened");

    db_fixture_remove(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/db/open/queries", test_queries);
    engine_fixture_add("/db/open/hidden-writes", test_hidden_writes);
    engine_fixture_add("/db/open/tables", test_tables);
    g_test_add_func("/db/open/files", test_files);
    return g_test_run();
}
