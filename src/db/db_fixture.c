/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store in small: the same rules as the real schema, so that every refusal can be produced. */
#include "db/db_fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static const char start_sql[] =
    "CREATE TABLE entity (id ID PRIMARY KEY, name TEXT NOT NULL) STRICT;\n"
    "CREATE TABLE event (id ID PRIMARY KEY, petition_id ID NOT NULL, version INTEGER NOT NULL,"
    " kind TEXT NOT NULL, at TIME NOT NULL, payload BYTES,"
    " UNIQUE (petition_id, version)) STRICT;\n"
    "CREATE TABLE petition (id ID PRIMARY KEY, version INTEGER NOT NULL, number ID NOT NULL UNIQUE,"
    " title TEXT NOT NULL, state TEXT NOT NULL CHECK (state <> 'nonsense'),"
    " entity_id ID REFERENCES entity (id), score DOUBLE, urgent FLAG NOT NULL, brief BYTES,"
    " FOREIGN KEY (id, version) REFERENCES event (petition_id, version)) STRICT;\n"
    "CREATE INDEX petition_by_entity ON petition (entity_id, id);\n"
    "CREATE TABLE session (token BYTES PRIMARY KEY, seen_at TIME NOT NULL) STRICT;\n";

static const char search_sql[] = "CREATE VIRTUAL TABLE petition_search USING"
                                 " fts5 (tokens, content='', detail=none, tokenize=ascii);\n";

static const char search_pg_sql[] =
    "CREATE TABLE petition_search (id ID PRIMARY KEY, tokens TSVECTOR NOT NULL);\n"
    "CREATE INDEX petition_search_tokens ON petition_search USING gin (tokens);\n";

const DbMigration db_fixture_migrations[] = {
    { .version = 1, .name = "start", .sql = start_sql },
    { .version = 2, .name = "search", .sql = search_sql, .sql_pg = search_pg_sql },
};

/* ---- writing ---- */

const DbQuery db_fixture_insert_event = {
    .sql = "INSERT INTO event (id, petition_id, version, kind, at, payload)"
           " VALUES ($1, $2, $3, $4, $5, $6)",
    .table = "event",
};

const DbQuery db_fixture_insert_petition = {
    .sql = "INSERT INTO petition"
           " (id, version, number, title, state, entity_id, score, urgent, brief)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    .table = "petition",
};

const DbQuery db_fixture_change_state = {
    .sql = "UPDATE petition SET version = $1, state = $2 WHERE id = $3 AND version = $4",
    .table = "petition",
};

const DbQuery db_fixture_insert_entity = {
    .sql = "INSERT INTO entity (id, name) VALUES ($1, $2)",
    .table = "entity",
};

const DbQuery db_fixture_rename_entities = {
    .sql = "UPDATE entity SET name = $1 WHERE id >= $2",
    .table = "entity",
};

const DbQuery db_fixture_put_session = {
    .sql = "INSERT INTO session (token, seen_at) VALUES ($1, $2)"
           " ON CONFLICT (token) DO UPDATE SET seen_at = excluded.seen_at",
    .table = "session",
};

const DbQuery db_fixture_drop_session = {
    .sql = "DELETE FROM session WHERE token = $1",
    .counted = true,
    .table = "session",
};

const DbQuery db_fixture_index_petition = {
    .sql = "INSERT INTO petition_search (rowid, tokens) VALUES ($1, $2)",
    .sql_pg = "INSERT INTO petition_search (id, tokens)"
              " VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
    .table = "petition_search",
    .deferrable = true,
};

const DbQuery db_fixture_unindex_petition = {
    .sql = "INSERT INTO petition_search (petition_search, rowid, tokens)"
           " VALUES ('delete', $1, $2)",
    .sql_pg = "DELETE FROM petition_search"
              " WHERE id = $1 AND tokens = array_to_tsvector(string_to_array($2, ' '))",
    .table = "petition_search",
    .deferrable = true,
};

/* ---- reading ---- */

static const DbColumn petition_columns[] = {
    DB_COLUMN(Petition, id),    DB_COLUMN(Petition, version), DB_COLUMN(Petition, number),
    DB_COLUMN(Petition, title), DB_COLUMN(Petition, state),   DB_MAYBE(Petition, entity_id),
    DB_MAYBE(Petition, score),  DB_COLUMN(Petition, urgent),  DB_MAYBE(Petition, brief),
};

static const DbColumn count_columns[] = { DB_COLUMN(Count, n) };

const DbQuery         db_fixture_by_number = {
            .sql = "SELECT id, version, number, title, state, entity_id, score, urgent, brief"
                           " FROM petition WHERE number = $1",
            DB_COLUMNS(Petition, petition_columns),
};

const DbQuery db_fixture_by_entity = {
    .sql = "SELECT id, version, number, title, state, entity_id, score, urgent, brief"
           " FROM petition WHERE entity_id = $1 ORDER BY id LIMIT $2",
    DB_COLUMNS(Petition, petition_columns),
};

const DbQuery db_fixture_count_petitions = {
    .sql = "SELECT count(*) FROM petition",
    DB_COLUMNS(Count, count_columns),
    .scans = true,
};

const DbQuery db_fixture_count_events = {
    .sql = "SELECT count(*) FROM event",
    DB_COLUMNS(Count, count_columns),
    .scans = true,
};

const DbQuery db_fixture_count_sessions = {
    .sql = "SELECT count(*) FROM session",
    DB_COLUMNS(Count, count_columns),
    .scans = true,
};

const DbQuery db_fixture_event_ids = {
    .sql = "SELECT id FROM event ORDER BY id",
    DB_COLUMNS(Count, count_columns),
    .scans = true,
};

const DbQuery db_fixture_event_by_id = {
    .sql = "SELECT id FROM event WHERE id = $1",
    DB_COLUMNS(Count, count_columns),
};

const DbQuery db_fixture_search = {
    .sql = "SELECT rowid FROM petition_search WHERE petition_search MATCH $1"
           " ORDER BY rowid DESC LIMIT $2",
    .sql_pg = "SELECT id FROM petition_search WHERE tokens @@ CAST(CAST($1 AS TEXT) AS TSQUERY)"
              " ORDER BY id DESC LIMIT $2",
    DB_COLUMNS(Count, count_columns),
};

const DbQuery db_fixture_slow = {
    .sql = "WITH RECURSIVE number (n) AS"
           " (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n < $1)"
           " SELECT max(n) FROM number",
    DB_COLUMNS(Count, count_columns),
};

const DbTable db_fixture_tables[] = {
    { "entity", DB_TABLE_REFERENCE },  { "event", DB_TABLE_CASE },
    { "petition", DB_TABLE_CASE },     { "petition_search", DB_TABLE_CASE },
    { "session", DB_TABLE_MACHINERY }, { NULL, DB_TABLE_MACHINERY },
};

const DbQuery *const db_fixture_queries[] = {
    &db_fixture_insert_event,
    &db_fixture_insert_petition,
    &db_fixture_change_state,
    &db_fixture_insert_entity,
    &db_fixture_rename_entities,
    &db_fixture_put_session,
    &db_fixture_drop_session,
    &db_fixture_index_petition,
    &db_fixture_unindex_petition,
    &db_fixture_by_number,
    &db_fixture_by_entity,
    &db_fixture_count_petitions,
    &db_fixture_count_events,
    &db_fixture_count_sessions,
    &db_fixture_event_ids,
    &db_fixture_event_by_id,
    &db_fixture_search,
    &db_fixture_slow,
    NULL,
};

static const DbTable *const        table_lists[] = { db_fixture_tables, NULL };
static const DbQuery *const *const query_lists[] = { db_fixture_queries, NULL };

const DbSchema                     db_fixture_schema = {
                        .name = "case",
                        .event_table = "event",
                        .tables = table_lists,
                        .queries = query_lists,
                        .migrations = db_fixture_migrations,
                        .n_migrations = G_N_ELEMENTS(db_fixture_migrations),
};

/* ---- stores ---- */

static bool
is_url(const char *directory)
{
    return g_str_has_prefix(directory, "postgresql:");
}

char *
db_fixture_directory(const char *below)
{
    if (engine_fixture_is_pg())
        return engine_fixture_schema();

    char *directory = g_strdup_printf("%s/sawt-db-XXXXXX", below == NULL ? g_get_tmp_dir() : below);

    g_assert_nonnull(g_mkdtemp_full(directory, 0700));
    return directory;
}

void
db_fixture_remove(char *directory)
{
    if (is_url(directory)) {
        engine_fixture_drop(directory);
        return;
    }

    GDir *list = g_dir_open(directory, 0, NULL);

    g_assert_nonnull(list);
    for (const char *name = g_dir_read_name(list); name != NULL; name = g_dir_read_name(list)) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_dir_close(list);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
    g_free(directory);
}

char *
db_fixture_file(const char *directory)
{
    return g_build_filename(directory, "case.db", NULL);
}

DbOptions
db_fixture_options(const char *directory)
{
    return (DbOptions){
        .directory = is_url(directory) ? NULL : directory,
        .url = is_url(directory) ? directory : NULL,
        .schema = &db_fixture_schema,
        .readers = 3,
    };
}

Db *
db_fixture_open_with(const DbOptions *options)
{
    GError *error = NULL;
    int     applied;

    bool    migrated = db_migrate(options, &applied, &error);
    g_assert_no_error(error);
    g_assert_true(migrated);

    Db *db = db_open(options, &error);
    g_assert_no_error(error);
    g_assert_nonnull(db);
    return db;
}

Db *
db_fixture_open(const char *directory)
{
    DbOptions options = db_fixture_options(directory);

    return db_fixture_open_with(&options);
}

Db *
db_fixture_open_short(const char *directory)
{
    DbOptions options = db_fixture_options(directory);

    options.lease = 1 * SECONDS;
    return db_fixture_open_with(&options);
}

/* ---- plans ---- */

static void
add_event(WritePlan *plan, int64_t event, int64_t petition, int64_t version, const char *kind)
{
    plan_one(plan, &db_fixture_insert_event,
             DB_PARAMS(db_int(event), db_int(petition), db_int(version), db_text(kind),
                       db_int(1000 + event), db_text(NULL)));
}

WritePlan *
db_fixture_submission(Arena *mem, int64_t id)
{
    WritePlan *plan = plan_new(mem);

    add_event(plan, id, id, 1, "submitted");
    plan_one(plan, &db_fixture_insert_petition,
             DB_PARAMS(db_int(id), db_int(1), db_int(id), db_text("إنارة الشارع"), db_text("new"),
                       db_null(), db_null(), db_bool(false), db_null()));
    return plan;
}

WritePlan *
db_fixture_change(Arena *mem, int64_t id, int64_t version, const char *state)
{
    WritePlan *plan = plan_new(mem);

    add_event(plan, id * 1000 + version, id, version + 1, "changed");
    plan_one(plan, &db_fixture_change_state,
             DB_PARAMS(db_int(version + 1), db_text(state), db_int(id), db_int(version)));
    return plan;
}

int64_t
db_fixture_count(Db *db, const DbQuery *query)
{
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    Count   count = { .n = -1 };

    g_autoptr(DbTx) tx = db_begin(db, mem, &error);
    g_assert_no_error(error);
    bool read = db_one(tx, query, DB_NO_PARAMS, &count, &error);
    g_assert_no_error(error);
    g_assert_true(read);
    return count.n;
}

void
db_fixture_submit(Db *db, int64_t id)
{
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;

    bool    applied = db_apply(db, db_fixture_submission(mem, id), &error);
    g_assert_no_error(error);
    g_assert_true(applied);
}

void
db_fixture_sql(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;

    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(handle));
    g_assert_cmpint(sqlite3_close(handle), ==, SQLITE_OK);
}
