/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Data keys under the newest epoch, a hundred rows a step. What must stay true: a step is one commit,
 * so that whoever is stopped goes on where the rows still name an older epoch; the data themselves,
 * which lie under the data key, are not touched. */
#include "core/vault_private.h"

typedef struct {
    int64_t id, version;
    Bytes   wrapped;
} WrappedRow;

static const DbColumn columns[] = {
    DB_COLUMN(WrappedRow, id),
    DB_COLUMN(WrappedRow, version),
    DB_COLUMN(WrappedRow, wrapped),
};

static const DbQuery older = {
    .sql = "SELECT id, version, wrapped FROM person WHERE id > $1 AND epoch < $2"
           " AND wrapped IS NOT NULL ORDER BY id LIMIT 100",
    DB_COLUMNS(WrappedRow, columns),
    .scans = true, /* a subcommand's, once for each rotation */
};

static const DbQuery rewrap = {
    .sql = "UPDATE person SET version = version + 1, epoch = $1, wrapped = $2"
           " WHERE id = $3 AND version = $4",
    .table = "person",
};

const DbQuery *const vault_rewrap_queries[] = { &older, &rewrap, NULL };

bool
vault_rewrap(const Vault *vault, Arena *mem, VaultKey purpose, CryptoPlace place, Bytes wrapped,
             Bytes *out, GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };

    if (!vault_unwrap(vault, purpose, place, wrapped, &key, error))
        return false;

    *out = vault_wrap(vault, mem, purpose, place, &key);
    return true;
}

typedef struct {
    int64_t after, n;
} Step;

static bool
rewrap_row(VaultWrite *write, const WrappedRow *row, GError **error)
{
    Bytes wrapped;

    if (!vault_rewrap(write->vault, write->mem, VAULT_KEY_PERSON,
                      (CryptoPlace){ "person", "wrapped", row->id }, row->wrapped, &wrapped, error))
        return false;

    plan_one(write->plan, &rewrap,
             DB_PARAMS(db_int(crypto_key_id(wrapped)), db_bytes(wrapped), db_int(row->id),
                       db_int(row->version)));
    return true;
}

static bool
prepare_step(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const int64_t *after = cmd;
    Step          *step = result;
    g_auto(CryptoKey) newest = { .id = 0 };
    WrappedRow *rows;
    size_t      n;

    vault_key(write->vault, VAULT_KEY_PERSON, &newest);
    if (!db_all(write->tx, &older, DB_PARAMS(db_int(*after), db_int(newest.id)), &rows, &n, error))
        return false;

    for (size_t i = 0; i < n; i++)
        if (!rewrap_row(write, &rows[i], error))
            return false;
    if (n > 0)
        vault_event_add(write, &(VaultEvent){ .kind = "rewrap", .fields = "person" });
    *step = (Step){ n == 0 ? *after : rows[n - 1].id, (int64_t)n };
    return true;
}

bool
vault_rewrap_persons(Vault *vault, Arena *mem, int64_t *after, int64_t *n, GError **error)
{
    Step step;

    if (!vault_write(vault, mem, prepare_step, after, &step, error))
        return false;

    *after = step.after;
    *n = step.n;
    return true;
}
