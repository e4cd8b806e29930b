/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/core_fixture.h"

#include "base/id.h"
#include "core/aggregate.h"
#include "core/cluster.h"
#include "core/rate.h"
#include "db/migrate.h"
#include "migrations_case.h"

#include <glib/gstdio.h>
#include <sodium.h>

static const DbTable petition_tables[] = {
    { "petition", DB_TABLE_CASE },
    { "petition_key", DB_TABLE_CASE },
    { "consultation", DB_TABLE_CASE },
    { "draft", DB_TABLE_MACHINERY },
    { "attachment", DB_TABLE_MACHINERY },
    { "attachment_part", DB_TABLE_MACHINERY },
    { NULL, 0 },
};

static const DbQuery *const no_queries[] = { NULL };

static const Who            by_system = { .role = ROLE_SYSTEM, .name = "system", .lang = "ar" };

static void
describe_case(CoreFixture *fixture, const CoreFixtureOptions *options)
{
    const DbTable *const tables[] = {
        reference_tables, event_tables,
        aggregate_tables, token_tables,
        outbox_tables,    job_tables,
        session_tables,   options->tables != NULL ? options->tables : petition_tables,
        rate_tables,      cluster_tables,
    };
    const DbQuery *const *const queries[] = {
        reference_queries, event_queries,
        aggregate_queries, token_queries,
        outbox_queries,    job_queries,
        session_queries,   options->queries != NULL ? options->queries : no_queries,
        rate_queries,      cluster_queries,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        fixture->tables[i] = tables[i];
        fixture->queries[i] = queries[i];
    }
    fixture->schema = (DbSchema){
        .name = "case",
        .event_table = "event",
        .tables = fixture->tables,
        .queries = fixture->queries,
        .migrations = migrations_case,
        .n_migrations = migrations_case_n,
    };
}

DbOptions
core_fixture_db_options(CoreFixture *fixture, const DbSchema *schema)
{
    char **url = schema == &vault_schema ? &fixture->vault_url : &fixture->case_url;

    if (engine_fixture_is_pg() && *url == NULL)
        *url = engine_fixture_schema();
    return (DbOptions){ .directory = fixture->directory, .url = *url, .schema = schema };
}

static Db *
open_store(CoreFixture *fixture, const DbSchema *schema)
{
    DbOptions options = core_fixture_db_options(fixture, schema);
    GError   *error = NULL;
    int       applied;
    bool      migrated = db_migrate(&options, &applied, &error);

    g_assert_no_error(error);
    g_assert_true(migrated);
    Db *db = db_open(&options, &error);
    g_assert_no_error(error);
    return db;
}

static Vault *
open_vault(CoreFixture *fixture, Bytes root)
{
    uint8_t      some[32] = { 1, 2, 3 };
    GError      *error = NULL;
    VaultOptions options = {
        .db = open_store(fixture, &vault_schema),
        .clock = fixture->clock,
        .ids = fixture->sys.ids,
    };

    fixture->root =
        root.data == NULL ? secret_new(some, sizeof some) : secret_new(root.data, root.size);
    options.root = fixture->root;
    Vault *vault = vault_open(&options, &error);
    g_assert_no_error(error);
    return vault;
}

static void
load_reference(CoreFixture *fixture)
{
    GError *error = NULL;
    bool    loaded = system_reload_reference(&fixture->sys, &error);

    g_assert_no_error(error);
    g_assert_true(loaded);
}

CoreFixture *
core_fixture_new(const CoreFixtureOptions *given)
{
    CoreFixtureOptions options = given != NULL ? *given : (CoreFixtureOptions){ .no_vault = false };
    CoreFixture       *fixture = g_new0(CoreFixture, 1);

    g_assert_cmpint(sodium_init(), >=, 0);
    fixture->directory = g_dir_make_tmp("sawt-core-XXXXXX", NULL);
    fixture->mem = arena_new();
    fixture->clock = clock_new_fixed(CORE_FIXTURE_NOW);
    fixture->zone = zone_new("Asia/Amman");
    describe_case(fixture, &options);

    fixture->sys = (System){
        .db = open_store(fixture, &fixture->schema),
        .clock = fixture->clock,
        .ids = id_source_new(fixture->clock, 0),
        .zone = fixture->zone,
        .listeners = options.listeners,
        .directory = fixture->directory,
        .address = "http://localhost:8080",
        .trial = true,
        .shared = engine_fixture_is_pg(),
    };
    if (!options.no_vault)
        fixture->sys.vault = open_vault(fixture, options.root);
    load_reference(fixture);
    return fixture;
}

void
core_fixture_remove(const char *directory)
{
    GDir       *entries = g_dir_open(directory, 0, NULL);
    const char *name;

    while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            core_fixture_remove(path);
        else
            g_unlink(path);
    }
    g_clear_pointer(&entries, g_dir_close);
    g_rmdir(directory);
}

void
core_fixture_free(CoreFixture *fixture)
{
    if (fixture == NULL)
        return;

    if (fixture->sys.vault != NULL)
        vault_close(fixture->sys.vault);
    db_close(fixture->sys.db);
    reference_free(fixture->sys.reference);
    secret_free(fixture->root);
    id_source_free(fixture->sys.ids);
    zone_free(fixture->zone);
    clock_free(fixture->clock);
    arena_free(fixture->mem);
    if (fixture->case_url != NULL)
        engine_fixture_drop(fixture->case_url);
    if (fixture->vault_url != NULL)
        engine_fixture_drop(fixture->vault_url);
    core_fixture_remove(fixture->directory);
    g_free(fixture->directory);
    g_free(fixture);
}

CommandContext
core_fixture_context(CoreFixture *fixture, Arena *mem)
{
    return (CommandContext){ .sys = &fixture->sys, .mem = mem, .by = &by_system };
}
