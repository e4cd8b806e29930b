/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log is cut, and stays short, whatever readers do. */
#include "db/db_fixture.h"

#include "base/thread.h"

#include <stdatomic.h>

static void
expect_busy(bool succeeded, GError **error)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, APP_ERROR_BUSY);
    g_clear_error(error);
}

static int64_t
size_of_file(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *bytes = NULL;
    gsize            size = 0;

    g_file_get_contents(path, &bytes, &size, NULL);
    return (int64_t)size;
}

/* Nothing erased stays in the log. */
static void
test_checkpoint(void)
{
    char   *directory = db_fixture_directory(NULL);
    GError *error = NULL;
    Db     *db = db_fixture_open(directory);

    for (int64_t id = 1; id < 20; id++)
        db_fixture_submit(db, id);
    g_assert_cmpint(size_of_file(directory, "case.db-wal"), >, 0);
    g_assert_true(db_checkpoint(db, &error));
    g_assert_cmpint(size_of_file(directory, "case.db-wal"), ==, 0);
    g_assert_true(db_checkpoint(db, &error));

    db_fixture_submit(db, 20);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 20);
    db_close(db);
    db_fixture_remove(directory);
}

typedef struct {
    Db    *db;
    DbTx  *tx;
    Arena *mem;
    Lock   lock;
    Signal changed;
    bool   reads, let_go;
} Holder;

static void *
hold(void *data)
{
    Holder *holder = data;
    GError *error = NULL;
    Count   count;

    holder->tx = db_begin(holder->db, holder->mem, &error);
    g_assert_true(db_one(holder->tx, &db_fixture_count_petitions, DB_NO_PARAMS, &count, &error));
    lock_take(&holder->lock);
    holder->reads = true;
    signal_all(&holder->changed);
    while (!holder->let_go)
        signal_wait(&holder->changed, &holder->lock);
    lock_leave(&holder->lock);
    db_end(holder->tx);
    return NULL;
}

/* A reader is in the way: other plans are written meanwhile, and in the end the answer is BUSY. */
static void
test_checkpoint_waits(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Holder  holder = { .db = db_fixture_open_short(directory), .mem = mem };

    lock_init(&holder.lock);
    signal_init(&holder.changed);
    db_fixture_submit(holder.db, 1);
    pthread_t thread = thread_start("holds", 0, hold, &holder);
    lock_take(&holder.lock);
    while (!holder.reads)
        signal_wait(&holder.changed, &holder.lock);
    lock_leave(&holder.lock);

    db_fixture_submit(holder.db, 2);
    expect_busy(db_checkpoint(holder.db, &error), &error);
    db_fixture_submit(holder.db, 3);

    lock_take(&holder.lock);
    holder.let_go = true;
    signal_all(&holder.changed);
    lock_leave(&holder.lock);
    thread_join(thread);
    g_assert_true(db_checkpoint(holder.db, &error));
    g_assert_cmpint(db_fixture_count(holder.db, &db_fixture_count_petitions), ==, 3);

    signal_clear(&holder.changed);
    lock_clear(&holder.lock);
    db_close(holder.db);
    db_fixture_remove(directory);
}

typedef struct {
    Db          *db;
    _Atomic bool stop;
} Readers;

static void *
read_always(void *data)
{
    Readers *readers = data;

    while (!atomic_load(&readers->stop))
        db_fixture_count(readers->db, &db_fixture_count_sessions);
    return NULL;
}

/* Readers that never pause do not let the log grow without end. */
static void
test_log_stays_short(void)
{
    static const uint8_t payload[100000] = { 1 };
    char                *directory = db_fixture_directory(NULL);
    GError              *error = NULL;
    Readers              readers = { .db = db_fixture_open(directory) };
    pthread_t            threads[3];
    int64_t              longest = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("reads", 0, read_always, &readers);
    for (int64_t id = 1; id <= 1100; id++) { /* 110 MB */
        g_autoptr(Arena) mem = arena_new();
        WritePlan *plan = plan_new(mem);

        plan_one(plan, &db_fixture_insert_event,
                 DB_PARAMS(db_int(id), db_int(id), db_int(1), db_text("kind"), db_int(1),
                           db_bytes(BYTES_OF(payload))));
        g_assert_true(db_apply(readers.db, plan, &error));
        if (id % 100 == 0)
            longest = MAX(longest, size_of_file(directory, "case.db-wal"));
    }
    atomic_store(&readers.stop, true);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);

    g_test_message("the log's longest: %d MB", (int)(longest / 1000000));
    g_assert_cmpint(longest, <, 80 * 1000 * 1000);
    db_close(readers.db);
    db_fixture_remove(directory);
}

/* db_close finishes what waits; what comes after is kept by the next start. */
static void
test_close_and_open(void)
{
    char *directory = db_fixture_directory(NULL);
    Db   *db = db_fixture_open(directory);

    for (int64_t id = 1; id < 9; id++)
        db_fixture_submit(db, id);
    db_close(db);
    g_assert_cmpint(size_of_file(directory, "case.db-wal"), ==, 0);

    db = db_fixture_open(directory);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 8);
    db_close(db);
    db_fixture_remove(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/log/checkpoint", test_checkpoint);
    g_test_add_func("/db/log/checkpoint-waits", test_checkpoint_waits);
    g_test_add_func("/db/log/stays-short", test_log_stays_short);
    g_test_add_func("/db/log/close-and-open", test_close_and_open);
    return g_test_run();
}
