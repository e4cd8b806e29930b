/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opens what belongs together in the one order that works, and closes it backwards. */
#include "app/instance.h"

#include "app/features.h"
#include "app/migration.h"
#include "base/text.h"
#include "core/cluster.h"
#include "core/event.h"
#include "db/migrate.h"
#include "db/owner.h"
#include "db/unsynced.h"

#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define TRIAL_KEY_FILE "trial.key"
#define TRIAL_MARK "trial "
#define MILLISECONDS (SECONDS / 1000)

struct Instance {
    OwnerLock  *lock;
    Clock      *clock;
    IdSource   *ids;
    Zone       *zone;
    Secret     *root, *sms_password, *mail_password;
    Arena      *mem;
    const char *unsynced; /* the directory whose files are not synced by each commit; NULL: none */
    int         migrated;
    System      system;
};

/* The trial key says that it is one, so that production can refuse it. */
static bool
make_trial_key(const char *path, GError **error)
{
    uint8_t          key[CRYPTO_KEY_SIZE];
    char             hex[2 * CRYPTO_KEY_SIZE + 1];
    g_autofree char *text = NULL;
    bool             made;

    randombytes_buf(key, sizeof key);
    sodium_bin2hex(hex, sizeof hex, key, sizeof key);
    text = g_strconcat(TRIAL_MARK, hex, "\n", NULL);
    made = g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_DURABLE, 0600, error);
    sodium_memzero(key, sizeof key);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(text, strlen(text));
    return made;
}

static Secret *
parse_root_key(const Secret *file, const char *path, bool trial, GError **error)
{
    const char *text = (const char *)secret_data(file);
    bool        marked = g_str_has_prefix(text, TRIAL_MARK);
    uint8_t     key[CRYPTO_KEY_SIZE];
    Secret     *root;

    if (marked && !trial)
        return fail_null(error, APP_ERROR_INVALID,
                         "%s is a trial key; production needs a root key of its own", path);
    if (!text_from_hex(marked ? text + strlen(TRIAL_MARK) : text, key, sizeof key))
        return fail_null(error, APP_ERROR_INVALID, "%s is not a root key: 64 hexadecimal digits",
                         path);
    root = secret_new(key, sizeof key);
    sodium_memzero(key, sizeof key);
    return root;
}

static Secret *
read_root_key(const Config *config, GError **error)
{
    g_autofree char *trial_path = g_build_filename(config->directory, TRIAL_KEY_FILE, NULL);
    const char      *path = config->root_key_file != NULL ? config->root_key_file : trial_path;
    g_autoptr(Secret) file = NULL;

    if (config->root_key_file == NULL && !g_file_test(path, G_FILE_TEST_EXISTS) &&
        !make_trial_key(path, error))
        return NULL;
    file = secret_read_file(path, error);
    return file == NULL ? NULL : parse_root_key(file, path, config->trial, error);
}

static Db *
open_file(Instance *instance, const Config *config, const DbSchema *schema,
          const InstanceFaults *faults, GError **error)
{
    DbOptions options = migration_options(config, schema);
    int       applied = 0;

    if (migration_is_implied(config) && !db_migrate(&options, &applied, error))
        return NULL;
    instance->migrated += applied;
    if (faults != NULL) {
        options.vfs = faults->vfs;
        options.unsafe_sync = faults->unsafe_sync;
    }
    return db_open(&options, error);
}

static bool
open_vault(Instance *instance, const Config *config, const InstanceFaults *faults, GError **error)
{
    VaultOptions options = { .root = instance->root,
                             .clock = instance->clock,
                             .ids = instance->ids,
                             .shared = instance->system.shared };

    options.db = open_file(instance, config, &vault_schema, faults, error);
    if (options.db == NULL)
        return false;
    instance->system.vault = vault_open(&options, error);
    return instance->system.vault != NULL;
}

static bool
open_gateways(Instance *instance, const Config *config, GError **error)
{
    Arena    *mem = instance->mem;
    Gateways *gateways = &instance->system.gateways;

    if (config->sms_password_file != NULL) {
        instance->sms_password = secret_read_file(config->sms_password_file, error);
        if (instance->sms_password == NULL)
            return false;
    }
    if (config->mail_password_file != NULL) {
        instance->mail_password = secret_read_file(config->mail_password_file, error);
        if (instance->mail_password == NULL)
            return false;
    }
    *gateways = (Gateways){ .sms_url = arena_copy(mem, config->sms_url),
                            .sms_user = arena_copy(mem, config->sms_user),
                            .sms_from = arena_copy(mem, config->sms_from),
                            .sms_password = instance->sms_password,
                            .mail_url = arena_copy(mem, config->mail_url),
                            .mail_user = arena_copy(mem, config->mail_user),
                            .mail_from = arena_copy(mem, config->mail_from),
                            .mail_password = instance->mail_password,
                            .timeout = config->gateway_timeout * MILLISECONDS,
                            .retry_first = config->retry_first * MILLISECONDS,
                            .retry_longest = config->retry_longest * MILLISECONDS,
                            .retry_most = config->retry_most };
    return true;
}

/* What an earlier process has left, and whether this one may leave something too. */
static bool
settle_files(Instance *instance, const Config *config, GError **error)
{
    if (!unsynced_settle(config->directory, error))
        return false;
    if (!config->bulk)
        return true;
    if (!unsynced_begin(config->directory, error))
        return false;
    instance->unsynced = arena_copy(instance->mem, config->directory);
    return true;
}

static bool
open_parts(Instance *instance, const Config *config, const InstanceFaults *faults, GError **error)
{
    System *sys = &instance->system;

    instance->lock = owner_lock_take(config->directory, error);
    if (instance->lock == NULL || !settle_files(instance, config, error))
        return false;
    instance->zone = zone_new(config->timezone);
    if (instance->zone == NULL)
        return fail(error, APP_ERROR_INVALID, "timezone: there is no zone \"%s\"",
                    config->timezone);
    instance->root = read_root_key(config, error);
    if (instance->root == NULL)
        return false;

    *sys = (System){ .clock = instance->clock,
                     .zone = instance->zone,
                     .listeners = features_listeners(instance->mem),
                     .directory = arena_copy(instance->mem, config->directory),
                     .address = arena_copy(instance->mem, config->address),
                     .trial = config->trial,
                     .https = config->https,
                     .shared = config_is_pg(config) };
    if (config->registry != NULL)
        sys->registry.kind =
            strcmp(config->registry, "none") == 0 ? REGISTRY_NONE : REGISTRY_EMBEDDED;
    if (!open_gateways(instance, config, error))
        return false;
    sys->db = open_file(instance, config, &features_schema, faults, error);
    if (sys->db == NULL)
        return false;

    /* Which node this is, the case's database has said. */
    instance->ids = id_source_new(instance->clock, db_node(sys->db));
    sys->ids = instance->ids;
    return event_resume_ids(sys, error) && open_vault(instance, config, faults, error) &&
           cluster_check_vault(sys, instance->mem, error) && system_reload_reference(sys, error);
}

Instance *
instance_open(const Config *config, const InstanceFaults *faults, GError **error)
{
    Instance *instance = g_new0(Instance, 1);

    instance->mem = arena_new();
    instance->clock = clock_new_system();
    if (!open_parts(instance, config, faults, error)) {
        instance_close(instance);
        return NULL;
    }
    return instance;
}

void
instance_close(Instance *instance)
{
    g_autoptr(GError) unsettled = NULL;

    if (instance == NULL)
        return;
    if (instance->system.reference != NULL)
        reference_free(instance->system.reference);
    if (instance->system.vault != NULL)
        vault_close(instance->system.vault);
    if (instance->system.db != NULL)
        db_close(instance->system.db);
    secret_free(instance->root);
    secret_free(instance->sms_password);
    secret_free(instance->mail_password);
    if (instance->unsynced != NULL)
        (void)!unsynced_settle(instance->unsynced, &unsettled); /* or the next start does it */
    if (instance->zone != NULL)
        zone_free(instance->zone);
    id_source_free(instance->ids);
    clock_free(instance->clock);
    owner_lock_free(instance->lock);
    arena_free(instance->mem);
    g_free(instance);
}

System *
instance_system(Instance *instance)
{
    return &instance->system;
}

int
instance_migrated(const Instance *instance)
{
    return instance->migrated;
}
