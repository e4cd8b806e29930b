/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who people are, as their rows say. What must stay true: identity and contact lie in the file under the
 * person's own key only. */
#include "core/vault_private.h"

#include "base/pack.h"
#include "base/text.h"

#include <string.h>

enum { SHORT_INDEX_BITS = 22 };

static const char *const verifications[] = {
    [VAULT_UNKNOWN] = "unknown",
    [VAULT_PROVISIONAL] = "provisional",
    [VAULT_VERIFIED] = "verified",
    [VAULT_MISMATCH] = "mismatch",
};

/* ---- statements ---- */

static const DbColumn row_columns[] = {
    DB_COLUMN(VaultRow, id),           DB_COLUMN(VaultRow, version),
    DB_COLUMN(VaultRow, wrapped),      DB_MAYBE(VaultRow, document_index),
    DB_MAYBE(VaultRow, identity),      DB_MAYBE(VaultRow, contact),
    DB_COLUMN(VaultRow, verification), DB_MAYBE(VaultRow, verified_at),
    DB_MAYBE(VaultRow, password),      DB_COLUMN(VaultRow, lang),
};

#define ROW_COLUMNS                                                                                \
    "id, version, wrapped, document_index, identity, contact, verification, verified_at, "         \
    "password,"                                                                                    \
    " lang"

static const DbQuery by_id = {
    .sql = "SELECT " ROW_COLUMNS " FROM person WHERE id = $1 AND wrapped IS NOT NULL",
    DB_COLUMNS(VaultRow, row_columns),
};

static const DbQuery by_document = {
    .sql = "SELECT " ROW_COLUMNS " FROM person WHERE document_index = $1 AND wrapped IS NOT NULL",
    DB_COLUMNS(VaultRow, row_columns),
};

static const DbQuery by_phone = {
    .sql = "SELECT " ROW_COLUMNS " FROM person WHERE phone_index = $1 AND wrapped IS NOT NULL"
           " ORDER BY id LIMIT 50",
    DB_COLUMNS(VaultRow, row_columns),
};

const DbQuery *const vault_person_queries[] = { &by_id, &by_document, &by_phone, NULL };

/* ---- a row ---- */

CryptoPlace
vault_row_place(const char *column, int64_t id)
{
    return (CryptoPlace){ "person", column, id };
}

bool
vault_row(DbTx *tx, int64_t id, VaultRow *out, GError **error)
{
    return db_one(tx, &by_id, DB_PARAMS(db_int(id)), out, error);
}

bool
vault_row_maybe(DbTx *tx, int64_t id, VaultRow *out, bool *found, GError **error)
{
    return db_maybe(tx, &by_id, DB_PARAMS(db_int(id)), out, found, error);
}

bool
vault_row_by_document(DbTx *tx, Bytes index, VaultRow *out, bool *found, GError **error)
{
    return db_maybe(tx, &by_document, DB_PARAMS(db_bytes(index)), out, found, error);
}

bool
vault_row_key(const Vault *vault, const VaultRow *row, CryptoKey *out, GError **error)
{
    return vault_unwrap(vault, VAULT_KEY_PERSON, vault_row_place("wrapped", row->id), row->wrapped,
                        out, error);
}

const char *
vault_verification_name(VaultVerification verification)
{
    return verifications[verification];
}

static VaultVerification
verification_of(const VaultRow *row)
{
    for (VaultVerification i = VAULT_UNKNOWN; i <= VAULT_MISMATCH; i++)
        if (strcmp(verifications[i], row->verification) == 0)
            return i;
    return VAULT_UNKNOWN;
}

void
vault_row_person(const VaultRow *row, VaultPerson *out)
{
    *out = (VaultPerson){ .id = row->id,
                          .version = row->version,
                          .verification = verification_of(row),
                          .has_password = row->password != NULL,
                          .lang = row->lang };
}

bool
vault_row_contact(Arena *mem, const VaultRow *row, const CryptoKey *key, Contact *out,
                  GError **error)
{
    const char *fields[3];
    Bytes       plain;

    *out = (Contact){ .phone = NULL };
    if (row->contact.data == NULL)
        return true;
    if (!crypto_open(mem, key, vault_row_place("contact", row->id), row->contact, &plain, error) ||
        !pack_read(mem, plain, fields, G_N_ELEMENTS(fields), error))
        return false;

    *out = (Contact){ .phone = fields[0], .email = fields[1], .place = fields[2] };
    return true;
}

bool
vault_row_identity(Arena *mem, const VaultRow *row, const CryptoKey *key, Identity *out,
                   GError **error)
{
    Bytes plain;

    *out = (Identity){ .document_type = NULL };
    if (row->identity.data == NULL)
        return true;
    return crypto_open(mem, key, vault_row_place("identity", row->id), row->identity, &plain,
                       error) &&
           vault_identity_unpack(mem, plain, out, error);
}

bool
vault_rows_by_phone(const Vault *vault, DbTx *tx, const char *phone, VaultRow *out, size_t most,
                    size_t *n, GError **error)
{
    int64_t   index = vault_short_index(vault, "phone", phone);
    VaultRow *rows;
    size_t    n_rows;

    if (!db_all(tx, &by_phone, DB_PARAMS(db_int(index)), &rows, &n_rows, error))
        return false;

    *n = 0;
    for (size_t i = 0; i < n_rows && *n < most; i++) {
        g_auto(CryptoKey) key = { .id = 0 };
        Contact contact;

        if (!vault_row_key(vault, &rows[i], &key, error) ||
            !vault_row_contact(db_arena(tx), &rows[i], &key, &contact, error))
            return false;
        if (g_strcmp0(contact.phone, phone) == 0)
            out[(*n)++] = rows[i];
    }
    return true;
}

int64_t
vault_short_index(const Vault *vault, const char *kind, const char *value)
{
    g_auto(CryptoKey) key;
    uint8_t mac[CRYPTO_MAC_SIZE];

    vault_key(vault, VAULT_KEY_INDEX, &key);
    crypto_mac(&key, (Bytes[]){ bytes_of_text(kind), bytes_of_text(value) }, 2, mac);
    return ((int64_t)mac[0] << 16 | mac[1] << 8 | mac[2]) & ((1 << SHORT_INDEX_BITS) - 1);
}

bool
vault_person(Vault *vault, Arena *mem, int64_t id, VaultPerson *out, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    VaultRow row;

    if (tx == NULL || !vault_row(tx, id, &row, error))
        return false;

    vault_row_person(&row, out);
    return true;
}
