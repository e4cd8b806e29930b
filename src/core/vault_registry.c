/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents: how they are compared, the embedded registry of them (for trying out), and what a
 * registry's answer does to a person. The registry is encrypted like real people: its entries lie under
 * a key derived from the ring's, each bound to its document's index. */
#include "core/vault_private.h"

#include "base/pack.h"
#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

enum { AT_ONCE = 500, SAME_NAME = 85, NAMES = 4 };

/* ---- statements ---- */

typedef struct {
    Bytes identity;
} EntryRow;

static const DbColumn entry_columns[] = { DB_COLUMN(EntryRow, identity) };

static const DbQuery  entry_by_document = {
     .sql = "SELECT identity FROM registry_entry WHERE document_index = $1",
     DB_COLUMNS(EntryRow, entry_columns),
};

static const DbQuery entry_put = {
    .sql = "INSERT INTO registry_entry (document_index, identity) VALUES ($1, $2)"
           " ON CONFLICT (document_index) DO UPDATE SET identity = excluded.identity",
    .table = "registry_entry",
};

static const DbQuery set_verification = {
    .sql = "UPDATE person SET version = version + 1, verification = $1, verified_at = $2,"
           " document_index = $3 WHERE id = $4 AND version = $5",
    .table = "person",
};

const DbQuery *const vault_registry_queries[] = { &entry_by_document, &entry_put, &set_verification,
                                                  NULL };

/* ---- documents ---- */

Bytes
vault_identity_pack(Arena *mem, const Identity *identity)
{
    const char *fields[] = { identity->document_type,   identity->document_issuer,
                             identity->document_number, identity->name[0],
                             identity->name[1],         identity->name[2],
                             identity->name[3],         identity->birth_date };

    return pack_texts(mem, fields, G_N_ELEMENTS(fields));
}

bool
vault_identity_unpack(Arena *mem, Bytes packed, Identity *out, GError **error)
{
    const char *fields[8];

    if (!pack_read(mem, packed, fields, G_N_ELEMENTS(fields), error))
        return false;

    *out = (Identity){ .document_type = fields[0],
                       .document_issuer = fields[1],
                       .document_number = fields[2],
                       .name = { fields[3], fields[4], fields[5], fields[6] },
                       .birth_date = fields[7] };
    return true;
}

/* Letters in upper case and digits of any script as ASCII; what stands between is dropped. */
static char *
fold_number(Arena *mem, const char *number)
{
    char    *out = arena_alloc(mem, strlen(number) * 2 + 1); /* upper case may take a byte more */
    char    *at = out;
    uint32_t code;

    while ((code = utf8_next(&number)) != 0) {
        int digit = utf8_digit(code);

        if (digit >= 0)
            *at++ = (char)('0' + digit);
        else if (g_unichar_isalpha(code))
            at += utf8_encode(g_unichar_toupper(code), at);
    }
    return out;
}

bool
vault_document_index(const Vault *vault, Arena *mem, const char *type, const char *issuer,
                     const char *number, uint8_t out[CRYPTO_MAC_SIZE], GError **error)
{
    g_auto(CryptoKey) key;
    const char *folded = fold_number(mem, number != NULL ? number : "");

    if (type == NULL || *type == '\0' || *folded == '\0')
        return fail(error, APP_ERROR_INVALID, "a document without type or number");

    g_autofree char *country = g_ascii_strup(issuer != NULL ? issuer : "JO", -1);
    vault_key(vault, VAULT_KEY_INDEX, &key);
    crypto_mac(&key,
               (Bytes[]){ bytes_of_text("document"), bytes_of_text(country), bytes_of_text(type),
                          bytes_of_text(folded) },
               4, out);
    return true;
}

/* ---- the embedded registry ---- */

/* An entry has no id: the first bytes of its index stand for it. */
static CryptoPlace
place_of(const uint8_t index[CRYPTO_MAC_SIZE])
{
    int64_t row;

    memcpy(&row, index, sizeof row);
    return (CryptoPlace){ "registry_entry", "identity", GINT64_FROM_BE(row) };
}

static void
entry_key(const CryptoKey *person, CryptoKey *out)
{
    crypto_key_derive(person, "registry", 0, out);
}

static bool
put_entry(VaultWrite *write, const Identity *entry, int64_t *added, GError **error)
{
    uint8_t index[CRYPTO_MAC_SIZE];
    g_auto(CryptoKey) person;
    g_auto(CryptoKey) key;
    EntryRow row;
    bool     found;

    if (!vault_document_index(write->vault, write->mem, entry->document_type,
                              entry->document_issuer, entry->document_number, index, error) ||
        !db_maybe(write->tx, &entry_by_document, DB_PARAMS(db_bytes(BYTES_OF(index))), &row, &found,
                  error))
        return false;

    vault_key(write->vault, VAULT_KEY_PERSON, &person);
    entry_key(&person, &key);
    Bytes sealed =
        crypto_seal(write->mem, &key, place_of(index), vault_identity_pack(write->mem, entry));
    plan_one(write->plan, &entry_put, DB_PARAMS(db_bytes(BYTES_OF(index)), db_bytes(sealed)));
    *added += !found;
    return true;
}

typedef struct {
    const Identity *entries;
    size_t          n;
} Import;

static bool
prepare_import(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Import *import = cmd;
    int64_t      *added = result;

    *added = 0;
    for (size_t i = 0; i < import->n; i++)
        if (!put_entry(write, &import->entries[i], added, error))
            return false;
    if (import->n > 0)
        vault_event_add(write, &(VaultEvent){ .kind = "import" });
    return true;
}

bool
vault_registry_import(Vault *vault, Arena *mem, const Identity *entries, size_t n, int64_t *added,
                      GError **error)
{
    int64_t sum = 0, part;

    for (size_t i = 0; i < n; i += AT_ONCE) {
        Import import = { entries + i, MIN(n - i, AT_ONCE) };

        if (!vault_write(vault, mem, prepare_import, &import, &part, error))
            return false;
        sum += part;
    }
    *added = sum;
    return true;
}

static bool
read_entry(Vault *vault, Arena *mem, const Identity *identity, Identity *entry, bool *found,
           GError **error)
{
    uint8_t index[CRYPTO_MAC_SIZE];
    g_auto(CryptoKey) person = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };
    g_autoptr(DbTx) tx = NULL;
    EntryRow row;
    Bytes    plain;

    if (!vault_document_index(vault, mem, identity->document_type, identity->document_issuer,
                              identity->document_number, index, error))
        return false;

    tx = db_begin(vault->db, mem, error);
    if (tx == NULL ||
        !db_maybe(tx, &entry_by_document, DB_PARAMS(db_bytes(BYTES_OF(index))), &row, found, error))
        return false;
    if (!*found)
        return true;

    if (!vault_key_of(vault, VAULT_KEY_PERSON, crypto_key_id(row.identity), &person, error))
        return false;
    entry_key(&person, &key);
    return crypto_open(mem, &key, place_of(index), row.identity, &plain, error) &&
           vault_identity_unpack(mem, plain, entry, error);
}

static size_t
name_parts(const Identity *identity, const char *parts[NAMES])
{
    size_t n = 0;

    for (size_t i = 0; i < NAMES; i++)
        if (identity->name[i] != NULL)
            parts[n++] = identity->name[i];
    return n;
}

static bool
agrees(Arena *mem, const Identity *entry, const Identity *given)
{
    const char *known[NAMES], *said[NAMES];
    size_t      n_known = name_parts(entry, known), n_said = name_parts(given, said);

    if (entry->birth_date == NULL || given->birth_date == NULL ||
        strcmp(text_ascii_digits(mem, given->birth_date), entry->birth_date) != 0)
        return false;
    return text_name_score(known, n_known, said, n_said) >= SAME_NAME;
}

bool
vault_registry_verify(Vault *vault, Arena *mem, const Identity *identity, VaultVerification *out,
                      GError **error)
{
    Identity entry;
    bool     found;

    if (!read_entry(vault, mem, identity, &entry, &found, error))
        return false;

    if (!found)
        *out = VAULT_UNKNOWN;
    else
        *out = agrees(mem, &entry, identity) ? VAULT_VERIFIED : VAULT_MISMATCH;
    return true;
}

/* ---- what a registry's answer does ---- */

typedef struct {
    int64_t           id, version; /* 0: whichever it has */
    VaultVerification to;
} Verify;

/* A mismatch gives its claim up; who is verified after one takes it again, unless it is another's. */
static bool
document_of(VaultWrite *write, const VaultRow *row, VaultVerification to,
            uint8_t index[CRYPTO_MAC_SIZE], Bytes *document, GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Identity identity;
    VaultRow other;
    bool     taken;

    *document = to == VAULT_MISMATCH ? (Bytes){ NULL, 0 } : row->document_index;
    if (to == VAULT_MISMATCH || document->data != NULL)
        return true;

    if (!vault_row_key(write->vault, row, &key, error) ||
        !vault_row_identity(write->mem, row, &key, &identity, error))
        return false;
    if (identity.document_number == NULL)
        return fail(error, APP_ERROR_INVALID, "without a document nothing is verified");
    if (!vault_document_index(write->vault, write->mem, identity.document_type,
                              identity.document_issuer, identity.document_number, index, error))
        return false;
    *document = (Bytes){ index, CRYPTO_MAC_SIZE };
    return vault_row_by_document(write->tx, *document, &other, &taken, error) &&
           (!taken || fail(error, APP_ERROR_CONFLICT, "the document is another person's"));
}

static bool
prepare_verification(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Verify *verify = cmd;
    uint8_t       index[CRYPTO_MAC_SIZE];
    Bytes         document;
    VaultRow      row;

    (void)result;
    if (!vault_row(write->tx, verify->id, &row, error))
        return false;
    if (verify->version != 0 && verify->version != row.version)
        return fail(error, APP_ERROR_BUSY, "its data changed while the registry was asked");
    if (strcmp(row.verification, vault_verification_name(verify->to)) == 0)
        return true;

    if (!document_of(write, &row, verify->to, index, &document, error))
        return false;
    plan_one(write->plan, &set_verification,
             DB_PARAMS(db_text(vault_verification_name(verify->to)),
                       db_int_or_null(verify->to == VAULT_VERIFIED ? write->now : 0),
                       db_bytes(document), db_int(row.id), db_int(row.version)));
    vault_event_add(write, &(VaultEvent){ .person_id = row.id,
                                          .kind = "verify",
                                          .fields = vault_verification_name(verify->to) });
    return true;
}

bool
vault_set_verification(Vault *vault, Arena *mem, int64_t id, int64_t version, VaultVerification to,
                       GError **error)
{
    return vault_write(vault, mem, prepare_verification, &(Verify){ id, version, to }, NULL, error);
}
