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

#include "base/log.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#define TRIAL_KEY_FILE "trial.key"
#define TRIAL_MARK "trial "
#define MILLISECONDS (SECONDS / 1000)
#define START_PAUSE (SECONDS / 4) /* between two tries to reach a database */

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

/* A signal that the server holds back until it serves. */
static bool
is_told_to_end(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* What is opened, and whether whoever opens it brings it to this program's schema. */
typedef struct {
    DbOptions options;
    bool      migrates;
    int       applied;
} Opening;

static Db *
open_once(Opening *opening, const InstanceFaults *faults, GError **error)
{
    DbOptions options = opening->options;

    if (opening->migrates && !db_migrate(&options, &opening->applied, error))
        return NULL;
    if (faults != NULL) {
        options.vfs = faults->vfs;
        options.unsafe_sync = faults->unsafe_sync;
    }
    return db_open(&options, error);
}

/* Machines that start together are not ready together: a database is waited for as long as a write
 * waits for it. */
static Db *
open_patiently(Opening *opening, const InstanceFaults *faults, GError **error)
{
    int64_t deadline = clock_monotonic() + opening->options.patience;
    bool    told = false;

    for (;;) {
        g_autoptr(GError) failure = NULL;
        Db *db = open_once(opening, faults, &failure);

        if (db != NULL)
            return db;
        if (error_code(failure) != APP_ERROR_BUSY || opening->options.url == NULL ||
            is_told_to_end() || clock_monotonic() > deadline) {
            g_propagate_prefixed_error(error, g_steal_pointer(&failure),
                                       "%s: ", opening->options.schema->name);
            return NULL;
        }
        if (!told)
            log_event("db.waiting", LOG_CODE("store", opening->options.schema->name));
        told = true;
        g_usleep(START_PAUSE);
    }
}

static Db *
open_file(Instance *instance, const Config *config, const DbSchema *schema,
          const InstanceFaults *faults, GError **error)
{
    Opening opening = { .options = migration_options(config, schema),
                        .migrates = migration_is_implied(config) };
    Db     *db;

    if (schema != &vault_schema)
        opening.options.replicas = config->replicas;
    db = open_patiently(&opening, faults, error);
    instance->migrated += opening.applied;
    return db;
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
                     .shared = config_is_pg(config),
                     .replicas = config->replicas != NULL,
                     .patience = config->database_patience * SECONDS };
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

int
instance_exit_status(const GError *error)
{
    return error_code(error) == APP_ERROR_BUSY ? EX_TEMPFAIL : 1;
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
