/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many plans become durable in a second, and how many rows are read, through db alone:
 *
 *     db_bench DIRECTORY|postgresql://… [threads] [seconds] [writers]
 *
 * A plan is a submission as the real one is: event, petition, key, tokens, full text, outbox,
 * aggregate. DIRECTORY must lie on a real disk, and so must the server's; its schema is empty. */
#include "base/clock.h"
#include "base/thread.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/owner.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char start_sql[] =
    "CREATE TABLE event (id ID PRIMARY KEY, petition_id ID NOT NULL, version INTEGER NOT NULL,"
    " kind TEXT NOT NULL, at TIME NOT NULL, command_id BYTES NOT NULL, payload BYTES,"
    " UNIQUE (petition_id, version), UNIQUE (petition_id, command_id)) STRICT;"
    "CREATE TABLE petition (id ID PRIMARY KEY, version INTEGER NOT NULL, number ID NOT NULL UNIQUE,"
    " handle BYTES NOT NULL UNIQUE, state TEXT NOT NULL, entity_id ID, due_at TIME, brief BYTES,"
    " FOREIGN KEY (id, version) REFERENCES event (petition_id, version)) STRICT;"
    "CREATE INDEX petition_inbox ON petition (entity_id, state, due_at, id);"
    "CREATE TABLE petition_key (petition_id ID PRIMARY KEY, wrapped BYTES NOT NULL) STRICT;"
    "CREATE TABLE petition_token (petition_id ID PRIMARY KEY, tokens TEXT NOT NULL) STRICT;"
    "CREATE VIRTUAL TABLE petition_search USING"
    " fts5 (tokens, content='', detail=none, tokenize=ascii);"
    "CREATE TABLE outbox (id ID PRIMARY KEY, petition_id ID NOT NULL, message TEXT NOT NULL,"
    " dedupe TEXT NOT NULL UNIQUE, next_at TIME) STRICT;"
    "CREATE INDEX outbox_due ON outbox (next_at, id);"
    "CREATE TABLE aggregate (day INTEGER NOT NULL, entity_id ID NOT NULL, n ID NOT NULL,"
    " PRIMARY KEY (day, entity_id)) STRICT;";

/* The words that differ: RUM and appended counts, as in migrations/case. */
static char *
make_start_pg(void)
{
    static const char search[] = "CREATE VIRTUAL TABLE petition_search USING"
                                 " fts5 (tokens, content='', detail=none, tokenize=ascii);";
    static const char search_pg[] =
        "CREATE TABLE petition_search (id ID PRIMARY KEY, tokens TSVECTOR NOT NULL);"
        "CREATE INDEX petition_search_tokens ON petition_search USING rum"
        " (tokens public.rum_tsvector_addon_ops, id) WITH (attach = 'id', to = 'tokens');";
    static const char counts[] = " PRIMARY KEY (day, entity_id)";
    const char       *at = strstr(start_sql, search), *key = strstr(start_sql, counts);
    g_autofree char  *before = g_strndup(start_sql, (gsize)(at - start_sql));
    g_autofree char  *between =
        g_strndup(at + strlen(search), (gsize)(key - at) - strlen(search) - 1);

    return g_strconcat(before, search_pg, between, key + strlen(counts), NULL);
}

static const DbQuery insert_event = {
    .sql = "INSERT INTO event (id, petition_id, version, kind, at, command_id, payload)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7)",
    .table = "event",
};
static const DbQuery insert_petition = {
    .sql = "INSERT INTO petition (id, version, number, handle, state, entity_id, due_at, brief)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .table = "petition",
};
static const DbQuery insert_key = {
    .sql = "INSERT INTO petition_key (petition_id, wrapped) VALUES ($1, $2)",
    .table = "petition_key",
};
static const DbQuery insert_tokens = {
    .sql = "INSERT INTO petition_token (petition_id, tokens) VALUES ($1, $2)",
    .table = "petition_token",
};
static const DbQuery insert_search = {
    .sql = "INSERT INTO petition_search (rowid, tokens) VALUES ($1, $2)",
    .sql_pg = "INSERT INTO petition_search (id, tokens)"
              " VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
    .table = "petition_search",
};
static const DbQuery insert_outbox = {
    .sql = "INSERT INTO outbox (id, petition_id, message, dedupe, next_at)"
           " VALUES ($1, $2, $3, $4, $5)",
    .table = "outbox",
};
static const DbQuery add_aggregate = {
    .sql = "INSERT INTO aggregate (day, entity_id, n) VALUES ($1, $2, 1)"
           " ON CONFLICT (day, entity_id) DO UPDATE SET n = n + 1",
    .sql_pg = "INSERT INTO aggregate (day, entity_id, n) VALUES ($1, $2, 1)",
    .table = "aggregate",
};

typedef struct {
    int64_t     id, number;
    const char *state;
    int64_t     entity_id, due_at;
    Bytes       brief;
} Row;

static const DbColumn row_columns[] = {
    DB_COLUMN(Row, id),        DB_COLUMN(Row, number), DB_COLUMN(Row, state),
    DB_COLUMN(Row, entity_id), DB_COLUMN(Row, due_at), DB_COLUMN(Row, brief),
};

static const DbQuery by_number = {
    .sql = "SELECT id, number, state, entity_id, due_at, brief FROM petition WHERE number = $1",
    DB_COLUMNS(Row, row_columns),
};
static const DbQuery inbox = {
    .sql = "SELECT id, number, state, entity_id, due_at, brief FROM petition"
           " WHERE entity_id = $1 AND state = $2 AND (due_at, id) > ($3, 0)"
           " ORDER BY due_at, id LIMIT 50",
    DB_COLUMNS(Row, row_columns),
};

static const DbTable tables[] = {
    { "event", DB_TABLE_CASE },           { "petition", DB_TABLE_CASE },
    { "petition_key", DB_TABLE_CASE },    { "petition_token", DB_TABLE_CASE },
    { "petition_search", DB_TABLE_CASE }, { "outbox", DB_TABLE_MACHINERY },
    { "aggregate", DB_TABLE_CASE },       { NULL, DB_TABLE_MACHINERY },
};
static const DbQuery *const queries[] = {
    &insert_event,  &insert_petition, &insert_key, &insert_tokens, &insert_search,
    &insert_outbox, &add_aggregate,   &by_number,  &inbox,         NULL,
};
static const DbTable *const        table_lists[] = { tables, NULL };
static const DbQuery *const *const query_lists[] = { queries, NULL };

typedef struct {
    Db             *db;
    _Atomic int64_t next_id, done;
    _Atomic bool    stop;
    int64_t         last; /* for reading */
} Bench;

enum { WORDS = 4000 };

static uint64_t
mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

/* Twenty keyed words, frequent ones more often. */
static const char *
make_tokens(Arena *mem, uint64_t id)
{
    char *text = arena_alloc(mem, 20 * 17 + 1);

    for (uint64_t i = 0; i < 20; i++) {
        uint64_t draw = mix(id * 31 + i);
        uint64_t word = MIN(draw % WORDS, (draw >> 32) % WORDS);

        g_snprintf(text + i * 17, 18, "%016" G_GINT64_MODIFIER "x ", mix(word));
    }
    text[20 * 17 - 1] = '\0';
    return text;
}

static WritePlan *
submission(Arena *mem, int64_t id)
{
    static const uint8_t filler[300] = { 1 };
    uint64_t             drawn[4] = { mix((uint64_t)id), mix((uint64_t)id + 7), 0, 0 };
    Bytes                random = { (const uint8_t *)drawn, 16 };
    int64_t              entity = (int64_t)(drawn[0] % 200);
    const char          *tokens = make_tokens(mem, (uint64_t)id);
    WritePlan           *plan = plan_new(mem);

    plan_one(plan, &insert_event,
             DB_PARAMS(db_int(id), db_int(id), db_int(1), db_text("submitted"), db_int(id),
                       db_bytes(random), db_bytes(BYTES_OF(filler))));
    plan_one(plan, &insert_petition,
             DB_PARAMS(db_int(id), db_int(1), db_int(id), db_bytes(random), db_text("new"),
                       db_int(entity), db_int(id + (int64_t)(drawn[1] % 100000)),
                       db_bytes((Bytes){ filler, 120 })));
    plan_one(plan, &insert_key, DB_PARAMS(db_int(id), db_bytes((Bytes){ filler, 90 })));
    plan_one(plan, &insert_tokens, DB_PARAMS(db_int(id), db_text(tokens)));
    plan_one(plan, &insert_search, DB_PARAMS(db_int(id), db_text(tokens)));
    plan_one(plan, &insert_outbox,
             DB_PARAMS(db_int(id), db_int(id), db_text("received"),
                       db_text(arena_printf(mem, "received:%" G_GINT64_FORMAT, (gint64)id)),
                       db_int(id)));
    plan_one(plan, &add_aggregate, DB_PARAMS(db_int(20000), db_int(entity)));
    return plan;
}

static void
must(bool succeeded, GError **error)
{
    if (!succeeded)
        g_error("%s", (*error)->message);
}

static void *
submit(void *data)
{
    Bench *bench = data;
    g_autoptr(Arena) mem = arena_new();

    while (!atomic_load(&bench->stop)) {
        GError *error = NULL;

        must(db_apply(bench->db, submission(mem, atomic_fetch_add(&bench->next_id, 1)), &error),
             &error);
        atomic_fetch_add(&bench->done, 1);
        arena_reset(mem);
    }
    return NULL;
}

static void *
look_up(void *data)
{
    Bench *bench = data;
    g_autoptr(Arena) mem = arena_new();
    uint64_t n = (uint64_t)(uintptr_t)mem;

    while (!atomic_load(&bench->stop)) {
        GError *error = NULL;
        Row     row;
        DbTx   *tx = db_begin(bench->db, mem, &error);
        int64_t number = (int64_t)(mix(n++) % (uint64_t)bench->last) + 1;

        must(tx != NULL, &error);
        must(db_one(tx, &by_number, DB_PARAMS(db_int(number)), &row, &error), &error);
        db_end(tx);
        atomic_fetch_add(&bench->done, 1);
        arena_reset(mem);
    }
    return NULL;
}

static void *
list_inbox(void *data)
{
    Bench *bench = data;
    g_autoptr(Arena) mem = arena_new();
    uint64_t n = (uint64_t)(uintptr_t)mem;

    while (!atomic_load(&bench->stop)) {
        GError *error = NULL;
        Row    *rows;
        size_t  n_rows;
        DbTx   *tx = db_begin(bench->db, mem, &error);

        must(tx != NULL, &error);
        must(db_all(tx, &inbox,
                    DB_PARAMS(db_int((int64_t)(mix(n++) % 200)), db_text("new"), db_int(0)), &rows,
                    &n_rows, &error),
             &error);
        db_end(tx);
        atomic_fetch_add(&bench->done, 1);
        arena_reset(mem);
    }
    return NULL;
}

static int64_t
resident_kib(void)
{
    g_autofree char *status = NULL;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return 0;
    return g_ascii_strtoll(strstr(status, "RssAnon:") + strlen("RssAnon:"), NULL, 10);
}

static void
run(Bench *bench, const char *name, void *(*work)(void *), int threads, int seconds)
{
    g_autofree pthread_t *running = g_new0(pthread_t, (gsize)threads);
    DbStats               before = db_stats(bench->db);
    int64_t               begun = clock_monotonic();

    atomic_store(&bench->done, 0);
    atomic_store(&bench->stop, false);
    for (int i = 0; i < threads; i++)
        running[i] = thread_start(name, 256 * 1024, work, bench);
    g_usleep((gulong)seconds * G_USEC_PER_SEC);
    atomic_store(&bench->stop, true);
    for (int i = 0; i < threads; i++)
        thread_join(running[i]);

    double  took = (double)(clock_monotonic() - begun) / 1e6;
    DbStats after = db_stats(bench->db);
    double  batches = (double)(after.batches - before.batches);

    printf("%-8s %3d threads: %8.0f/s", name, threads, (double)atomic_load(&bench->done) / took);
    if (batches > 0)
        printf("  %.1f plans/batch, %.0f us/commit", (double)(after.plans - before.plans) / batches,
               (double)(after.commit_microseconds - before.commit_microseconds) / batches);
    printf("  RssAnon %" G_GINT64_FORMAT " KiB\n", (gint64)resident_kib());
    fflush(stdout);
}

static DbOptions
options_of(const char *store, const DbSchema *schema)
{
    bool pg = g_str_has_prefix(store, "postgresql:");

    return (DbOptions){ .directory = store, .url = pg ? store : NULL, .schema = schema };
}

int
main(int argc, char **argv)
{
    GError *error = NULL;
    int     applied, threads, seconds;

    if (argc < 2) {
        fprintf(stderr, "db_bench DIRECTORY|postgresql://… [threads] [seconds] [writers]\n");
        return 2;
    }
    threads = argc > 2 ? (int)g_ascii_strtoll(argv[2], NULL, 10) : 64;
    seconds = argc > 3 ? (int)g_ascii_strtoll(argv[3], NULL, 10) : 5;

    g_autofree char  *start_pg = make_start_pg();
    const DbMigration migration = {
        .version = 1, .name = "start", .sql = start_sql, .sql_pg = start_pg
    };
    const DbSchema schema = { "case", "event", table_lists, query_lists, &migration, 1 };
    DbOptions      options = options_of(argv[1], &schema);
    g_autoptr(OwnerLock) lock = options.url == NULL ? owner_lock_take(argv[1], &error) : NULL;
    must(error == NULL, &error);
    options.writers = argc > 4 ? (int)g_ascii_strtoll(argv[4], NULL, 10) : 0;
    must(db_migrate(&options, &applied, &error), &error);
    if (applied == 0)
        g_error("%s holds a store already", argv[1]);
    g_autoptr(Db) db = db_open(&options, &error);
    must(db != NULL, &error);

    Bench bench = { .db = db, .next_id = 1 };
    run(&bench, "submit", submit, 1, seconds);
    run(&bench, "submit", submit, threads, seconds);
    run(&bench, "submit", submit, 2 * threads, seconds);
    bench.last = atomic_load(&bench.next_id) - 1;
    run(&bench, "number", look_up, 4, seconds);
    run(&bench, "number", look_up, threads, seconds);
    run(&bench, "inbox", list_inbox, threads, seconds);
    return 0;
}
