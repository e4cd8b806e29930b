/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vault first: a case that knows of something of which its vault does not is the worse half. */
#include "app/migration.h"

#include "app/features.h"
#include "core/vault.h"
#include "db/migrate.h"
#include "db/owner.h"

bool
migration_is_implied(const Config *config)
{
    return !config_is_pg(config) || config->trial;
}

DbOptions
migration_options(const Config *config, const DbSchema *schema)
{
    DbOptions options = { .directory = config->directory,
                          .schema = schema,
                          .readers = (int)config->readers,
                          .writers = (int)config->writers,
                          .patience = config->database_patience * SECONDS,
                          .bulk = config->bulk };

    if (config_is_pg(config))
        options.url = schema == &vault_schema ? config->vault : config->database;
    return options;
}

static bool
migrate_one(const Config *config, const DbSchema *schema, const char *owner, FILE *out,
            GError **error)
{
    DbOptions   options = migration_options(config, schema);
    const char *serving = options.url;
    int         applied = 0;

    if (owner != NULL)
        options.url = owner;
    if (!db_migrate(&options, &applied, error) ||
        (owner != NULL && !db_grant(&options, serving, error)))
        return false;
    fprintf(out, "%s: %d migrations were run; it has version %zu\n", schema->name, applied,
            schema->n_migrations);
    return true;
}

static bool
migrate_all(const Config *config, FILE *out, GError **error)
{
    g_autoptr(OwnerLock) lock = NULL;

    if (!config_check(config, error))
        return false;
    if (!config_is_pg(config)) {
        lock = owner_lock_take(config->directory, error);
        if (lock == NULL)
            return false;
    }
    return migrate_one(config, &vault_schema, config->vault_owner, out, error) &&
           migrate_one(config, &features_schema, config->database_owner, out, error);
}

int
migration_run(const Config *config, FILE *out)
{
    g_autoptr(GError) error = NULL;

    if (migrate_all(config, out, &error))
        return 0;
    fprintf(stderr, "sawt: %s\n", error->message);
    return 1;
}
