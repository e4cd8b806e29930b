/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/db_check.h"

#include "db/db_fixture.h"

#include <string.h>

enum { PETITIONS = 3000 };

typedef struct {
    int damage, references, skipped, ticks;
    int most_ticks; /* then stop; 0: never */
} Told;

static void
tell_flaw(DbFlaw flaw, const char *where, void *data)
{
    Told *told = data;

    g_test_message("%s", where);
    g_assert_true(g_str_has_prefix(where, engine_fixture_is_pg() ? "case: " : "case.db: "));
    if (flaw == DB_FLAW_DAMAGE)
        told->damage++;
    else
        told->references++;
}

static void
tell_skipped(const char *table, void *data)
{
    Told *told = data;

    g_assert_cmpstr(table, !=, "");
    told->skipped++;
}

static bool
tell_tick(void *data)
{
    Told *told = data;

    told->ticks++;
    return told->most_ticks == 0 || told->ticks < told->most_ticks;
}

static DbCheck
check_of(Told *told, int64_t most)
{
    return (DbCheck){
        .most = most, .flaw = tell_flaw, .skipped = tell_skipped, .tick = tell_tick, .data = told
    };
}

/* A store with some rows, by one commit. */
static Db *
open_filled(const char *directory)
{
    Db *db = db_fixture_open(directory);
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    const WritePlan **plans = ARENA_ARRAY(mem, const WritePlan *, PETITIONS);

    for (int i = 0; i < PETITIONS; i++)
        plans[i] = db_fixture_submission(mem, i + 1);
    g_assert_true(db_apply_all(db, plans, PETITIONS, &error));
    g_assert_no_error(error);
    return db;
}

static void
assert_told(Db *db, int64_t most, Told *told)
{
    g_autoptr(GError) error = NULL;
    DbCheck check = check_of(told, most);

    g_assert_true(db_check_file(db, &check, &error));
    g_assert_no_error(error);
}

static void
test_whole(void)
{
    char *directory = db_fixture_directory(NULL);
    Db   *db = open_filled(directory);
    Told  told = { .damage = 0 };

    assert_told(db, 0, &told);
    assert_told(db, 60 * SECONDS, &told);
    g_assert_cmpint(told.damage + told.references + told.skipped, ==, 0);
    db_close(db);
    db_fixture_remove(directory);
}

/* A reference to nothing, and then an index whose entries on disk are not those of its table. */
static void
test_spoilt(void)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *file = db_fixture_file(directory);
    Told             told = { .damage = 0 };

    db_close(open_filled(directory));
    db_fixture_sql(file, "PRAGMA foreign_keys = OFF; DELETE FROM event WHERE petition_id = 7");
    Db *db = db_fixture_open(directory);
    assert_told(db, 0, &told);
    g_assert_cmpint(told.references, ==, 1);
    g_assert_cmpint(told.damage, ==, 0);
    db_close(db);

    db_fixture_sql(file, "PRAGMA writable_schema = ON;"
                         "UPDATE sqlite_schema SET sql = 'CREATE INDEX petition_by_entity ON"
                         " petition (version, id)' WHERE name = 'petition_by_entity'");
    db = db_fixture_open(directory);
    told = (Told){ .damage = 0 };
    assert_told(db, 0, &told);
    g_assert_cmpint(told.damage, >, 0);
    told = (Told){ .damage = 0 };
    assert_told(db, 60 * SECONDS, &told);
    g_assert_cmpint(told.damage, >, 0);
    db_close(db);
    db_fixture_remove(directory);
}

/* Past the program: by an administrator, to whom references and the guard of events are no hindrance. */
static void
spoil_pg(const char *url, const char *sql)
{
    g_autofree char *all =
        g_strconcat("SET session_replication_role = replica;"
                    "ALTER TABLE event DISABLE TRIGGER sawt_event_stays;",
                    sql, ";ALTER TABLE event ENABLE ALWAYS TRIGGER sawt_event_stays", NULL);

    g_free(engine_fixture_sql(url, all));
}

static void
test_spoilt_pg(void)
{
    char *directory = db_fixture_directory(NULL);
    Told  told = { .damage = 0 };
    Db   *db = open_filled(directory);

    spoil_pg(directory, "DELETE FROM event WHERE petition_id IN (7, 9);"
                        "UPDATE petition SET entity_id = 123456 WHERE id = 8");
    assert_told(db, 0, &told);
    g_assert_cmpint(told.references, ==, 3);
    g_assert_cmpint(told.damage, ==, 0);

    spoil_pg(directory, "UPDATE pg_index SET indisvalid = false"
                        " WHERE indexrelid = 'petition_by_entity'::regclass");
    told = (Told){ .damage = 0 };
    assert_told(db, 0, &told);
    g_assert_cmpint(told.damage, ==, 1);
    db_close(db);
    db_fixture_remove(directory);
}

/* Whoever asked goes away while the server still reads: it stops reading. */
static void
test_stopped_pg(void)
{
    char *directory = db_fixture_directory(NULL);
    Db   *db = open_filled(directory);
    g_autoptr(GError) error = NULL;
    Told    told = { .most_ticks = 1 };
    DbCheck check = check_of(&told, 0);

    g_assert_false(db_check_file(db, &check, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    db_close(db);
    db_fixture_remove(directory);
}

/* What does not end in time is told, and no error; when nobody waits any more, it ends. */
static void
test_limits(void)
{
    char *directory = db_fixture_directory(NULL);
    Db   *db = open_filled(directory);
    g_autoptr(GError) error = NULL;
    Told    told = { .damage = 0 };
    DbCheck check;

    assert_told(db, 1, &told);
    g_assert_cmpint(told.skipped, >, 0);
    g_assert_cmpint(told.damage, ==, 0);

    told = (Told){ .most_ticks = 1 };
    check = check_of(&told, 0);
    g_assert_false(db_check_file(db, &check, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    db_close(db);
    db_fixture_remove(directory);
}

/* ---- words ---- */

static bool
add_word(int64_t id, const char *word, void *data, GError **error)
{
    GString *said = data;

    g_string_append_printf(said, "%" G_GINT64_FORMAT "=%s ", (gint64)id, word);
    return strcmp(word, "stop") != 0 || fail(error, APP_ERROR_INVALID, "stopped");
}

static void
put_words(Db *db, int64_t id, const char *words)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    WritePlan *plan = db_fixture_submission(mem, id);

    plan_any(plan, &db_fixture_index_petition, DB_PARAMS(db_int(id), db_text(words)));
    g_assert_true(db_apply(db, plan, &error));
    g_assert_no_error(error);
}

static void
test_words(void)
{
    char *directory = db_fixture_directory(NULL);
    Db   *db = db_fixture_open(directory);
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(db_check_words(db, "petition_search", add_word, said, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(said->str, ==, "");

    /* Before, between and behind the hexadecimal ones; a word twice is one. */
    put_words(db, 2, "ff00 00aa zebra ff00");
    put_words(db, 5, "-a 00aa 7f");
    g_assert_true(db_check_words(db, "petition_search", add_word, said, &error));
    g_assert_cmpstr(said->str, ==,
                    engine_fixture_is_pg() ? "2=00aa 2=ff00 2=zebra 5=-a 5=00aa 5=7f "
                                           : "2=00aa 5=00aa 5=7f 5=a 2=ff00 2=zebra ");

    put_words(db, 9, "stop");
    g_assert_false(db_check_words(db, "petition_search", add_word, said, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    db_close(db);
    db_fixture_remove(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/db/check/whole", test_whole);
    g_test_add_func("/db/check/spoilt/sqlite", test_spoilt);
    g_test_add_func("/db/check/limits/sqlite", test_limits);
    engine_fixture_add("/db/check/words", test_words);
    engine_fixture_add_pg("/db/check/spoilt/pg", test_spoilt_pg);
    engine_fixture_add_pg("/db/check/stopped/pg", test_stopped_pg);
    return g_test_run();
}
