/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/db_fixture.h"

#include "base/clock.h"
#include "base/thread.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

static void
expect(bool succeeded, GError **error, AppError code, const char *words)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    if (words != NULL && !engine_fixture_says((*error)->message, words))
        g_error("'%s' does not say '%s'", (*error)->message, words);
    g_clear_error(error);
}

/* ---- what a plan may be ---- */

static void
add_event(WritePlan *plan, int64_t id)
{
    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(id), db_int(id), db_int(1), db_text("kind"), db_int(1), db_null()));
}

static void
add_petition(WritePlan *plan, int64_t id, int64_t number, const char *title, const char *state,
             int64_t entity)
{
    plan_one(plan, &db_fixture_insert_petition,
             DB_PARAMS(db_int(id), db_int(1), db_int(number), db_text(title), db_text(state),
                       db_int_or_null(entity), db_null(), db_bool(true), db_null()));
}

static void
make_submission(WritePlan *plan)
{
    add_event(plan, 2);
    add_petition(plan, 2, 2, "title", "new", 0);
}

static void
make_same_number(WritePlan *plan)
{
    add_event(plan, 2);
    add_petition(plan, 2, 1, "title", "new", 0);
}

static void
make_same_id(WritePlan *plan)
{
    add_event(plan, 1);
}

static void
make_stale_version(WritePlan *plan)
{
    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(9), db_int(1), db_int(6), db_text("kind"), db_int(1), db_null()));
    plan_one(plan, &db_fixture_change_state,
             DB_PARAMS(db_int(6), db_text("closed"), db_int(1), db_int(5)));
}

static void
make_two_rows(WritePlan *plan)
{
    add_event(plan, 2);
    plan_any(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(1), db_text("a")));
    plan_any(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(2), db_text("b")));
    plan_one(plan, &db_fixture_rename_entities, DB_PARAMS(db_text("c"), db_int(1)));
}

static void
make_any_rows(WritePlan *plan)
{
    add_event(plan, 2);
    plan_any(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(1), db_text("a")));
    plan_any(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(2), db_text("b")));
    plan_any(plan, &db_fixture_rename_entities, DB_PARAMS(db_text("c"), db_int(1)));
    plan_any(plan, &db_fixture_rename_entities, DB_PARAMS(db_text("d"), db_int(50)));
}

static void
make_unknown_entity(WritePlan *plan)
{
    add_event(plan, 2);
    add_petition(plan, 2, 2, "title", "new", 77);
}

static void
make_petition_before_event(WritePlan *plan)
{
    add_petition(plan, 2, 2, "title", "new", 0);
    add_event(plan, 2);
}

static void
make_refused_state(WritePlan *plan)
{
    add_event(plan, 2);
    add_petition(plan, 2, 2, "title", "nonsense", 0);
}

static void
make_null_title(WritePlan *plan)
{
    add_event(plan, 2);
    add_petition(plan, 2, 2, NULL, "new", 0);
}

static void
make_wrong_type(WritePlan *plan)
{
    plan_one(
        plan, &db_fixture_insert_event,
        DB_PARAMS(db_int(2), db_int(2), db_text("one"), db_text("kind"), db_int(1), db_null()));
}

static void
make_no_event(WritePlan *plan)
{
    add_petition(plan, 2, 2, "title", "new", 0);
}

static void
make_no_event_for_reference(WritePlan *plan)
{
    plan_one(plan, &db_fixture_insert_entity, DB_PARAMS(db_int(1), db_text("a")));
}

static void
make_perhaps_an_event(WritePlan *plan)
{
    plan_any(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(2), db_int(2), db_int(1), db_text("kind"), db_int(1), db_null()));
    add_petition(plan, 2, 2, "title", "new", 0);
}

static void
make_session(WritePlan *plan)
{
    plan_one(plan, &db_fixture_put_session, DB_PARAMS(db_bytes(bytes_of_text("token")), db_int(1)));
    plan_one(plan, &db_fixture_put_session, DB_PARAMS(db_bytes(bytes_of_text("token")), db_int(2)));
}

static void
make_absent_session(WritePlan *plan)
{
    plan_one(plan, &db_fixture_drop_session, DB_PARAMS(db_bytes(bytes_of_text("none"))));
}

static void
make_reading(WritePlan *plan)
{
    plan_any(plan, &db_fixture_by_number, DB_PARAMS(db_int(1)));
}

static const DbQuery unlisted = { .sql = "DELETE FROM session", .table = "session" };

static void
make_unlisted(WritePlan *plan)
{
    plan_any(plan, &unlisted, DB_NO_PARAMS);
}

static void
make_too_few_params(WritePlan *plan)
{
    plan_any(plan, &db_fixture_drop_session, DB_NO_PARAMS);
}

static void
make_too_many_params(WritePlan *plan)
{
    plan_any(plan, &db_fixture_drop_session, DB_PARAMS(db_null(), db_null()));
}

static void
make_nothing(WritePlan *plan)
{
    g_assert_cmpuint(plan_length(plan), ==, 0);
}

static const struct {
    const char *name;
    void (*make)(WritePlan *plan);
    int         expected; /* -1: applied */
    const char *words;
} plan_cases[] = {
    { "an event and a petition", make_submission, -1, NULL },
    { "a unique index refuses", make_same_number, APP_ERROR_RACE, "UNIQUE" },
    { "an id is there", make_same_id, APP_ERROR_RACE, NULL },
    { "the version has changed", make_stale_version, APP_ERROR_RACE, "0 rows" },
    { "two rows where one must change", make_two_rows, APP_ERROR_RACE, "2 rows" },
    { "any number of rows, none among them", make_any_rows, -1, NULL },
    { "a foreign key refuses", make_unknown_entity, APP_ERROR_INTERNAL, "FOREIGN KEY" },
    { "the event comes second", make_petition_before_event, APP_ERROR_INTERNAL, "FOREIGN KEY" },
    { "a check refuses", make_refused_state, APP_ERROR_INTERNAL, "CHECK" },
    { "not null refuses", make_null_title, APP_ERROR_INTERNAL, "title" },
    { "a strict table refuses", make_wrong_type, APP_ERROR_INTERNAL, "TEXT" },
    { "a case table without an event", make_no_event, APP_ERROR_INTERNAL, "without an event" },
    { "a reference table without one", make_no_event_for_reference, APP_ERROR_INTERNAL,
      "without an event" },
    { "an event that may insert nothing", make_perhaps_an_event, APP_ERROR_INTERNAL,
      "without an event" },
    { "machinery needs none; upsert", make_session, -1, NULL },
    { "machinery races too", make_absent_session, APP_ERROR_RACE, NULL },
    { "a plan cannot read", make_reading, APP_ERROR_INTERNAL, "cannot read" },
    { "a statement in no list", make_unlisted, APP_ERROR_INTERNAL, "no list" },
    { "too few parameters", make_too_few_params, APP_ERROR_INTERNAL, "0 parameters" },
    { "too many parameters", make_too_many_params, APP_ERROR_INTERNAL, "2 parameters" },
    { "an empty plan", make_nothing, -1, NULL },
};

/* Whatever the outcome: all of it or nothing, and the writer goes on. */
static void
test_plans(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plan_cases); i++) {
        char *directory = db_fixture_directory(NULL);
        g_autoptr(Arena) mem = arena_new();
        GError    *error = NULL;
        WritePlan *plan = plan_new(mem);
        Db        *db = db_fixture_open(directory);

        g_test_message("%s", plan_cases[i].name);
        db_fixture_submit(db, 1);
        plan_cases[i].make(plan);
        bool applied = db_apply(db, plan, &error);
        if (plan_cases[i].expected >= 0) {
            expect(applied, &error, (AppError)plan_cases[i].expected, plan_cases[i].words);
            g_assert_cmpint(db_fixture_count(db, &db_fixture_count_events), ==, 1);
            g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 1);
        } else {
            g_assert_no_error(error);
            g_assert_true(applied);
        }

        db_fixture_submit(db, 3);
        db_close(db);
        db_fixture_remove(directory);
    }
}

/* What is added to a plan may change or go at once. */
static void
test_copies(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError    *error = NULL;
    Petition   row;
    char       title[] = "title";
    uint8_t    brief[] = { 1, 2, 3 };
    DbValue    params[] = { db_int(2),      db_int(1),      db_int(2),
                            db_text(title), db_text("new"), db_null(),
                            db_null(),      db_bool(true),  db_bytes(BYTES_OF(brief)) };
    WritePlan *plan = plan_new(mem);
    Db        *db = db_fixture_open(directory);

    for (int64_t id = 10; id < 50; id++)
        add_event(plan, id);
    add_event(plan, 2);
    plan_one(plan, &db_fixture_insert_petition, params, G_N_ELEMENTS(params));
    g_assert_cmpuint(plan_length(plan), ==, 42);
    memset(params, 0xff, sizeof params);
    memset(title, 'x', sizeof title - 1);
    memset(brief, 9, sizeof brief);
    g_assert_true(db_apply(db, plan, &error));

    DbTx *tx = db_begin(db, mem, &error);
    g_assert_true(db_one(tx, &db_fixture_by_number, DB_PARAMS(db_int(2)), &row, &error));
    g_assert_cmpstr(row.title, ==, "title");
    g_assert_cmpmem(row.brief.data, row.brief.size, "\1\2\3", 3);
    db_end(tx);
    db_close(db);
    db_fixture_remove(directory);
}

static void
test_apply_all(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError          *error = NULL;
    const WritePlan *plans[2000];
    Db              *db = db_fixture_open(directory);

    for (int i = 0; i < 2000; i++)
        plans[i] = db_fixture_submission(mem, i + 1);
    g_assert_true(db_apply_all(db, plans, 2000, &error));
    g_assert_true(db_apply_all(db, NULL, 0, &error));
    g_assert_cmpint(db_stats(db).batches, ==, 1);
    g_assert_cmpint(db_stats(db).plans, ==, 2000);

    /* The last one fails: none is kept. */
    for (int i = 0; i < 2000; i++)
        plans[i] = db_fixture_submission(mem, 5000 - i);
    plans[1999] = db_fixture_submission(mem, 7);
    expect(db_apply_all(db, plans, 2000, &error), &error, APP_ERROR_RACE, NULL);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_petitions), ==, 2000);

    WritePlan *wrong = plan_new(mem);
    make_no_event(wrong);
    plans[3] = wrong;
    expect(db_apply_all(db, plans, 2000, &error), &error, APP_ERROR_INTERNAL, "without an event");
    g_assert_cmpint(db_stats(db).rolled_back, ==, 1);

    db_close(db);
    db_fixture_remove(directory);
}

typedef struct {
    int64_t id;
} Found;

static size_t
count_found(Db *db, Arena *mem, const char *word)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, mem, &error);
    Found *found;
    size_t n;

    g_assert_true(
        db_all(tx, &db_fixture_search, DB_PARAMS(db_text(word), db_int(10)), &found, &n, &error));
    return n;
}

/* What may run behind the others of a commit runs, in its own order, and is gone with the commit. */
static void
test_deferrable(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError    *error = NULL;
    WritePlan *plans[] = { db_fixture_submission(mem, 1), db_fixture_change(mem, 1, 1, "assigned"),
                           db_fixture_change(mem, 1, 2, "closed") };
    WritePlan *lost[] = { db_fixture_submission(mem, 2), db_fixture_submission(mem, 1) };
    Db        *db = db_fixture_open(directory);

    plan_any(plans[0], &db_fixture_index_petition, DB_PARAMS(db_int(1), db_text("aaaa")));
    plan_any(plans[1], &db_fixture_unindex_petition, DB_PARAMS(db_int(1), db_text("aaaa")));
    plan_any(plans[1], &db_fixture_index_petition, DB_PARAMS(db_int(1), db_text("bbbb")));
    plan_any(plans[2], &db_fixture_unindex_petition, DB_PARAMS(db_int(1), db_text("bbbb")));
    plan_any(plans[2], &db_fixture_index_petition, DB_PARAMS(db_int(1), db_text("cccc")));
    g_assert_true(db_apply_all(db, (const WritePlan *const *)plans, 3, &error));
    g_assert_cmpuint(count_found(db, mem, "aaaa"), ==, 0);
    g_assert_cmpuint(count_found(db, mem, "bbbb"), ==, 0);
    g_assert_cmpuint(count_found(db, mem, "cccc"), ==, 1);

    plan_any(lost[0], &db_fixture_index_petition, DB_PARAMS(db_int(2), db_text("cccc")));
    expect(db_apply_all(db, (const WritePlan *const *)lost, 2, &error), &error, APP_ERROR_RACE,
           NULL);
    g_assert_cmpuint(count_found(db, mem, "cccc"), ==, 1);

    db_close(db);
    db_fixture_remove(directory);
}

/* ---- many at once ---- */

typedef struct {
    Db             *db;
    int             number;
    _Atomic int64_t applied, raced, refused;
} Crowd;

enum { CROWD = 32, EACH = 60 };

/* Every third plan races for an id that all want, every fifth is wrong, the rest are right. */
static void *
apply_mixed(void *data)
{
    Crowd *crowd = ((void **)data)[0];
    int    self = GPOINTER_TO_INT(((void **)data)[1]);

    for (int i = 0; i < EACH; i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;
        int64_t    own = 1000 + self * EACH + i;
        WritePlan *plan = db_fixture_submission(mem, i % 3 == 0 ? i + 1 : own);

        if (i % 5 == 1)
            add_petition(plan, own + 100000, own + 100000, "title", "nonsense", 0);

        if (db_apply(crowd->db, plan, &error))
            atomic_fetch_add(&crowd->applied, 1);
        else if (error_code(error) == APP_ERROR_RACE)
            atomic_fetch_add(&crowd->raced, 1);
        else if (strcasestr(error->message, "check") != NULL ||
                 strcasestr(error->message, "foreign") != NULL)
            atomic_fetch_add(&crowd->refused, 1);
        else
            g_error("%s", error->message);
    }
    return NULL;
}

static void
test_failures_stay_alone(void)
{
    char     *directory = db_fixture_directory(NULL);
    Crowd     crowd = { .db = db_fixture_open(directory) };
    void     *data[CROWD][2];
    pthread_t threads[CROWD];
    int64_t   own = 0, shared = 0;

    for (int i = 0; i < CROWD; i++) {
        data[i][0] = &crowd;
        data[i][1] = GINT_TO_POINTER(i);
        threads[i] = thread_start("applies", 0, apply_mixed, data[i]);
    }
    for (int i = 0; i < CROWD; i++)
        thread_join(threads[i]);

    for (int i = 0; i < EACH; i++) {
        if (i % 5 == 1)
            continue;
        if (i % 3 == 0)
            shared += 1;
        else
            own += CROWD;
    }
    DbStats stats = db_stats(crowd.db);
    g_test_message("%d plans, %d batches, %d rolled back", (int)stats.plans, (int)stats.batches,
                   (int)stats.rolled_back);
    g_assert_cmpint(crowd.applied, ==, own + shared);
    g_assert_cmpint(crowd.applied + crowd.raced + crowd.refused, ==, CROWD * EACH);
    g_assert_cmpint(stats.plans, ==, own + shared);
    g_assert_cmpint(stats.waiting, ==, 0);
    g_assert_cmpint(stats.batches, >, 0);
    g_assert_cmpint(stats.commit_microseconds, >, 0);
    g_assert_cmpint(db_fixture_count(crowd.db, &db_fixture_count_petitions), ==, own + shared);
    g_assert_cmpint(db_fixture_count(crowd.db, &db_fixture_count_events), ==, own + shared);

    db_close(crowd.db);
    db_fixture_remove(directory);
}

typedef struct {
    Db             *db;
    _Atomic int64_t full, busy;
} Crush;

static void *
apply_refused(void *data)
{
    Crush *crush = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;

    g_assert_false(db_apply(crush->db, db_fixture_submission(mem, 5), &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    if (strstr(error->message, "too many plans wait") != NULL)
        atomic_fetch_add(&crush->full, 1);
    else
        atomic_fetch_add(&crush->busy, 1);
    return NULL;
}

/* A foreign process holds the file: the writer's wait is short, the queue's length is a limit. */
static void
test_busy(void)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *path = db_fixture_file(directory);
    pthread_t        threads[12];
    sqlite3         *foreign = NULL;
    DbOptions        options = { .directory = directory, .schema = &db_fixture_schema, .queue = 1 };
    Crush            crush = { .db = db_fixture_open_with(&options) };

    g_assert_cmpint(sqlite3_open(path, &foreign), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(foreign, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("applies", 0, apply_refused, &crush);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
    g_assert_cmpint(crush.full, >, 0);
    g_assert_cmpint(crush.busy, >, 0);

    g_assert_cmpint(sqlite3_exec(foreign, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_close(foreign), ==, SQLITE_OK);
    db_fixture_submit(crush.db, 5);
    db_close(crush.db);
    db_fixture_remove(directory);
}

/* ---- a thread that reads ---- */

static void
test_reading_thread(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError          *error = NULL;
    Db              *db = db_fixture_open(directory);
    DbTx            *tx = db_begin(db, mem, &error);
    const WritePlan *plan = db_fixture_submission(mem, 1);

    expect(db_apply(db, plan, &error), &error, APP_ERROR_INTERNAL, "reads");
    expect(db_apply_all(db, &plan, 1, &error), &error, APP_ERROR_INTERNAL, "reads");
    expect(db_checkpoint(db, &error), &error, APP_ERROR_INTERNAL, "reads");
    db_end(tx);
    g_assert_true(db_apply(db, plan, &error));

    db_close(db);
    db_fixture_remove(directory);
}

static void
test_hurried_thread(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Db     *db = db_fixture_open(directory);

    thread_hurry(true);
    expect(db_apply(db, db_fixture_submission(mem, 1), &error), &error, APP_ERROR_BUSY, "hurried");
    thread_hurry(false);
    g_assert_true(db_apply(db, db_fixture_submission(mem, 1), &error));

    db_close(db);
    db_fixture_remove(directory);
}

/* ---- counting what others remember ---- */

static WritePlan *
plan_session(Arena *mem, bool drop)
{
    WritePlan *plan = plan_new(mem);

    if (drop)
        plan_any(plan, &db_fixture_drop_session, DB_PARAMS(db_bytes(bytes_of_text("token"))));
    else
        plan_one(plan, &db_fixture_put_session,
                 DB_PARAMS(db_bytes(bytes_of_text("token")), db_int(1)));
    return plan;
}

/* Counted are plans with such a statement that were committed, and nothing else. */
static void
test_changes(void)
{
    char *directory = db_fixture_directory(NULL);
    g_autoptr(Arena) mem = arena_new();
    GError          *error = NULL;
    Db              *db = db_fixture_open(directory);
    const WritePlan *both[] = { plan_session(mem, false), plan_session(mem, true) };
    WritePlan       *refused = plan_session(mem, true);
    int64_t          step = engine_fixture_is_pg() ? 0 : 1, start = db_changes(db);

    g_assert_cmpint(start, ==, engine_fixture_is_pg() ? -1 : 0);
    g_assert_true(db_apply(db, plan_session(mem, false), &error));
    g_assert_cmpint(db_changes(db), ==, start);
    g_assert_true(db_apply(db, plan_session(mem, true), &error));
    g_assert_cmpint(db_changes(db), ==, start + step);
    g_assert_true(db_apply_all(db, both, 2, &error));
    g_assert_cmpint(db_changes(db), ==, start + 2 * step);

    db_fixture_submit(db, 1);
    plan_one(refused, &db_fixture_change_state,
             DB_PARAMS(db_int(3), db_text("new"), db_int(1), db_int(2)));
    add_event(refused, 3);
    expect(db_apply(db, refused, &error), &error, APP_ERROR_RACE, NULL);
    g_assert_cmpint(db_changes(db), ==, start + 2 * step);

    db_close(db);
    db_fixture_remove(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/db/write/plans", test_plans);
    engine_fixture_add("/db/write/copies", test_copies);
    engine_fixture_add("/db/write/apply-all", test_apply_all);
    g_test_add_func("/db/write/deferrable", test_deferrable); /* full text is SQLite's */
    engine_fixture_add("/db/write/failures-stay-alone", test_failures_stay_alone);
    g_test_add_func("/db/write/busy", test_busy);
    engine_fixture_add("/db/write/reading-thread", test_reading_thread);
    engine_fixture_add("/db/write/hurried-thread", test_hurried_thread);
    engine_fixture_add("/db/write/changes", test_changes);
    return g_test_run();
}
