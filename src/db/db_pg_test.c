/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The weather of a server that is somewhere else: connections that are cut at the worst moment, a
 * server that is gone for a while, deadlocks, and several nodes on one store. A proxy stands between
 * the store and the real server. */
#include "db/db_fixture.h"
#include "db/db_pg_proxy_fixture.h"

#include "base/thread.h"

#include <stdatomic.h>
#include <string.h>

static void
expect(bool succeeded, GError **error, AppError code, const char *words)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    if (!engine_fixture_says((*error)->message, words))
        g_error("'%s' does not say '%s'", (*error)->message, words);
    g_clear_error(error);
}

/* ---- a store behind the proxy ---- */

typedef struct {
    char  *direct, *url;
    Proxy *proxy;
    Arena *mem;
    Db    *db;
} Remote;

static void
remote_open(Remote *remote, int64_t patience)
{
    remote->direct = engine_fixture_schema();
    remote->proxy = db_pg_proxy_start(remote->direct);
    remote->url = db_pg_proxy_url(remote->proxy, remote->direct);
    remote->mem = arena_new();

    DbOptions options = db_fixture_options(remote->url);
    options.patience = patience;
    options.writers = 1;
    remote->db = db_fixture_open_with(&options);
}

static void
remote_close(Remote *remote)
{
    db_close(remote->db);
    db_pg_proxy_stop(remote->proxy);
    arena_free(remote->mem);
    g_free(remote->url);
    engine_fixture_drop(remote->direct);
}

static int64_t
count_events(const Remote *remote)
{
    g_autofree char *n = engine_fixture_sql(remote->direct, "SELECT count(*) FROM event");

    return g_ascii_strtoll(n, NULL, 10);
}

static WritePlan *
witnessed(const Remote *remote, int64_t id)
{
    WritePlan *plan = db_fixture_submission(remote->mem, id);

    plan_witness(plan, &db_fixture_event_by_id, DB_PARAMS(db_int(id)));
    return plan;
}

/* ---- an answer that is lost ---- */

static const struct {
    const char *name;
    ProxyCut    cut;
    bool        witness;
    int         expected; /* -1: applied */
    int64_t     events;
} commit_cases[] = {
    { "the answer of a commit is lost, and it was kept", PROXY_CUT_ANSWER, true, -1, 1 },
    { "the commit itself is lost", PROXY_CUT_COMMIT, true, -1, 1 },
    { "nothing tells whether it was kept, and it was", PROXY_CUT_ANSWER, false, APP_ERROR_BUSY, 1 },
    { "nothing tells whether it was kept, and it was not", PROXY_CUT_COMMIT, false, APP_ERROR_BUSY,
      0 },
    { "before the commit nothing is unknown", PROXY_CUT_BEGIN, false, -1, 1 },
};

static void
test_commits(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commit_cases); i++) {
        Remote  remote;
        GError *error = NULL;

        g_test_message("%s", commit_cases[i].name);
        remote_open(&remote, 0);
        db_pg_proxy_cut_once(remote.proxy, commit_cases[i].cut);
        WritePlan *plan =
            commit_cases[i].witness ? witnessed(&remote, 7) : db_fixture_submission(remote.mem, 7);
        bool applied = db_apply(remote.db, plan, &error);
        g_assert_cmpint(db_pg_proxy_cuts(remote.proxy), ==, 1);
        if (commit_cases[i].expected >= 0) {
            expect(applied, &error, (AppError)commit_cases[i].expected, "not known");
        } else {
            g_assert_no_error(error);
            g_assert_true(applied);
        }
        g_assert_cmpint(count_events(&remote), ==, commit_cases[i].events);

        db_fixture_submit(remote.db, 8);
        remote_close(&remote);
    }
}

/* One witness speaks for all that share its commit. */
static void
test_shared_commit(void)
{
    Remote           remote;
    GError          *error = NULL;
    const WritePlan *plans[3];

    remote_open(&remote, 0);
    for (int64_t i = 0; i < 3; i++)
        plans[i] = i == 1 ? witnessed(&remote, 1) : db_fixture_submission(remote.mem, 10 + i);
    db_pg_proxy_cut_once(remote.proxy, PROXY_CUT_ANSWER);
    g_assert_true(db_apply_all(remote.db, plans, 3, &error));
    g_assert_no_error(error);
    g_assert_cmpint(count_events(&remote), ==, 3);
    remote_close(&remote);
}

/* ---- a server that is gone ---- */

/* A lent connection that died since is replaced without anybody noticing; in the middle of a
 * transaction it cannot be. */
static void
test_readers(void)
{
    Remote  remote;
    GError *error = NULL;
    Count   count;

    remote_open(&remote, 0);
    db_fixture_submit(remote.db, 1);
    db_pg_proxy_cut_all(remote.proxy);
    g_assert_cmpint(db_fixture_count(remote.db, &db_fixture_count_events), ==, 1);

    DbTx *tx = db_begin(remote.db, remote.mem, &error);
    g_assert_true(db_one(tx, &db_fixture_count_events, DB_NO_PARAMS, &count, &error));
    db_pg_proxy_cut_all(remote.proxy);
    expect(db_one(tx, &db_fixture_count_events, DB_NO_PARAMS, &count, &error), &error,
           APP_ERROR_BUSY, "lost");
    expect(db_one(tx, &db_fixture_count_events, DB_NO_PARAMS, &count, &error), &error,
           APP_ERROR_BUSY, "lost");
    db_end(tx);
    g_assert_cmpint(db_fixture_count(remote.db, &db_fixture_count_events), ==, 1);
    remote_close(&remote);
}

static void
test_gone(void)
{
    Remote  remote;
    GError *error = NULL;
    Count   count;

    remote_open(&remote, 1 * SECONDS);
    db_fixture_submit(remote.db, 1);
    db_pg_proxy_refuse(remote.proxy, true);

    int64_t begun = clock_monotonic();
    DbTx   *tx = db_begin(remote.db, remote.mem, &error);
    expect(db_one(tx, &db_fixture_count_events, DB_NO_PARAMS, &count, &error), &error,
           APP_ERROR_BUSY, "connection");
    db_end(tx);
    expect(db_apply(remote.db, db_fixture_submission(remote.mem, 2), &error), &error,
           APP_ERROR_BUSY, "connection");
    int64_t waited = clock_monotonic() - begun;
    g_assert_cmpint(waited, >=, 1 * SECONDS);
    g_assert_cmpint(waited, <, 20 * SECONDS);

    db_pg_proxy_refuse(remote.proxy, false);
    g_assert_true(db_apply(remote.db, db_fixture_submission(remote.mem, 2), &error));
    g_assert_cmpint(db_fixture_count(remote.db, &db_fixture_count_events), ==, 2);
    remote_close(&remote);
}

static void *
submit_patiently(void *data)
{
    Remote *remote = data;
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;

    g_assert_true(db_apply(remote->db, db_fixture_submission(mem, 5), &error));
    g_assert_no_error(error);
    return NULL;
}

/* A write that is begun while the server is gone is there when it is back. */
static void
test_waits(void)
{
    Remote remote;

    remote_open(&remote, 0);
    db_pg_proxy_refuse(remote.proxy, true);
    pthread_t thread = thread_start("submits", 0, submit_patiently, &remote);
    db_pg_proxy_wait_refused(remote.proxy, 2);
    g_assert_cmpint(count_events(&remote), ==, 0);
    db_pg_proxy_refuse(remote.proxy, false);
    thread_join(thread);
    g_assert_cmpint(count_events(&remote), ==, 1);
    remote_close(&remote);
}

/* Nobody but the keeper says that it is gone, and that it is back. */
static void
test_wait(void)
{
    Remote  remote;
    GError *error = NULL;
    Count   count;

    remote_open(&remote, 0);
    g_assert_false(db_wait(remote.db, clock_monotonic() + SECONDS));
    db_pg_proxy_refuse(remote.proxy, true);
    DbTx *tx = db_begin(remote.db, remote.mem, &error);
    expect(db_one(tx, &db_fixture_count_events, DB_NO_PARAMS, &count, &error), &error,
           APP_ERROR_BUSY, "connection");
    db_end(tx);
    g_assert_false(db_wait(remote.db, clock_monotonic() + SECONDS / 2));
    g_assert_null(db_begin(remote.db, remote.mem, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    g_clear_error(&error);

    db_pg_proxy_refuse(remote.proxy, false);
    g_assert_true(db_wait(remote.db, clock_monotonic() + 20 * SECONDS));
    g_assert_cmpint(db_fixture_count(remote.db, &db_fixture_count_events), ==, 0);
    remote_close(&remote);
}

static const struct {
    const char *name, *url, *words; /* NULL: it is only that nobody is there */
} addresses[] = {
    { "another host", "postgresql://u@db.example/d", "sslmode=verify-full" },
    { "an address", "postgresql://u@192.0.2.1/d?sslmode=verify-ca", "192.0.2.1" },
    { "the second of two", "postgresql://u@localhost,db2.example/d", "db2.example" },
    { "a name of ours elsewhere", "postgresql://u@localhost/d?hostaddr=192.0.2.1", "192.0.2.1" },
    { "a service", "postgresql:///d?service=elsewhere", "service" },
    { "a password", "postgresql://u:p@localhost/d", "holds a password" },
    { "this machine", "postgresql://u@127.0.0.1:1/d", NULL },
    { "a socket", "postgresql:///d?host=/nowhere", NULL },
};

static void
test_addresses(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        DbOptions options = db_fixture_options(addresses[i].url);
        GError   *error = NULL;

        g_test_message("%s", addresses[i].name);
        expect(db_open(&options, &error) != NULL, &error,
               addresses[i].words == NULL ? APP_ERROR_BUSY : APP_ERROR_INVALID,
               addresses[i].words == NULL ? "no connection" : addresses[i].words);
    }
}

/* The first of two hosts does not answer. */
static void
test_hosts(void)
{
    Remote  remote;
    GError *error = NULL;

    remote_open(&remote, 0);
    g_autofree char *url = db_pg_proxy_url_second(remote.proxy, remote.direct);
    DbOptions        options = db_fixture_options(url);
    Db              *db = db_open(&options, &error);
    g_assert_no_error(error);
    db_fixture_submit(db, 3);
    db_close(db);
    remote_close(&remote);
}

/* ---- several at once ---- */

enum { CROWD = 16, EACH = 40 };

typedef struct {
    Db *db;
    int place;
} Crosser;

/* Two sessions in one plan, in this order or the other. */
static void *
cross(void *data)
{
    Crosser *crosser = data;

    for (int i = 0; i < EACH; i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;
        WritePlan *plan = plan_new(mem);
        bool       turned = (crosser->place + i) % 2 == 0;

        for (int j = 0; j < 2; j++)
            plan_one(
                plan, &db_fixture_put_session,
                DB_PARAMS(db_bytes(bytes_of_text(turned == (j == 0) ? "a" : "b")), db_int(i + 1)));
        g_assert_true(db_apply(crosser->db, plan, &error));
        g_assert_no_error(error);
    }
    return NULL;
}

static void
test_deadlocks(void)
{
    char     *url = engine_fixture_schema();
    Db       *db = db_fixture_open(url);
    Crosser   crossers[CROWD];
    pthread_t threads[CROWD];

    for (int i = 0; i < CROWD; i++) {
        crossers[i] = (Crosser){ db, i };
        threads[i] = thread_start("crosses", 0, cross, &crossers[i]);
    }
    for (int i = 0; i < CROWD; i++)
        thread_join(threads[i]);
    g_assert_cmpint(db_stats(db).plans, ==, CROWD * EACH);
    g_assert_cmpint(db_fixture_count(db, &db_fixture_count_sessions), ==, 2);
    db_close(db);
    engine_fixture_drop(url);
}

static void *
migrate(void *data)
{
    DbOptions *options = data;
    GError    *error = NULL;
    int        applied = 0;

    bool       migrated = db_migrate(options, &applied, &error);
    g_assert_no_error(error);
    g_assert_true(migrated);
    return GINT_TO_POINTER(applied);
}

/* Nodes that start together: each migration runs once. */
static void
test_migrate_together(void)
{
    char     *url = engine_fixture_schema();
    DbOptions options = db_fixture_options(url);
    pthread_t threads[4];
    int       applied = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("migrates", 0, migrate, &options);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        void *result;

        g_assert_cmpint(pthread_join(threads[i], &result), ==, 0);
        applied += GPOINTER_TO_INT(result);
    }
    g_assert_cmpint(applied, ==, (int)db_fixture_schema.n_migrations);
    engine_fixture_drop(url);
}

static void
test_nodes(void)
{
    char *url = engine_fixture_schema();
    Db   *nodes[3];

    for (int i = 0; i < 3; i++) {
        nodes[i] = db_fixture_open(url);
        g_assert_cmpint(db_node(nodes[i]), ==, i);
    }

    /* A number that was given back is taken again, and so is one whose process died long ago. */
    db_close(nodes[1]);
    nodes[1] = db_fixture_open(url);
    g_assert_cmpint(db_node(nodes[1]), ==, 1);
    db_close(nodes[2]);
    g_free(engine_fixture_sql(url, "INSERT INTO schema_node VALUES (2, 'dead', 1)"));
    nodes[2] = db_fixture_open(url);
    g_assert_cmpint(db_node(nodes[2]), ==, 2);

    for (int i = 0; i < 3; i++)
        db_close(nodes[i]);
    g_autofree char *left = engine_fixture_sql(url, "SELECT count(*) FROM schema_node");
    g_assert_cmpstr(left, ==, "0");
    engine_fixture_drop(url);
}

/* ---- what the server refuses ---- */

static void
test_events_stay(void)
{
    char *url = engine_fixture_schema();
    Db   *db = db_fixture_open(url);

    db_fixture_submit(db, 1);
    for (int i = 0; i < 3; i++) {
        static const char *const changes[] = { "UPDATE event SET kind = 'x'", "DELETE FROM event",
                                               "TRUNCATE event CASCADE" };
        g_autofree char         *message = engine_fixture_refused(url, changes[i]);

        g_assert_nonnull(strstr(message, "never changed"));
    }
    db_close(db);
    engine_fixture_drop(url);
}

static const DbColumn petition_id_column[] = { DB_COLUMN(Count, n) };

static const struct {
    const char *name;
    DbQuery     query;
    const char *words;
} type_cases[] = {
    { "a text where the field is a number",
      { .sql = "SELECT title FROM petition WHERE id = $1", DB_COLUMNS(Count, petition_id_column) },
      "column n is TEXT, not INTEGER" },
    { "a sum that is no whole number any more",
      { .sql = "SELECT sum(number) FROM petition", DB_COLUMNS(Count, petition_id_column) },
      "column n is of a type that no field has" },
    { "a parameter that no value has the type of",
      { .sql = "SELECT id FROM petition WHERE title = CAST($1 AS XML)::text",
        DB_COLUMNS(Count, petition_id_column) },
      "parameter 1 would have a type" },
};

/* SQLite sees these when the statement runs, PostgreSQL before. */
static void
test_types(void)
{
    char *url = engine_fixture_schema();

    db_close(db_fixture_open(url));
    for (size_t i = 0; i < G_N_ELEMENTS(type_cases); i++) {
        const DbQuery *const        list[] = { &type_cases[i].query, NULL };
        const DbQuery *const *const lists[] = { list, NULL };
        DbSchema                    schema = db_fixture_schema;
        DbOptions                   options = db_fixture_options(url);
        GError                     *error = NULL;

        g_test_message("%s", type_cases[i].name);
        schema.queries = lists;
        options.schema = &schema;
        expect(db_open(&options, &error) != NULL, &error, APP_ERROR_INTERNAL, type_cases[i].words);
    }
    engine_fixture_drop(url);
}

static void
test_wide_number(void)
{
    char *url = engine_fixture_schema();
    g_autoptr(Arena) mem = arena_new();
    GError    *error = NULL;
    Db        *db = db_fixture_open(url);
    WritePlan *plan = plan_new(mem);

    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(2), db_int(2), db_int(INT64_C(1) << 31), db_text("kind"), db_int(1),
                       db_null()));
    expect(db_apply(db, plan, &error), &error, APP_ERROR_INTERNAL, "too large for INTEGER");
    db_fixture_submit(db, 1);
    db_close(db);
    engine_fixture_drop(url);
}

static void
test_witness(void)
{
    static const DbQuery unlisted = { .sql = "SELECT id FROM event WHERE id = $1",
                                      DB_COLUMNS(Count, petition_id_column) };
    char                *url = engine_fixture_schema();
    g_autoptr(Arena) mem = arena_new();
    GError    *error = NULL;
    Db        *db = db_fixture_open(url);
    WritePlan *plan = db_fixture_submission(mem, 1);

    plan_witness(plan, &unlisted, DB_PARAMS(db_int(1)));
    expect(db_apply(db, plan, &error), &error, APP_ERROR_INTERNAL, "could be a witness");
    plan_witness(plan, &db_fixture_drop_session, DB_PARAMS(db_int(1)));
    expect(db_apply(db, plan, &error), &error, APP_ERROR_INTERNAL, "could be a witness");
    db_close(db);
    engine_fixture_drop(url);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add_pg("/db/pg/commits", test_commits);
    engine_fixture_add_pg("/db/pg/shared-commit", test_shared_commit);
    engine_fixture_add_pg("/db/pg/readers", test_readers);
    engine_fixture_add_pg("/db/pg/gone", test_gone);
    engine_fixture_add_pg("/db/pg/waits", test_waits);
    engine_fixture_add_pg("/db/pg/wait", test_wait);
    engine_fixture_add_pg("/db/pg/addresses", test_addresses);
    engine_fixture_add_pg("/db/pg/hosts", test_hosts);
    engine_fixture_add_pg("/db/pg/deadlocks", test_deadlocks);
    engine_fixture_add_pg("/db/pg/migrate-together", test_migrate_together);
    engine_fixture_add_pg("/db/pg/nodes", test_nodes);
    engine_fixture_add_pg("/db/pg/events-stay", test_events_stay);
    engine_fixture_add_pg("/db/pg/types", test_types);
    engine_fixture_add_pg("/db/pg/wide-number", test_wide_number);
    engine_fixture_add_pg("/db/pg/witness", test_witness);
    return g_test_run();
}
