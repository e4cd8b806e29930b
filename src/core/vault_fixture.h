/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of the vault only: one in a directory of its own (on tmpfs where there is one), which can
 * be closed, looked into behind its back, damaged, and opened again. */
#pragma once

#include "core/vault.h"
#include "core/vault_pg_fixture.h"
#include "db/migrate.h"

#include <glib/gstdio.h>
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

/* 2026-04-15 10:00 in Amman. */
#define VAULT_FIXTURE_NOW ((AppTime)1776236400 * SECONDS)

typedef struct {
    char     *directory;
    char     *url; /* in a run for PostgreSQL */
    Clock    *clock;
    IdSource *ids;
    Secret   *root;
    Arena    *mem;
    Vault    *vault;
} VaultFixture;

/* The first two arguments of nearly every function. */
#define IN(fixture) (fixture)->vault, (fixture)->mem

static inline void
done(bool succeeded, GError **error)
{
    g_assert_no_error(*error);
    g_assert_true(succeeded);
}

static inline void
refused(bool succeeded, GError **error, AppError code)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    g_clear_error(error);
}

static inline Secret *
vault_fixture_root(uint8_t fill, size_t size)
{
    uint8_t bytes[64];

    memset(bytes, fill, sizeof bytes);
    return secret_new(bytes, size);
}

static inline Vault *
vault_fixture_open(VaultFixture *fixture, const Secret *root, int64_t fail_at, GError **error)
{
    DbOptions options = { .directory = fixture->directory,
                          .url = fixture->url,
                          .schema = &vault_schema,
                          .fail_at = fail_at };
    int       applied;

    if (!db_migrate(&options, &applied, error))
        return NULL;
    Db *db = db_open(&options, error);
    if (db == NULL)
        return NULL;
    return vault_open(
        &(VaultOptions){ .db = db, .root = root, .clock = fixture->clock, .ids = fixture->ids },
        error);
}

static inline void
vault_fixture_reopen(VaultFixture *fixture, int64_t fail_at)
{
    GError *error = NULL;

    vault_close(fixture->vault);
    fixture->vault = vault_fixture_open(fixture, fixture->root, fail_at, &error);
    g_assert_no_error(error);
}

static inline VaultFixture *
vault_fixture_new(void)
{
    VaultFixture *fixture = g_new0(VaultFixture, 1);
    bool          shm = g_access("/dev/shm", W_OK) == 0;

    g_assert_cmpint(sodium_init(), >=, 0);
    fixture->directory =
        g_build_filename(shm ? "/dev/shm" : g_get_tmp_dir(), "sawt-vault-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(fixture->directory));
    if (engine_fixture_is_pg())
        fixture->url = engine_fixture_schema();
    fixture->clock = clock_new_fixed(VAULT_FIXTURE_NOW);
    fixture->ids = id_source_new(fixture->clock, 0);
    fixture->root = vault_fixture_root(7, 32);
    fixture->mem = arena_new();
    vault_fixture_reopen(fixture, 0);
    return fixture;
}

static inline void
vault_fixture_free(VaultFixture *fixture)
{
    g_autoptr(GDir) entries = g_dir_open(fixture->directory, 0, NULL);
    const char *name;

    vault_close(fixture->vault);
    while ((name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

        g_unlink(path);
    }
    g_rmdir(fixture->directory);
    if (fixture->url != NULL)
        engine_fixture_drop(fixture->url);
    secret_free(fixture->root);
    arena_free(fixture->mem);
    id_source_free(fixture->ids);
    clock_free(fixture->clock);
    g_free(fixture->directory);
    g_free(fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VaultFixture, vault_fixture_free)

/* ---- behind its back ---- */

static inline sqlite3 *
vault_fixture_sqlite(VaultFixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->directory, "vault.db", NULL);
    sqlite3         *handle = NULL;

    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    return handle;
}

/* Run SQL with one blob or nothing bound as ?1; the first column of the first row as a number. */
static inline int64_t
vault_fixture_sql(VaultFixture *fixture, const char *sql, Bytes blob)
{
    if (fixture->url != NULL)
        return vault_pg_fixture_sql(fixture->url, sql, blob);

    sqlite3      *handle = vault_fixture_sqlite(fixture);
    sqlite3_stmt *row = NULL;
    int64_t       value = 0;

    if (sqlite3_prepare_v2(handle, sql, -1, &row, NULL) != SQLITE_OK)
        g_error("%s: %s", sql, sqlite3_errmsg(handle));
    if (blob.data != NULL)
        sqlite3_bind_blob(row, 1, blob.data, (int)blob.size, SQLITE_TRANSIENT);
    int code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        value = sqlite3_column_int64(row, 0);
    else if (code != SQLITE_DONE)
        g_error("%s: %s", sql, sqlite3_errmsg(handle));
    sqlite3_finalize(row);
    sqlite3_close(handle);
    return value;
}

#define VAULT_FIXTURE_NO_BLOB ((Bytes){ NULL, 0 })

static inline int64_t
vault_fixture_count(VaultFixture *fixture, const char *sql)
{
    return vault_fixture_sql(fixture, sql, VAULT_FIXTURE_NO_BLOB);
}

/* The blob of the first row and column, in the fixture's arena. */
static inline Bytes
vault_fixture_blob(VaultFixture *fixture, const char *sql)
{
    if (fixture->url != NULL)
        return vault_pg_fixture_blob(fixture->url, fixture->mem, sql);

    sqlite3      *handle = vault_fixture_sqlite(fixture);
    sqlite3_stmt *row = NULL;
    Bytes         blob = VAULT_FIXTURE_NO_BLOB;

    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &row, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
    blob.size = (size_t)sqlite3_column_bytes(row, 0);
    blob.data = sqlite3_column_blob(row, 0);
    blob = arena_bytes(fixture->mem, blob);
    sqlite3_finalize(row);
    sqlite3_close(handle);
    return blob;
}

/* ---- people ---- */

static const Who      by_visitor = { .role = ROLE_NONE };
static const Who      by_agent = { .role = ROLE_AGENT, .account_id = 77 };
static const Who      by_system = { .role = ROLE_SYSTEM };

static const Identity laila = { .document_type = "national_number",
                                .document_issuer = "JO",
                                .document_number = "9871234567",
                                .name = { "ليلى", "محمد", "أحمد", "العبادي" },
                                .birth_date = "1987-03-14" };
static const Contact  laila_contact = { .phone = "962791234567",
                                        .email = "laila@example.jo",
                                        .place = "JO-AM" };

static inline Bytes
vault_fixture_command(VaultFixture *fixture)
{
    uint8_t *id = arena_alloc(fixture->mem, 16);

    crypto_random(id, 16);
    return (Bytes){ id, 16 };
}

static inline bool
vault_fixture_try(VaultFixture *fixture, const Identity *identity, const Contact *contact,
                  VaultVerification verification, const Who *by, VaultPerson *out, GError **error)
{
    VaultRegister cmd = { .identity = identity,
                          .contact = contact,
                          .verification = verification,
                          .lang = "ar",
                          .by = by,
                          .command_id = vault_fixture_command(fixture) };

    return vault_register(fixture->vault, fixture->mem, &cmd, out, error);
}

static inline VaultPerson
vault_fixture_register(VaultFixture *fixture, const Identity *identity, const Contact *contact,
                       VaultVerification verification, const Who *by)
{
    VaultPerson person = { .id = 0 };
    GError     *error = NULL;

    done(vault_fixture_try(fixture, identity, contact, verification, by, &person, &error), &error);
    return person;
}

static inline VaultPerson
vault_fixture_laila(VaultFixture *fixture)
{
    return vault_fixture_register(fixture, &laila, &laila_contact, VAULT_VERIFIED, &by_visitor);
}
