/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/vault_check.h"

#include "core/vault_private.h"

#include <string.h>

enum { MORE_HANDLES = 2, HANDLES_MOST = 4096 };

/* ---- statements ---- */

typedef struct {
    VaultRow row;
    int64_t  phone_index, erased_at, hint;
} CheckRow;

static const DbColumn row_columns[] = {
    DB_COLUMN(CheckRow, row.id),      DB_MAYBE(CheckRow, row.wrapped),
    DB_MAYBE(CheckRow, row.identity), DB_MAYBE(CheckRow, row.contact),
    DB_MAYBE(CheckRow, row.password), DB_MAYBE(CheckRow, row.document_index),
    DB_MAYBE(CheckRow, phone_index),  DB_MAYBE(CheckRow, erased_at),
    DB_MAYBE(CheckRow, hint),
};

static const DbQuery after_id = {
    .sql = "SELECT p.id, p.wrapped, p.identity, p.contact, p.password, p.document_index,"
           " p.phone_index, p.erased_at, h.n AS hint"
           " FROM person p LEFT JOIN person_hint h ON h.person_id = p.id"
           " WHERE p.id > $1 ORDER BY p.id LIMIT $2",
    DB_COLUMNS(CheckRow, row_columns),
};

typedef struct {
    int64_t n;
} CountRow;

static const DbColumn count_columns[] = { DB_COLUMN(CountRow, n) };

static const DbQuery  count_all = {
     .sql = "SELECT count(*) AS n FROM person",
     DB_COLUMNS(CountRow, count_columns),
     .scans = true, /* `sawt check` says how far it is */
};

const DbQuery *const vault_check_queries[] = { &after_id, &count_all, NULL };

/* ---- a person ---- */

/* The document by which somebody is found is the one that is sealed; a mismatch claims none. */
static bool
is_indexed(const Vault *vault, Arena *mem, const CheckRow *row, const Identity *identity,
           const Contact *contact)
{
    uint8_t document[CRYPTO_MAC_SIZE];

    if (row->row.document_index.data != NULL &&
        (identity->document_number == NULL ||
         !vault_document_index(vault, mem, identity->document_type, identity->document_issuer,
                               identity->document_number, document, NULL) ||
         !bytes_equal(row->row.document_index, BYTES_OF(document))))
        return false;
    return contact->phone == NULL ||
           row->phone_index == vault_short_index(vault, "phone", contact->phone);
}

static void
make_handles(Arena *mem, const CryptoKey *key, VaultChecked *out)
{
    g_auto(VaultSubmitter) submitter = { .used = 0 };

    crypto_key_derive(key, "handle", 0, &submitter.handles);
    out->n_handles = (size_t)CLAMP(out->hint, 0, HANDLES_MOST) + MORE_HANDLES;
    out->handles = arena_array(mem, VAULT_HANDLE_SIZE, out->n_handles);
    for (size_t i = 0; i < out->n_handles; i++)
        vault_submitter_handle(&submitter, (int64_t)i, out->handles[i]);
}

static void
check_alive(const Vault *vault, Arena *mem, const CheckRow *row, VaultChecked *out)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Identity identity;
    Contact  contact;

    if (!vault_row_key(vault, &row->row, &key, NULL)) {
        out->flaws[VAULT_FLAW_KEY] = true;
        return;
    }
    make_handles(mem, &key, out);
    if (!vault_row_identity(mem, &row->row, &key, &identity, NULL) ||
        !vault_row_contact(mem, &row->row, &key, &contact, NULL))
        out->flaws[VAULT_FLAW_SEALED] = true;
    else
        out->flaws[VAULT_FLAW_INDEX] = !is_indexed(vault, mem, row, &identity, &contact);
}

static void
check_person(const Vault *vault, Arena *mem, const CheckRow *row, VaultChecked *out)
{
    *out = (VaultChecked){ .id = row->row.id, .hint = row->hint };
    if (row->row.wrapped.data != NULL)
        check_alive(vault, mem, row, out);
    out->flaws[VAULT_FLAW_ERASED] =
        (row->erased_at == 0) != (row->row.wrapped.data != NULL) ||
        (row->row.wrapped.data == NULL &&
         (row->row.identity.data != NULL || row->row.contact.data != NULL ||
          row->row.password != NULL || row->row.document_index.data != NULL));
}

bool
vault_check_persons(Vault *vault, Arena *mem, int64_t after, int64_t most, VaultChecked **out,
                    size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    CheckRow *rows;

    if (tx == NULL ||
        !db_all(tx, &after_id, DB_PARAMS(db_int(after), db_int(most)), &rows, n, error))
        return false;

    *out = ARENA_ARRAY(mem, VaultChecked, *n);
    for (size_t i = 0; i < *n; i++)
        check_person(vault, mem, &rows[i], &(*out)[i]);
    return true;
}

bool
vault_check_count(Vault *vault, Arena *mem, int64_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    CountRow row;

    if (tx == NULL || !db_one(tx, &count_all, DB_NO_PARAMS, &row, error))
        return false;
    *n = row.n;
    return true;
}
