/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/db_fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void
expect(bool succeeded, GError **error, AppError code, const char *words)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    if (!engine_fixture_says((*error)->message, words))
        g_error("'%s' does not say '%s'", (*error)->message, words);
    g_clear_error(error);
}

static const struct {
    const char *name, *sql, *expected, *expected_pg; /* NULL: the same */
} text_cases[] = {
    { "each word", "a ID, b TIME, c FLAG, d BYTES, e DOUBLE, f STRICT",
      "a INTEGER, b INTEGER, c INTEGER, d BLOB, e REAL, f STRICT",
      "a BIGINT, b BIGINT, c BOOLEAN, d BYTEA, e DOUBLE PRECISION, f " },
    { "whole words only", "IDENTITY HID ID2 _ID ID_ TIMES", "IDENTITY HID ID2 _ID ID_ TIMES",
      NULL },
    { "capitals only", "id Id time", "id Id time", NULL },
    { "between signs", "(ID,ID)ID;", "(INTEGER,INTEGER)INTEGER;", "(BIGINT,BIGINT)BIGINT;" },
    { "not in text", "'ID' 'it''s ID' ID", "'ID' 'it''s ID' INTEGER", "'ID' 'it''s ID' BIGINT" },
    { "not in names", "\"ID\" `ID` [ID] ID", "\"ID\" `ID` [ID] INTEGER",
      "\"ID\" `ID` [ID] BIGINT" },
    { "not in comments", "-- ID\nID /* ID ' */ ID", "-- ID\nINTEGER /* ID ' */ INTEGER",
      "-- ID\nBIGINT /* ID ' */ BIGINT" },
    { "a comment in a text", "'-- ' ID", "'-- ' INTEGER", "'-- ' BIGINT" },
    { "a quote in a comment", "-- it's\nID", "-- it's\nINTEGER", "-- it's\nBIGINT" },
    { "not closed", "ID 'ID", "INTEGER 'ID", "BIGINT 'ID" },
    { "not closed either", "ID /* ID", "INTEGER /* ID", "BIGINT /* ID" },
    { "Arabic letters are of the word", "IDص ID", "IDص INTEGER", "IDص BIGINT" },
    { "in dollars", "DO $a$ ID $b$ $a$ ID $1", "DO $a$ ID $b$ $a$ INTEGER $1",
      "DO $a$ ID $b$ $a$ BIGINT $1" },
    { "nothing", "", "", NULL },
};

static void
test_text(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(text_cases); i++) {
        g_test_message("%s", text_cases[i].name);
        g_assert_cmpstr(migrate_text_sqlite(mem, text_cases[i].sql), ==, text_cases[i].expected);
        g_assert_cmpstr(migrate_text_pg(mem, text_cases[i].sql), ==,
                        text_cases[i].expected_pg != NULL ? text_cases[i].expected_pg
                                                          : text_cases[i].expected);
    }
}

static void
test_forward(void)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *path = db_fixture_file(directory);
    DbSchema         schema = db_fixture_schema;
    DbOptions        options = db_fixture_options(directory);
    GError          *error = NULL;
    int              applied = -1;
    GStatBuf         file;

    options.schema = &schema;
    schema.n_migrations = 1;
    g_assert_true(db_migrate(&options, &applied, &error));
    g_assert_cmpint(applied, ==, 1);
    if (!engine_fixture_is_pg()) {
        g_assert_cmpint(g_stat(path, &file), ==, 0);
        g_assert_cmpint(file.st_mode & 0777, ==, 0600);
    }

    /* The program is newer than the store, then as new, then older. */
    schema.n_migrations = 2;
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "run `sawt migrate`");
    g_assert_true(db_migrate(&options, &applied, &error));
    g_assert_cmpint(applied, ==, 1);
    g_assert_true(db_migrate(&options, &applied, &error));
    g_assert_cmpint(applied, ==, 0);
    schema.n_migrations = 1;
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "newer program");
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "newer program");

    db_fixture_remove(directory);
}

static void
test_other_text(void)
{
    char       *directory = db_fixture_directory(NULL);
    DbMigration edited[2] = { db_fixture_migrations[0], db_fixture_migrations[1] };
    DbSchema    schema = db_fixture_schema;
    DbOptions   options = db_fixture_options(directory);
    GError     *error = NULL;
    int         applied;

    options.schema = &schema;
    db_close(db_fixture_open(directory));
    g_autofree char *text = g_strconcat(edited[0].sql, " ", NULL);
    edited[0].sql = text;
    schema.migrations = edited;
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "other text");
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "other text");

    edited[0] = db_fixture_migrations[0];
    edited[1].version = 3;
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INTERNAL, "stands at place 2");

    db_fixture_remove(directory);
}

static const struct {
    const char *name, *sql, *words;
} broken_cases[] = {
    { "wrong SQL", "CREATE TABLE a (id ID) STRICT; CREATE TABEL b (id ID);", "syntax" },
    { "it ends its transaction", "CREATE TABLE a (id ID) STRICT; COMMIT;", "not authorized" },
    { "it begins one", "CREATE TABLE a (id ID) STRICT; BEGIN;", "not authorized" },
    { "behind a comment", "CREATE TABLE a (id ID) STRICT; -- end\n/* ; */ ROLLBACK;",
      "not authorized" },
    { "it opens another file", "CREATE TABLE a (id ID) STRICT; ATTACH 'x' AS x;",
      "not authorized|syntax" },
    { "a type of no engine", "CREATE TABLE a (id BIGNUM) STRICT;", "BIGNUM" },
    { "rows that refer to nothing",
      "CREATE TABLE a (id ID PRIMARY KEY) STRICT;"
      "CREATE TABLE b (id ID REFERENCES a (id)) STRICT; INSERT INTO b VALUES (7);",
      "refer to nothing|foreign key" },
};

/* Whole or not at all; put right, it runs. */
static void
test_broken(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(broken_cases); i++) {
        char       *directory = db_fixture_directory(NULL);
        DbMigration migrations[] = { db_fixture_migrations[0],
                                     { .version = 2, .name = "more", .sql = broken_cases[i].sql } };
        DbSchema    schema = db_fixture_schema;
        DbOptions   options = db_fixture_options(directory);
        GError     *error = NULL;
        int         applied = -1;

        g_test_message("%s", broken_cases[i].name);
        options.schema = &schema;
        schema.migrations = migrations;
        expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INTERNAL,
               broken_cases[i].words);

        migrations[1].sql = "CREATE TABLE a (id ID) STRICT; CREATE TABLE b (id ID) STRICT;";
        g_assert_true(db_migrate(&options, &applied, &error));
        g_assert_no_error(error);
        g_assert_cmpint(applied, ==, 1);
        db_fixture_remove(directory);
    }
}

/* A table can be rebuilt though others refer to it. */
static void
test_rebuild(void)
{
    static const char rebuild[] =
        "CREATE TABLE entity_new (id ID PRIMARY KEY, name TEXT NOT NULL, code TEXT) STRICT;"
        "INSERT INTO entity_new SELECT id, name, NULL FROM entity;"
        "DROP TABLE entity; ALTER TABLE entity_new RENAME TO entity;"
        "ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '' CHECK (device <> 'x');";
    char       *directory = db_fixture_directory(NULL);
    DbMigration migrations[] = { db_fixture_migrations[0],
                                 db_fixture_migrations[1],
                                 { .version = 3, .name = "code", .sql = rebuild } };
    DbSchema    schema = db_fixture_schema;
    DbOptions   options = { .directory = directory, .schema = &schema };
    g_autoptr(Arena) mem = arena_new();
    GError    *error = NULL;
    int        applied;
    Db        *db = db_fixture_open(directory);
    WritePlan *plan = plan_new(mem);

    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(1), db_int(1), db_int(1), db_text("kind"), db_int(1), db_null()));
    plan_one(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(7), db_text("entity")));
    plan_one(plan, &db_fixture_insert_petition,
             DB_PARAMS(db_int(1), db_int(1), db_int(1), db_text("title"), db_text("new"), db_int(7),
                       db_null(), db_bool(false), db_null()));
    g_assert_true(db_apply(db, plan, &error));
    db_close(db);

    schema.migrations = migrations;
    schema.n_migrations = 3;
    g_assert_true(db_migrate(&options, &applied, &error));
    g_assert_no_error(error);
    db = db_open(&options, &error);
    g_assert_no_error(error);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 1);
    db_close(db);
    db_fixture_remove(directory);
}

static void
test_foreign(void)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *path = db_fixture_file(directory);
    DbOptions        options = { .directory = directory, .schema = &db_fixture_schema };
    GError          *error = NULL;
    int              applied = -1;

    db_fixture_sql(path, "CREATE TABLE bookmarks (id INTEGER)");
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "another program");
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "another program");
    g_assert_cmpint(g_unlink(path), ==, 0);

    g_assert_true(g_file_set_contents(path,
                                      "This is no database, and long enough to be read as"
                                      " a header of one hundred bytes, which it is not at all.",
                                      -1, NULL));
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "cannot be opened");
    g_assert_cmpint(g_unlink(path), ==, 0);

    options.directory = "/nowhere/at/all";
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "cannot be made");
    g_assert_cmpint(applied, ==, -1);
    db_fixture_remove(directory);
}

static const struct {
    const char *name, *url, *words;
} url_cases[] = {
    { "no address", "postgresql://[::1", "no address" },
    { "an option that libpq does not know", "postgresql:///sawt?colour=red", "no address" },
    { "a password", "postgresql://sawt:secret@localhost/sawt", "holds a password" },
    { "a password as an option", "postgresql:///sawt?password=secret", "holds a password" },
};

/* PostgreSQL's own refusals. */
static void
test_foreign_schema(void)
{
    if (!engine_fixture_is_pg())
        return;

    char     *url = db_fixture_directory(NULL);
    DbOptions options = db_fixture_options(url);
    DbSchema  vault = db_fixture_schema;
    GError   *error = NULL;
    int       applied = -1;

    g_free(engine_fixture_sql(url, "CREATE TABLE bookmarks (id INTEGER)"));
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "another program");
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "another program");
    g_free(engine_fixture_sql(url, "DROP TABLE bookmarks"));
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "run `sawt migrate`");

    /* The case's schema is not the vault's. */
    g_assert_true(db_migrate(&options, &applied, &error));
    vault.name = "vault";
    options.schema = &vault;
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID, "for another store");

    /* Without what protects the events it is not served. */
    options.schema = &db_fixture_schema;
    g_free(engine_fixture_sql(url, "ALTER TABLE event DISABLE TRIGGER sawt_event_stays"));
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, "protects the table");

    for (size_t i = 0; i < G_N_ELEMENTS(url_cases); i++) {
        g_test_message("%s", url_cases[i].name);
        options.url = url_cases[i].url;
        expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_INVALID,
               url_cases[i].words);
        expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INVALID, url_cases[i].words);
    }
    options.url = "postgresql:///sawt?host=/nowhere/at/all";
    expect(db_migrate(&options, &applied, &error), &error, APP_ERROR_BUSY, "no connection");
    expect(db_open(&options, &error) != NULL, &error, APP_ERROR_BUSY, "no connection");
    g_assert_null(strstr(options.url, "secret"));
    db_fixture_remove(url);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/migrate/text", test_text);
    engine_fixture_add("/db/migrate/forward", test_forward);
    engine_fixture_add("/db/migrate/other-text", test_other_text);
    engine_fixture_add("/db/migrate/broken", test_broken);
    g_test_add_func("/db/migrate/rebuild", test_rebuild);
    g_test_add_func("/db/migrate/foreign", test_foreign);
    engine_fixture_add("/db/migrate/foreign-schema", test_foreign_schema);
    return g_test_run();
}
