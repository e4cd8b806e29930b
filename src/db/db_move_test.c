/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A move of a schema in which everything that a migration can make is odd: keys of three types, values at
 * the ends of what they can be, a table that is not logged, a column that only the target has. The whole
 * program's store is moved by tests/fault/move_test.py. */
#include "db/db_move.h"

#include "db/db_fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static const char start_sql[] =
    "CREATE TABLE event (id ID PRIMARY KEY, note TEXT) STRICT;\n"
    "CREATE TABLE odd (a TEXT NOT NULL, b BYTES NOT NULL, c ID NOT NULL, flag FLAG, small INTEGER,"
    " big ID, broken DOUBLE, words TEXT, raw BYTES, event_id ID REFERENCES event (id),"
    " PRIMARY KEY (c, a, b), UNIQUE (a, c)) STRICT;\n"
    "CREATE INDEX odd_by_words ON odd (words, c) WHERE words IS NOT NULL;\n"
    "CREATE UNIQUE INDEX odd_one ON odd (lower(words)) WHERE flag;\n"
    "CREATE TABLE token (id ID PRIMARY KEY, tokens TEXT NOT NULL) STRICT;\n"
    "CREATE TABLE file (id ID PRIMARY KEY, file TEXT NOT NULL, created_at TIME NOT NULL) STRICT;\n"
    "CREATE TABLE part (file TEXT NOT NULL, part INTEGER NOT NULL, created_at TIME NOT NULL,"
    " data BYTES NOT NULL, PRIMARY KEY (file, part)) STRICT;\n"
    "CREATE TABLE rate (id ID PRIMARY KEY, n INTEGER NOT NULL) STRICT;\n";

static const char search_sql[] =
    "CREATE VIRTUAL TABLE search USING fts5 (tokens, content='', detail=none, tokenize=ascii);\n"
    "CREATE TABLE keyed (name TEXT NOT NULL, day INTEGER NOT NULL, n ID NOT NULL,"
    " PRIMARY KEY (name, day)) STRICT, WITHOUT ROWID;\n";

static const char search_pg_sql[] =
    "CREATE TABLE search (id ID PRIMARY KEY, tokens TSVECTOR NOT NULL);\n"
    "CREATE INDEX search_tokens ON search USING gin (tokens);\n"
    "CREATE TABLE keyed (name TEXT NOT NULL, day INTEGER NOT NULL, n ID NOT NULL,"
    " folded FLAG NOT NULL DEFAULT FALSE);\n"
    "CREATE INDEX keyed_by_key ON keyed (name, day);\n"
    "ALTER TABLE rate SET UNLOGGED;\n";

static const DbMigration migrations[] = {
    { .version = 1, .name = "start", .sql = start_sql },
    { .version = 2, .name = "search", .sql = search_sql, .sql_pg = search_pg_sql },
};

static const DbTable tables[] = {
    { "event", DB_TABLE_CASE },     { "odd", DB_TABLE_CASE },    { "token", DB_TABLE_CASE },
    { "rate", DB_TABLE_MACHINERY }, { "search", DB_TABLE_CASE }, { "keyed", DB_TABLE_CASE },
    { "file", DB_TABLE_CASE },      { "part", DB_TABLE_CASE },   { NULL, 0 },
};
static const DbTable *const        table_lists[] = { tables, NULL };
static const DbQuery *const *const no_queries[] = { NULL };

static const DbDerived             derived[] = {
                { .table = "search",
                  .key = "id",
                  .source = "token",
                  .select = "SELECT id, CAST(tokens AS TSVECTOR) FROM token" },
                { .table = NULL },
};

static const DbContents contents[] = {
    { .table = "part",
      .names = "SELECT file, created_at FROM file",
      .folder = "files",
      .piece = 10 },
    { .table = NULL },
};

static const DbSchema schema = {
    .name = "case",
    .event_table = "event",
    .tables = table_lists,
    .queries = no_queries,
    .migrations = migrations,
    .n_migrations = G_N_ELEMENTS(migrations),
    .derived = derived,
    .contents = contents,
};

static const char rows_sql[] =
    "INSERT INTO event VALUES (-9223372036854775808, NULL), (1, ''), (9223372036854775807, 'سؤال');"
    "INSERT INTO odd VALUES"
    " ('', x'', -1, 1, -2147483648, -9223372036854775808, -0.5, '', x'', 1),"
    " ('it''s', x'00ff27', 5, 0, 2147483647, 9223372036854775807, 9e999, 'ماء', x'00', NULL),"
    " ('a,b', x'5c', 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
    " ('\\x41', x'27', 5, 1, 0, 0, 1e-308, char(1, 9, 10, 92), zeroblob(70000), NULL),"
    " ('ي', x'ff', 9223372036854775807, 0, 1, 1, 0.1, 'ي', x'ffff', 9223372036854775807);"
    "INSERT INTO token VALUES (1, 'aa bb'), (2, ''), (7, 'cc');"
    "INSERT INTO rate VALUES (1, 1);"
    "INSERT INTO keyed VALUES ('a', -1, 4), ('a', 2, 5), ('', 3, 9), ('ب', 0, 0);";

typedef struct {
    char       *directory, *url;
    GString    *told;  /* tables with their fates */
    GString    *wrong; /* differences */
    int64_t     ticks, stop_at;
    DbMoveStage stop_in, stage;
} Fixture;

static char *
source_path(const Fixture *fixture)
{
    return g_build_filename(fixture->directory, "case.db", NULL);
}

static void
run_source(const Fixture *fixture, const char *sql)
{
    g_autofree char *path = source_path(fixture);

    db_fixture_sql(path, sql);
}

/* 250 files of 0 to 24 bytes, in pieces of 10. */
enum { FILES = 250, LONGEST = 25, PIECES = FILES / LONGEST * (10 + 20 + 12) };

static char *
file_path(const Fixture *fixture, int i)
{
    return g_strdup_printf("%s/files/%02x/%02x%03d", fixture->directory, i % 7, i % 7, i);
}

static void
make_files(const Fixture *fixture)
{
    for (int i = 0; i < FILES; i++) {
        g_autofree char *path = file_path(fixture, i);
        g_autofree char *folder = g_path_get_dirname(path);
        g_autofree char *text = g_strnfill((gsize)(i % LONGEST), (gchar)('a' + i % LONGEST));
        g_autofree char *sql =
            g_strdup_printf("INSERT INTO file VALUES (%d, '%02x%03d', %d)", i, i % 7, i, 1000 + i);

        g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        run_source(fixture, sql);
    }
}

static void
remove_all(const char *path)
{
    GDir *list = g_dir_open(path, 0, NULL);

    for (const char *name = list == NULL ? NULL : g_dir_read_name(list); name != NULL;
         name = g_dir_read_name(list)) {
        g_autofree char *inner = g_build_filename(path, name, NULL);

        remove_all(inner);
    }
    if (list != NULL)
        g_dir_close(list);
    g_assert_cmpint(g_remove(path), ==, 0);
}

static void
set_up(Fixture *fixture)
{
    DbOptions options = { .schema = &schema };
    GError   *error = NULL;
    int       applied;

    *fixture = (Fixture){ .url = engine_fixture_schema(),
                          .directory = g_dir_make_tmp("sawt-move-XXXXXX", NULL),
                          .told = g_string_new(NULL),
                          .wrong = g_string_new(NULL),
                          .stop_at = -1 };
    options.directory = fixture->directory;
    bool migrated = db_migrate(&options, &applied, &error);
    g_assert_no_error(error);
    g_assert_true(migrated);
    run_source(fixture, rows_sql);
}

static void
tear_down(Fixture *fixture)
{
    remove_all(fixture->directory);
    engine_fixture_drop(fixture->url);
    g_free(fixture->directory);
    g_string_free(fixture->told, TRUE);
    g_string_free(fixture->wrong, TRUE);
}

static void
on_stage(DbMoveStage stage, const char *name, int64_t steps, void *data)
{
    Fixture *fixture = data;

    g_assert_cmpstr(name, ==, "case");
    g_assert_cmpint(steps, >=, 0);
    fixture->stage = stage;
}

static bool
on_tick(int64_t done, void *data)
{
    Fixture *fixture = data;

    g_assert_cmpint(done, >=, 0);
    return fixture->stop_at < 0 || fixture->stage != fixture->stop_in;
}

static void
on_table(const DbMoveTable *table, void *data)
{
    static const char *const fates[] = { "moved", "made", "left" };

    g_string_append_printf(((Fixture *)data)->told, "%s %s %d; ", table->table, fates[table->fate],
                           (int)table->rows);
}

static void
on_difference(const DbMoveDifference *difference, void *data)
{
    static const char *const faults[] = { "other", "missing", "extra", "derived" };

    g_string_append_printf(((Fixture *)data)->wrong, "%s %s %s; ", difference->table,
                           difference->key, faults[difference->fault]);
}

static bool
move_to(Fixture *fixture, const char *url, GError **error)
{
    const DbSchema *const schemas[] = { &schema, NULL };
    const char *const     urls[] = { url };
    DbMoveOptions         options = { .directory = fixture->directory,
                                      .schemas = schemas,
                                      .urls = urls,
                                      .workers = 3,
                                      .step = 2,
                                      .patience = 1 * SECONDS,
                                      .watch = { on_stage, on_tick, on_table, on_difference, fixture } };
    bool                  again;

    return db_move(&options, &again, error);
}

static void
expect(bool succeeded, GError **error, AppError code, const char *words)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    if (strstr((*error)->message, words) == NULL)
        g_error("'%s' does not say '%s'", (*error)->message, words);
    g_clear_error(error);
}

static void
expect_there(const Fixture *fixture, const char *sql, const char *expected)
{
    g_autofree char *found = engine_fixture_sql(fixture->url, sql);

    g_assert_cmpstr(found, ==, expected);
}

static void
test_values(void)
{
    Fixture fixture;
    GError *error = NULL;

    set_up(&fixture);
    bool moved = move_to(&fixture, fixture.url, &error);
    g_assert_no_error(error);
    g_assert_true(moved);
    g_assert_cmpstr(
        fixture.told->str, ==,
        "event moved 3; file moved 0; keyed moved 4; odd moved 5; part moved 0; rate left 0; "
        "token moved 3; "
        "search made 3; ");
    expect_there(&fixture,
                 "SELECT string_agg(concat_ws('|', a, b, c, flag, small, big, broken, words,"
                 " length(raw), event_id), ' / ' ORDER BY c, a) FROM odd",
                 "|\\x|-1|t|-2147483648|-9223372036854775808|-0.5||0|1 / "
                 "\\x41|\\x27|5|t|0|0|1e-308|\x01\t\n\\|70000 / "
                 "a,b|\\x5c|5 / it's|\\x00ff27|5|f|2147483647|9223372036854775807|Infinity|ماء|1 / "
                 "ي|\\xff|9223372036854775807|f|1|1|0.1|ي|2|9223372036854775807");
    expect_there(&fixture,
                 "SELECT string_agg(id || ' ' || tokens::text, ', ' ORDER BY id) FROM search",
                 "1 'aa' 'bb', 2 , 7 'cc'");
    expect_there(&fixture, "SELECT count(*) FROM keyed WHERE NOT folded", "4");
    tear_down(&fixture);
}

static const struct {
    const char *name, *sql, *words;
} refused[] = {
    { "a flag that is none", "UPDATE odd SET flag = 2 WHERE c = -1", "odd.flag" },
    { "more than 32 bits", "UPDATE odd SET small = 2147483648 WHERE c = -1", "odd.small" },
    { "less than 32 bits", "UPDATE odd SET small = -2147483649 WHERE c = -1", "odd.small" },
    { "a NUL in a text", "UPDATE odd SET words = CAST(x'410042' AS TEXT) WHERE c = -1",
      "odd.words" },
};

static void
test_refused(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        Fixture fixture;
        GError *error = NULL;

        g_test_message("%s", refused[i].name);
        set_up(&fixture);
        run_source(&fixture, refused[i].sql);
        expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_INVALID, refused[i].words);
        expect_there(&fixture, "SELECT to_regclass('schema_move') IS NOT NULL", "t");
        tear_down(&fixture);
    }
}

/* Nobody waits any more in one stage after the other; then somebody does. */
static void
test_stopped(void)
{
    static const DbMoveStage stages[] = { DB_MOVE_COPY, DB_MOVE_BUILD, DB_MOVE_COMPARE };
    Fixture                  fixture;
    GError                  *error = NULL;

    set_up(&fixture);
    fixture.stop_at = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(stages); i++) {
        DbOptions options = { .url = fixture.url, .schema = &schema };

        fixture.stop_in = stages[i];
        expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_BUSY, "");
        g_autoptr(Db) db = db_open(&options, &error);
        expect(db != NULL, &error, APP_ERROR_INVALID, "migrate-store");
    }
    fixture.stop_at = -1;
    bool moved = move_to(&fixture, fixture.url, &error);
    g_assert_no_error(error);
    g_assert_true(moved);
    tear_down(&fixture);
}

/* What is compared is what lies there: behind the mover's back a row becomes another one. */
static void
test_differs(void)
{
    Fixture fixture;
    GError *error = NULL;

    set_up(&fixture);
    fixture.stop_at = 0;
    fixture.stop_in = DB_MOVE_COMPARE;
    expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_BUSY, "");
    fixture.stop_at = -1;
    g_free(engine_fixture_sql(fixture.url, "UPDATE odd SET raw = '\\x01' WHERE raw = '\\x00'"));
    g_free(engine_fixture_sql(fixture.url, "DELETE FROM keyed WHERE name = 'ب'"));
    g_free(engine_fixture_sql(fixture.url, "UPDATE search SET tokens = 'dd' WHERE id = 7"));
    expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_INVALID, "3 differences");
    g_assert_nonnull(strstr(fixture.wrong->str, "odd i5,t69742773,b00ff27 other; "));
    g_assert_nonnull(strstr(fixture.wrong->str, "keyed td8a8,i0 missing; "));
    g_assert_nonnull(strstr(fixture.wrong->str, "search i2 derived; "));
    tear_down(&fixture);
}

/* More files than a range has; one that is missing; and then the one that was missing is back. */
static void
test_files(void)
{
    Fixture          fixture;
    GError          *error = NULL;
    g_autofree char *away = NULL, *path = NULL, *pieces = g_strdup_printf("%d", PIECES);

    set_up(&fixture);
    make_files(&fixture);
    path = file_path(&fixture, 124);
    away = g_strconcat(path, "-", NULL);
    g_assert_cmpint(g_rename(path, away), ==, 0);
    expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_INVALID, path);
    g_assert_cmpint(g_rename(away, path), ==, 0);

    bool moved = move_to(&fixture, fixture.url, &error);
    g_assert_no_error(error);
    g_assert_true(moved);
    expect_there(&fixture, "SELECT count(*) FROM part", pieces);
    expect_there(
        &fixture,
        "SELECT string_agg(part || ' ' || encode(data, 'escape') || ' ' || created_at, ', '"
        " ORDER BY part) FROM part WHERE file = '05124'",
        "0 yyyyyyyyyy 1124, 1 yyyyyyyyyy 1124, 2 yyyy 1124");
    expect_there(&fixture, "SELECT count(*) FROM part WHERE file = '03010'", "1");
    expect_there(&fixture, "SELECT count(*) FROM part WHERE file = '00000'", "0");
    tear_down(&fixture);
}

static void
test_targets(void)
{
    Fixture   fixture;
    GError   *error = NULL;
    DbOptions options = { .schema = &schema };
    int       applied;

    set_up(&fixture);
    expect(move_to(&fixture, "postgresql://a:b@127.0.0.1/c", &error), &error, APP_ERROR_INVALID,
           "password");
    options.url = fixture.url;
    bool migrated = db_migrate(&options, &applied, &error);
    g_assert_no_error(error);
    g_assert_true(migrated);
    g_free(engine_fixture_sql(fixture.url, "INSERT INTO event VALUES (4, 'ours')"));
    expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_INVALID, "holds something");
    run_source(&fixture, "CREATE TABLE stray (id INTEGER PRIMARY KEY) STRICT");
    expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_INTERNAL, "stray");
    g_autofree char *path = source_path(&fixture);
    g_unlink(path);
    expect(move_to(&fixture, fixture.url, &error), &error, APP_ERROR_INVALID, "--dir");
    tear_down(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add_pg("/db_move/values", test_values);
    engine_fixture_add_pg("/db_move/refused", test_refused);
    engine_fixture_add_pg("/db_move/stopped", test_stopped);
    engine_fixture_add_pg("/db_move/differs", test_differs);
    engine_fixture_add_pg("/db_move/files", test_files);
    engine_fixture_add_pg("/db_move/targets", test_targets);
    return g_test_run();
}
