/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The files of a store, seen through ours and through the engine's own VFS: whatever is committed by the one is
 * what the other reads, at once. */
#include "db/db_sqlite_file.h"

#include "db/db_fixture.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    SqliteFiles files;
    char       *directory, *path;
    sqlite3    *ours, *reader, *foreign; /* ours: writes; reader: ours too */
} Store;

static void
run(sqlite3 *handle, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("%s: %s", sql, message);
}

static sqlite3 *
open_with(const char *path, const char *vfs)
{
    sqlite3 *handle = NULL;

    g_assert_cmpint(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs),
                    ==, SQLITE_OK);
    run(handle,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 1073741824;"
        "PRAGMA wal_autocheckpoint = 0");
    return handle;
}

static void
store_open(Store *store)
{
    GError *error = NULL;

    store->directory = g_dir_make_tmp("sawt-file-XXXXXX", NULL);
    store->path = g_build_filename(store->directory, "a.db", NULL);
    g_assert_true(db_sqlite_file_init(&store->files, NULL, &error));
    store->ours = open_with(store->path, store->files.name);
    store->reader = open_with(store->path, store->files.name);
    store->foreign = open_with(store->path, NULL);
    run(store->ours, "CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB NOT NULL)");
}

static void
store_close(Store *store)
{
    sqlite3_close(store->foreign);
    sqlite3_close(store->reader);
    sqlite3_close(store->ours);
    db_sqlite_file_clear(&store->files);
    g_assert_cmpint(g_unlink(store->path), ==, 0);
    g_assert_cmpint(g_rmdir(store->directory), ==, 0); /* the last one took the log away */
    g_free(store->path);
    g_free(store->directory);
}

/* One text of all rows. */
static char *
contents(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *prepared = NULL;
    GString      *out = g_string_new(NULL);

    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &prepared, NULL), ==, SQLITE_OK);
    while (sqlite3_step(prepared) == SQLITE_ROW)
        g_string_append_printf(out, "%s;", (const char *)sqlite3_column_text(prepared, 0));
    g_assert_cmpint(sqlite3_finalize(prepared), ==, SQLITE_OK);
    return g_string_free(out, false);
}

static void
compare(Store *store, const char *sql)
{
    g_autofree char *ours = contents(store->ours, sql), *reader = contents(store->reader, sql);
    g_autofree char *foreign = contents(store->foreign, sql);

    g_assert_cmpstr(ours, ==, foreign);
    g_assert_cmpstr(reader, ==, foreign);
}

static int64_t
write_calls(void)
{
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents("/proc/self/io", &text, NULL, NULL));
    return g_ascii_strtoll(strstr(text, "syscw: ") + strlen("syscw: "), NULL, 10);
}

static void
test_few_calls(void)
{
    Store   store = { .ours = NULL };
    int64_t before;

    store_open(&store);
    before = write_calls();
    run(store.ours,
        "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
        " INSERT INTO t SELECT i, randomblob(4000) FROM n; COMMIT");
    /* 100 pages are 412 KB: by the engine itself more than 200 calls. */
    g_assert_cmpint(write_calls() - before, <, 12);
    compare(&store, "SELECT id || hex(v) FROM t ORDER BY id");
    store_close(&store);
}

/* One of many things that a writer may do, with a cache so small that pages are written before the end. */
static void
act(Store *store, GRand *random)
{
    static const char *const wholes[] = { "PRAGMA wal_checkpoint(PASSIVE)",
                                          "PRAGMA wal_checkpoint(FULL)",
                                          "PRAGMA wal_checkpoint(RESTART)",
                                          "PRAGMA wal_checkpoint(TRUNCATE)" };
    static const char *const ends[] = { "COMMIT", "COMMIT", "COMMIT", "ROLLBACK" };
    int                      rows = g_rand_int_range(random, 1, 200);

    if (g_rand_int_range(random, 0, 8) == 0) {
        run(store->ours, wholes[g_rand_int_range(random, 0, G_N_ELEMENTS(wholes))]);
        return;
    }
    run(store->ours, "BEGIN");
    for (int i = 0; i < rows; i++) {
        g_autofree char *sql =
            g_strdup_printf("INSERT OR REPLACE INTO t VALUES (%d, randomblob(%d))",
                            g_rand_int_range(random, 0, 120), g_rand_int_range(random, 1, 6000));

        if (i % 40 == 20)
            run(store->ours, "SAVEPOINT s");
        run(store->ours, sql);
        if (i % 40 == 30)
            run(store->ours, g_rand_boolean(random) ? "ROLLBACK TO s; RELEASE s" : "RELEASE s");
    }
    run(store->ours, ends[g_rand_int_range(random, 0, G_N_ELEMENTS(ends))]);
}

static void
test_any_order(void)
{
    Store  store = { .ours = NULL };
    GRand *random = g_rand_new_with_seed(20261125);

    store_open(&store);
    run(store.ours, "PRAGMA cache_size = 8");
    run(store.reader, "PRAGMA cache_size = 8");
    for (int i = 0; i < 40; i++) {
        act(&store, random);
        compare(&store, "SELECT id || ' ' || hex(v) FROM t ORDER BY id");
    }
    compare(&store, "PRAGMA integrity_check");
    g_rand_free(random);
    store_close(&store);
}

/* What a reader has mapped stays right when the file grows and its pages are replaced. */
static void
test_stays_mapped(void)
{
    Store store = { .ours = NULL };

    store_open(&store);
    for (int i = 0; i < 15; i++) {
        run(store.ours,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
            " INSERT INTO t (v) SELECT randomblob(3000) FROM n;"
            "UPDATE t SET v = randomblob(2000) WHERE id % 7 = 0;"
            "PRAGMA wal_checkpoint(TRUNCATE)");
        compare(&store, "SELECT id || ' ' || hex(v) FROM t ORDER BY id");
    }
    store_close(&store);
}

static void
test_no_vfs(void)
{
    SqliteFiles files;
    GError     *error = NULL;

    g_assert_false(db_sqlite_file_init(&files, "nobody's", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error(&error);
    db_sqlite_file_clear(&files);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/file/few-calls", test_few_calls);
    g_test_add_func("/db/file/any-order", test_any_order);
    g_test_add_func("/db/file/stays-mapped", test_stays_mapped);
    g_test_add_func("/db/file/no-vfs", test_no_vfs);
    return g_test_run();
}
