/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/db_fixture.h"

#include "base/clock.h"
#include "base/thread.h"

#include <string.h>

static void
expect(bool succeeded, GError **error, AppError code)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    g_clear_error(error);
}

/* A store with entity 7 and petitions 1 to n, all of it. */
static Db *
open_filled(const char *directory, int64_t n)
{
    Db *db = db_fixture_open(directory);
    g_autoptr(Arena) mem = arena_new();
    GError    *error = NULL;
    WritePlan *plan = plan_new(mem);

    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(900000), db_int(900007), db_int(1), db_text("entity"), db_int(1),
                       db_null()));
    plan_one(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(7), db_text("أمانة")));
    for (int64_t id = 1; id <= n; id++) {
        plan_one(plan, &db_fixture_insert_event,
                 DB_PARAMS(db_int(id), db_int(id), db_int(1), db_text("submitted"), db_int(id),
                           db_null()));
        plan_one(plan, &db_fixture_insert_petition,
                 DB_PARAMS(db_int(id), db_int(1), db_int(id + 100), db_text("title"),
                           db_text("new"), db_int_or_null(7), db_double(0.5), db_bool(id % 2 == 0),
                           db_bytes(BYTES_OF(((const uint8_t[]){ 1, 0, 2 })))));
    }
    g_assert_true(db_apply(db, plan, &error));
    g_assert_no_error(error);
    return db;
}

static void
test_types(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError              *error = NULL;
    Petition             row;
    WritePlan           *plan = plan_new(mem);
    Db                  *db = open_filled(directory, 2);

    static const uint8_t nothing[1];
    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(50), db_int(50), db_int(1), db_text(""), db_int(INT64_MIN),
                       db_bytes((Bytes){ nothing, 0 })));
    plan_one(plan, &db_fixture_insert_petition,
             DB_PARAMS(db_int(50), db_int(1), db_int(INT64_MAX),
                       db_text("'\"; DROP TABLE event --"), db_text(""), db_int_or_null(0),
                       db_text(NULL), db_bool(true), db_bytes((Bytes){ nothing, 0 })));
    g_assert_true(db_apply(db, plan, &error));

    DbTx *tx = db_begin(db, mem, &error);
    g_assert_true(db_arena(tx) == mem);
    g_assert_true(db_one(tx, &db_fixture_by_number, DB_PARAMS(db_int(102)), &row, &error));
    g_assert_cmpint(row.id, ==, 2);
    g_assert_cmpstr(row.title, ==, "title");
    g_assert_cmpint(row.entity_id, ==, 7);
    g_assert_cmpfloat(row.score, ==, 0.5);
    g_assert_true(row.urgent);
    g_assert_cmpmem(row.brief.data, row.brief.size, "\1\0\2", 3);

    /* NULL of a column that may be NULL; bytes of size 0 are a value. */
    g_assert_true(db_one(tx, &db_fixture_by_number, DB_PARAMS(db_int(INT64_MAX)), &row, &error));
    g_assert_cmpstr(row.title, ==, "'\"; DROP TABLE event --");
    g_assert_cmpstr(row.state, ==, "");
    g_assert_cmpint(row.entity_id, ==, 0);
    g_assert_cmpfloat(row.score, ==, 0);
    g_assert_nonnull(row.brief.data);
    g_assert_cmpuint(row.brief.size, ==, 0);
    db_end(tx);

    db_close(db);
    db_fixture_remove(directory);
}

static void
test_one_and_maybe(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError  *error = NULL;
    Petition row = { .id = -1 };
    bool     found = true;
    Db      *db = open_filled(directory, 2);
    DbTx    *tx = db_begin(db, mem, &error);

    expect(db_one(tx, &db_fixture_by_number, DB_PARAMS(db_int(1)), &row, &error), &error,
           APP_ERROR_NOT_FOUND);
    g_assert_true(db_maybe(tx, &db_fixture_by_number, DB_PARAMS(db_int(1)), &row, &found, &error));
    g_assert_false(found);
    g_assert_true(
        db_maybe(tx, &db_fixture_by_number, DB_PARAMS(db_int(101)), &row, &found, &error));
    g_assert_true(found);
    g_assert_cmpint(row.id, ==, 1);

    /* Two rows are a mistake, and `out` stays as it was. */
    row.id = -1;
    expect(db_one(tx, &db_fixture_by_entity, DB_PARAMS(db_int(7), db_int(2)), &row, &error), &error,
           APP_ERROR_INTERNAL);
    g_assert_cmpint(row.id, ==, -1);

    db_end(tx);
    db_close(db);
    db_fixture_remove(directory);
}

static void
test_all(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError   *error = NULL;
    Petition *rows = NULL;
    size_t    n_rows = 9;
    Db       *db = open_filled(directory, 100);
    DbTx     *tx = db_begin(db, mem, &error);

    g_assert_true(db_all(tx, &db_fixture_by_entity, DB_PARAMS(db_int(8), db_int(10)), &rows,
                         &n_rows, &error));
    g_assert_cmpuint(n_rows, ==, 0);

    for (int64_t limit = 1; limit <= 100; limit += 33) {
        g_assert_true(db_all(tx, &db_fixture_by_entity, DB_PARAMS(db_int(7), db_int(limit)), &rows,
                             &n_rows, &error));
        g_assert_cmpuint(n_rows, ==, limit);
        for (size_t i = 0; i < n_rows; i++) {
            g_assert_cmpint(rows[i].id, ==, i + 1);
            g_assert_cmpstr(rows[i].title, ==, "title");
        }
    }

    db_end(tx);
    db_close(db);
    db_fixture_remove(directory);
}

typedef struct {
    DbTx   *tx;
    int64_t seen, stop_at, sum;
} Walk;

static bool
add_row(const void *row, void *data, GError **error)
{
    const Petition *petition = row;
    Walk           *walk = data;

    g_assert_cmpstr(petition->title, ==, "title");
    walk->sum += petition->id;
    if (++walk->seen == walk->stop_at)
        return fail(error, APP_ERROR_LIMITED, "enough");
    return true;
}

/* The same statement inside itself would lose its place. */
static bool
nest(const void *row, void *data, GError **error)
{
    Walk    *walk = data;
    Petition other;

    (void)row;
    if (!db_one(walk->tx, &db_fixture_by_number, DB_PARAMS(db_int(101)), &other, error))
        return false;
    return db_one(walk->tx, &db_fixture_by_entity, DB_PARAMS(db_int(7), db_int(1)), &other, error);
}

static void
test_each(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Db     *db = open_filled(directory, 50);
    DbTx   *tx = db_begin(db, mem, &error);
    Walk    walk = { .tx = tx };

    g_assert_true(db_each(tx, &db_fixture_by_entity, DB_PARAMS(db_int(7), db_int(50)), add_row,
                          &walk, &error));
    g_assert_cmpint(walk.seen, ==, 50);
    g_assert_cmpint(walk.sum, ==, 50 * 51 / 2);

    walk = (Walk){ .tx = tx, .stop_at = 3 };
    expect(db_each(tx, &db_fixture_by_entity, DB_PARAMS(db_int(7), db_int(50)), add_row, &walk,
                   &error),
           &error, APP_ERROR_LIMITED);
    g_assert_cmpint(walk.seen, ==, 3);

    expect(
        db_each(tx, &db_fixture_by_entity, DB_PARAMS(db_int(7), db_int(50)), nest, &walk, &error),
        &error, APP_ERROR_INTERNAL);

    db_end(tx);
    db_close(db);
    db_fixture_remove(directory);
}

static const DbQuery unlisted = { .sql = "SELECT count(*) FROM petition WHERE id = $1" };

static void
test_refusals(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Count   count;
    Db     *db = open_filled(directory, 1);
    DbTx   *tx = db_begin(db, mem, &error);

    expect(db_one(tx, &unlisted, DB_PARAMS(db_int(1)), &count, &error), &error, APP_ERROR_INTERNAL);
    expect(db_one(tx, &db_fixture_drop_session, DB_PARAMS(db_int(1)), &count, &error), &error,
           APP_ERROR_INTERNAL);
    expect(db_one(tx, &db_fixture_by_number, DB_NO_PARAMS, &count, &error), &error,
           APP_ERROR_INTERNAL);
    expect(db_begin(db, mem, &error) != NULL, &error, APP_ERROR_INTERNAL);

    db_end(tx);
    db_end(NULL);
    db_close(db);
    db_close(NULL);
    db_fixture_remove(directory);
}

static void *
submit_second(void *db)
{
    db_fixture_submit(db, 2);
    return NULL;
}

static void
test_snapshot(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Count   count;
    Db     *db = open_filled(directory, 1);
    DbTx   *tx = db_begin(db, mem, &error);

    g_assert_true(db_one(tx, &db_fixture_count_petitions, DB_NO_PARAMS, &count, &error));
    g_assert_cmpint(count.n, ==, 1);

    /* Another thread writes meanwhile: it is not seen until the next transaction. */
    thread_join(thread_start("writes", 0, submit_second, db));
    g_assert_true(db_one(tx, &db_fixture_count_petitions, DB_NO_PARAMS, &count, &error));
    g_assert_cmpint(count.n, ==, 1);
    db_end(tx);

    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 2);
    db_close(db);
    db_fixture_remove(directory);
}

/* By the real clock: what is tried is that the engine itself is stopped. */
static void
test_old(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Count   count;
    Db     *db = db_fixture_open_short(directory);
    DbTx   *tx = db_begin(db, mem, &error);
    int64_t begun = clock_monotonic();

    expect(db_one(tx, &db_fixture_slow, DB_PARAMS(db_int(INT64_MAX)), &count, &error), &error,
           APP_ERROR_BUSY);
    g_assert_cmpint(clock_monotonic() - begun, <, 20 * SECONDS);
    expect(db_one(tx, &db_fixture_slow, DB_PARAMS(db_int(1)), &count, &error), &error,
           APP_ERROR_BUSY);
    db_end(tx);

    tx = db_begin(db, mem, &error);
    g_assert_true(db_one(tx, &db_fixture_slow, DB_PARAMS(db_int(9)), &count, &error));
    g_assert_cmpint(count.n, ==, 9);
    db_end(tx);
    db_close(db);
    db_fixture_remove(directory);
}

typedef struct {
    Db    *db;
    Lock   lock;
    Signal changed;
    int    holding;
    bool   let_go;
} Lease;

static void *
hold(void *data)
{
    Lease *lease = data;
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    DbTx   *tx = db_begin(lease->db, mem, &error);

    g_assert_nonnull(tx);
    lock_take(&lease->lock);
    lease->holding++;
    signal_all(&lease->changed);
    while (!lease->let_go)
        signal_wait(&lease->changed, &lease->lock);
    lock_leave(&lease->lock);
    db_end(tx);
    return NULL;
}

static void
test_lease(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError   *error = NULL;
    Lease     lease = { .db = db_fixture_open_short(directory) };
    pthread_t threads[3]; /* as many as the fixture has readers */

    lock_init(&lease.lock);
    signal_init(&lease.changed);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("holds", 0, hold, &lease);
    lock_take(&lease.lock);
    while (lease.holding < 3)
        signal_wait(&lease.changed, &lease.lock);
    lock_leave(&lease.lock);

    expect(db_begin(lease.db, mem, &error) != NULL, &error, APP_ERROR_BUSY);

    /* Who is hurried does not even wait for the second of this store. */
    int64_t begun = clock_monotonic();
    thread_hurry(true);
    expect(db_begin(lease.db, mem, &error) != NULL, &error, APP_ERROR_BUSY);
    thread_hurry(false);
    g_assert_cmpint(clock_monotonic() - begun, <, SECONDS / 2);

    lock_take(&lease.lock);
    lease.let_go = true;
    signal_all(&lease.changed);
    lock_leave(&lease.lock);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);

    g_assert_cmpint(db_fixture_count(lease.db, &db_fixture_count_petitions), ==, 0);
    signal_clear(&lease.changed);
    lock_clear(&lease.lock);
    db_close(lease.db);
    db_fixture_remove(directory);
}

static void
test_full_text(void)
{
    static const char tokens[] = "00000000000000aa 00000000000000bb";
    char             *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Count  *found;
    size_t  n_found;
    Db     *db = db_fixture_open(directory);

    for (int64_t id = 1; id <= 30; id++) {
        WritePlan *plan = db_fixture_submission(mem, id);

        plan_one(plan, &db_fixture_index_petition, DB_PARAMS(db_int(id), db_text(tokens)));
        g_assert_true(db_apply(db, plan, &error));
    }

    WritePlan *plan = db_fixture_change(mem, 30, 1, "erased");
    plan_one(plan, &db_fixture_unindex_petition, DB_PARAMS(db_int(30), db_text(tokens)));
    g_assert_true(db_apply(db, plan, &error));
    g_assert_no_error(error);

    DbTx *tx = db_begin(db, mem, &error);
    g_assert_true(db_all(tx, &db_fixture_search, DB_PARAMS(db_text("00000000000000bb"), db_int(10)),
                         &found, &n_found, &error));
    g_assert_cmpuint(n_found, ==, 10);
    g_assert_cmpint(found[0].n, ==, 29);
    db_end(tx);
    db_close(db);
    db_fixture_remove(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/db/read/types", test_types);
    engine_fixture_add("/db/read/one-and-maybe", test_one_and_maybe);
    engine_fixture_add("/db/read/all", test_all);
    engine_fixture_add("/db/read/each", test_each);
    engine_fixture_add("/db/read/refusals", test_refusals);
    engine_fixture_add("/db/read/snapshot", test_snapshot);
    engine_fixture_add("/db/read/old", test_old);
    engine_fixture_add("/db/read/lease", test_lease);
    engine_fixture_add("/db/read/full-text", test_full_text);
    return g_test_run();
}
