/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every call to the engine fails once; a disk fills up. After each: no half of anything, and what
 * is tried again succeeds. */
#include "db/db_fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>

/* ---- the Nth call fails ---- */

static bool
submit(Db *db, Arena *mem, GError **error)
{
    return db_apply(db, db_fixture_submission(mem, 1), error);
}

static bool
change(Db *db, Arena *mem, GError **error)
{
    return db_apply(db, db_fixture_change(mem, 1, 1, "closed"), error);
}

static bool
submit_two(Db *db, Arena *mem, GError **error)
{
    const WritePlan *plans[] = { db_fixture_submission(mem, 2), db_fixture_submission(mem, 3) };

    return db_apply_all(db, plans, 2, error);
}

static bool
check_row(const void *row, void *data, GError **error)
{
    const Count *id = row;

    (void)data, (void)error;
    g_assert_cmpint(id->n, >, 0);
    return true;
}

static bool
read_back(Db *db, Arena *mem, GError **error)
{
    Count    count;
    Petition row, *rows;
    size_t   n_rows;
    bool     found;
    g_autoptr(DbTx) tx = db_begin(db, mem, error);

    return tx != NULL && db_one(tx, &db_fixture_count_petitions, DB_NO_PARAMS, &count, error) &&
           db_maybe(tx, &db_fixture_by_number, DB_PARAMS(db_int(1)), &row, &found, error) &&
           db_all(tx, &db_fixture_by_entity, DB_PARAMS(db_int(1), db_int(5)), &rows, &n_rows,
                  error) &&
           db_each(tx, &db_fixture_event_ids, DB_NO_PARAMS, check_row, NULL, error);
}

static bool (*const acts[])(Db *, Arena *, GError **) = { submit, change, submit_two, read_back };

/* Every act, again when it fails. How many failed? */
static int
run_acts(Db *db)
{
    int failures = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;

        if (!acts[i](db, mem, &error)) {
            failures++;
            g_assert_true(error_code(error) == APP_ERROR_BUSY ||
                          error_code(error) == APP_ERROR_INTERNAL);
            g_assert_nonnull(strstr(error->message, "made to fail"));
            g_assert_cmpint(error_code(error) == APP_ERROR_BUSY, ==,
                            strstr(error->message, "BEGIN") != NULL ||
                                strstr(error->message, "COMMIT") != NULL);
            g_clear_error(&error);
            g_assert_true(acts[i](db, mem, &error));
            g_assert_no_error(error);
        }
    }
    return failures;
}

static void
test_each_call(void)
{
    int64_t n = 0, calls;

    do {
        char     *directory = db_fixture_directory(NULL);
        DbOptions options = db_fixture_options(directory);

        options.fail_at = ++n;
        Db *db = db_fixture_open_with(&options);
        int failures = run_acts(db);

        calls = db_stats(db).engine_calls;
        g_assert_cmpint(failures, ==, calls >= n ? 1 : 0);
        db_close(db);
        db = db_fixture_open(directory);
        g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 3);
        g_assert_cmpint(db_fixture_count(db, &db_fixture_count_events), ==, 4);
        db_close(db);
        db_fixture_remove(directory);
    } while (calls >= n);

    g_test_message("%d calls were made to fail", (int)n - 1);
    g_assert_cmpint(n, >, 15);
}

static void
test_from_now_on(void)
{
    char *directory = db_fixture_directory(NULL);
    Db   *db = db_fixture_open(directory);

    g_assert_cmpint(run_acts(db), ==, 0);
    db_fail_at(db, 2);
    g_assert_cmpint(db_stats(db).engine_calls, ==, 0);
    {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;

        g_assert_false(read_back(db, mem, &error)); /* its begin is the first call */
        g_assert_nonnull(strstr(error->message, "made to fail"));
        g_clear_error(&error);
        g_assert_true(read_back(db, mem, &error));
        g_assert_no_error(error);
    }
    db_fail_at(db, 0);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 3);
    db_close(db);
    db_fixture_remove(directory);
}

/* ---- a full disk ---- */

enum { PAYLOAD = 20000 };

static WritePlan *
heavy_submission(Arena *mem, int64_t id)
{
    static const uint8_t payload[PAYLOAD] = { 1 };
    WritePlan           *plan = plan_new(mem);

    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(id), db_int(id), db_int(1), db_text("submitted"), db_int(1),
                       db_bytes(BYTES_OF(payload))));
    plan_one(plan, &db_fixture_insert_petition,
             DB_PARAMS(db_int(id), db_int(1), db_int(id), db_text("title"), db_text("new"),
                       db_null(), db_null(), db_bool(false), db_null()));
    return plan;
}

/* Until it refuses; how many it took. */
static int64_t
fill(Db *db, int64_t first_id)
{
    for (int64_t id = first_id;; id++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;

        if (!db_apply(db, heavy_submission(mem, id), &error)) {
            g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
            return id - first_id;
        }
        g_assert_cmpint(id, <, first_id + 100000);
    }
}

static void
run_full_disk(const char *directory)
{
    static const char ballast[1000000];
    g_autofree char  *path = db_fixture_file(directory);
    g_autofree char  *ballast_path = g_build_filename(directory, "ballast", NULL);
    Db               *db = db_fixture_open(directory);
    int64_t           stored;

    g_assert_true(g_file_set_contents(ballast_path, ballast, sizeof ballast, NULL));
    stored = fill(db, 1);
    g_test_message("%d plans until the disk was full", (int)stored);
    g_assert_cmpint(stored, >, 10);

    /* Full stays full, and can be read all the same. */
    for (int i = 0; i < 20; i++)
        g_assert_cmpint(fill(db, stored + 1), ==, 0);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_events), ==, stored);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, stored);

    /* With room it goes on, without a new start. */
    g_assert_cmpint(g_unlink(ballast_path), ==, 0);
    int64_t more = fill(db, stored + 1);
    g_assert_cmpint(more, >, 10);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, stored + more);
    db_close(db);

    db_fixture_sql(path, "CREATE TEMP TABLE t (ok CHECK (ok = 'ok'));"
                         "INSERT INTO t SELECT integrity_check FROM pragma_integrity_check");
    db = db_fixture_open(directory);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, stored + more);
    db_close(db);
}

static void
test_full_disk(void)
{
    /* The larger one is full after the log was moved into the file several times. */
    static const char *const sizes[] = { "size=4m", "size=60m" };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        char            *above = db_fixture_directory(NULL);
        g_autofree char *directory = g_build_filename(above, "store", NULL);

        g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
        if (mount("tmpfs", directory, "tmpfs", 0, sizes[i]) != 0) {
            g_autofree char *reason =
                g_strdup_printf("a small tmpfs cannot be mounted (%s): no disk"
                                " was filled",
                                g_strerror(errno));

            g_test_skip(reason);
            db_fixture_remove(g_steal_pointer(&directory));
            db_fixture_remove(above);
            return;
        }
        run_full_disk(directory);
        g_assert_cmpint(umount(directory), ==, 0);
        db_fixture_remove(g_steal_pointer(&directory));
        db_fixture_remove(above);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/db/fault/each-call", test_each_call);
    engine_fixture_add("/db/fault/from-now-on", test_from_now_on);
    g_test_add_func("/db/fault/full-disk", test_full_disk);
    return g_test_run();
}
