/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ways between a person and what stands in the case: handles, the sealed link, tracking codes, and
 * who may look at whom. What must stay true: two handles of one person cannot be told to be one's
 * without the person's key; a look by staff is written before anything that was looked at is returned. */
#include "core/vault_private.h"

#include "base/text.h"

#include <string.h>

enum { BY_PHONE_MOST = 50 };

/* ---- handles ---- */

static bool
read_key(Vault *vault, Arena *mem, int64_t person_id, CryptoKey *key, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    VaultRow row;

    return tx != NULL && vault_row(tx, person_id, &row, error) &&
           vault_row_key(vault, &row, key, error);
}

static void
make_handle(const CryptoKey *handles, int64_t n, uint8_t out[VAULT_HANDLE_SIZE])
{
    uint8_t mac[CRYPTO_MAC_SIZE];

    n = GINT64_TO_BE(n);
    crypto_mac(handles, &(Bytes){ (const uint8_t *)&n, sizeof n }, 1, mac);
    memcpy(out, mac, VAULT_HANDLE_SIZE);
}

bool
vault_handles(Vault *vault, Arena *mem, int64_t person_id, int64_t first, size_t count,
              uint8_t (*out)[VAULT_HANDLE_SIZE], GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    g_auto(CryptoKey) handles = { .id = 0 };

    if (!read_key(vault, mem, person_id, &key, error))
        return false;

    crypto_key_derive(&key, "handle", 0, &handles);
    for (size_t i = 0; i < count; i++)
        make_handle(&handles, first + (int64_t)i, out[i]);
    return true;
}

bool
vault_submitter(Vault *vault, Arena *mem, int64_t person_id, VaultSubmitter *out, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    g_auto(CryptoKey) key = { .id = 0 };
    VaultRow row;

    if (tx == NULL || !vault_row(tx, person_id, &row, error) ||
        !vault_hint_read(vault, tx, person_id, &out->used, &out->exact, error) ||
        !vault_row_key(vault, &row, &key, error))
        return false;

    vault_row_person(&row, &out->person);
    crypto_key_derive(&key, "handle", 0, &out->handles);
    return true;
}

void
vault_submitter_clear(VaultSubmitter *submitter)
{
    crypto_key_clear(&submitter->handles);
}

void
vault_submitter_handle(const VaultSubmitter *submitter, int64_t n, uint8_t out[VAULT_HANDLE_SIZE])
{
    make_handle(&submitter->handles, n, out);
}

/* ---- what stands in a petition's row ---- */

static CryptoPlace
link_place(int64_t petition_id)
{
    return (CryptoPlace){ "petition", "person", petition_id };
}

Bytes
vault_link(const Vault *vault, Arena *mem, int64_t petition_id, int64_t person_id)
{
    g_auto(CryptoKey) key;
    int64_t id = GINT64_TO_BE(person_id);

    vault_key(vault, VAULT_KEY_LINK, &key);
    return crypto_seal(mem, &key, link_place(petition_id),
                       (Bytes){ (const uint8_t *)&id, sizeof id });
}

bool
vault_unlink(const Vault *vault, Arena *mem, int64_t petition_id, Bytes sealed, int64_t *person_id,
             GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    int64_t id;

    (void)mem;
    if (!vault_key_of(vault, VAULT_KEY_LINK, crypto_key_id(sealed), &key, error) ||
        !crypto_open_into(&key, link_place(petition_id), sealed, (uint8_t *)&id, sizeof id, error))
        return false;

    *person_id = GINT64_FROM_BE(id);
    return true;
}

void
vault_tracking_code(const Vault *vault, int64_t petition_id, char out[VAULT_CODE_LENGTH + 1])
{
    g_auto(CryptoKey) key;
    uint8_t mac[CRYPTO_MAC_SIZE];
    int64_t id = GINT64_TO_BE(petition_id);

    vault_key(vault, VAULT_KEY_TRACKING, &key);
    crypto_mac(&key, &(Bytes){ (const uint8_t *)&id, sizeof id }, 1, mac);
    crypto_base32(mac, VAULT_CODE_LENGTH, out);
}

/* ---- looks ---- */

typedef struct {
    const Who  *by;
    const char *kind, *fields, *reason;
    VaultRow   *rows; /* none: a search that found nobody */
    size_t      n;
} Look;

static bool
is_desk(const Who *by)
{
    return by->role == ROLE_AGENT || by->role == ROLE_COUNTER;
}

static bool
prepare_look(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Look *look = cmd;

    (void)result;
    for (size_t i = 0; i < look->n; i++) {
        g_auto(CryptoKey) key = { .id = 0 };

        if (!vault_row_key(write->vault, &look->rows[i], &key, error))
            return false;
        vault_event_add(write, &(VaultEvent){ .person_id = look->rows[i].id,
                                              .kind = look->kind,
                                              .by = look->by,
                                              .fields = look->fields,
                                              .reason = look->reason,
                                              .key = &key });
    }
    if (look->n == 0)
        vault_event_add(write, &(VaultEvent){ .kind = look->kind, .by = look->by });
    return true;
}

static bool
record_look(Vault *vault, Arena *mem, const Look *look, GError **error)
{
    return !is_desk(look->by) || vault_write(vault, mem, prepare_look, look, NULL, error);
}

/* Citizens search for themselves (signing in), the desks for whom they speak with. */
static bool
may_search(const Who *by, GError **error)
{
    if (is_desk(by) || by->role == ROLE_NONE || by->role == ROLE_REQUESTER ||
        by->role == ROLE_SYSTEM)
        return true;
    return fail(error, APP_ERROR_FORBIDDEN, "%s may not search for people", role_name(by->role));
}

static bool
search_document(Vault *vault, Arena *mem, const uint8_t *index, VaultRow *row, bool *found,
                GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);

    return tx != NULL &&
           vault_row_by_document(tx, (Bytes){ index, CRYPTO_MAC_SIZE }, row, found, error);
}

bool
vault_find_by_document(Vault *vault, Arena *mem, const Who *by, const char *type,
                       const char *issuer, const char *number, VaultPerson *out, GError **error)
{
    uint8_t  index[CRYPTO_MAC_SIZE];
    VaultRow row;
    bool     found;

    if (!may_search(by, error) ||
        !vault_document_index(vault, mem, type, issuer, number, index, error) ||
        !search_document(vault, mem, index, &row, &found, error))
        return false;

    if (!record_look(vault, mem, &(Look){ .by = by, .kind = "find", .rows = &row, .n = found },
                     error))
        return false;
    if (!found)
        return fail(error, APP_ERROR_NOT_FOUND, "nobody with this document");
    vault_row_person(&row, out);
    return true;
}

static bool
search_phone(Vault *vault, Arena *mem, const char *phone, VaultRow *rows, size_t most, size_t *n,
             GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);

    return tx != NULL && vault_rows_by_phone(vault, tx, phone, rows, most, n, error);
}

bool
vault_find_by_phone(Vault *vault, Arena *mem, const Who *by, const char *phone, VaultPerson *out,
                    size_t most, size_t *n, GError **error)
{
    VaultRow rows[BY_PHONE_MOST];
    size_t   found;

    if (!may_search(by, error) ||
        !search_phone(vault, mem, phone, rows, MIN(most, BY_PHONE_MOST), &found, error) ||
        !record_look(vault, mem, &(Look){ .by = by, .kind = "find", .rows = rows, .n = found },
                     error))
        return false;

    for (size_t i = 0; i < found; i++)
        vault_row_person(&rows[i], &out[i]);
    *n = found;
    return true;
}

static bool
read_row(Vault *vault, Arena *mem, int64_t id, VaultRow *row, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);

    return tx != NULL && vault_row(tx, id, row, error);
}

static bool
may_reveal(const Who *by, int64_t id, const char *reason, GError **error)
{
    if (by->role == ROLE_REQUESTER)
        return by->person_id == id || fail(error, APP_ERROR_NOT_FOUND, "another person");
    if (by->role != ROLE_AGENT)
        return fail(error, APP_ERROR_FORBIDDEN, "%s has no way to an identity yet",
                    by->role == ROLE_NONE ? "a visitor" : role_name(by->role));
    return (reason != NULL && !text_is_blank(reason)) ||
           fail(error, APP_ERROR_INVALID, "a look needs a reason");
}

static const char *
field_names(const Identity *identity, const Contact *contact)
{
    if (identity != NULL && contact != NULL)
        return "identity,contact";
    return identity != NULL ? "identity" : "contact";
}

static bool
open_person(Vault *vault, Arena *mem, const VaultRow *row, Identity *identity, Contact *contact,
            GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Identity who;
    Contact  how;

    if (!vault_row_key(vault, row, &key, error) ||
        (identity != NULL && !vault_row_identity(mem, row, &key, &who, error)) ||
        (contact != NULL && !vault_row_contact(mem, row, &key, &how, error)))
        return false;

    if (identity != NULL)
        *identity = who;
    if (contact != NULL)
        *contact = how;
    return true;
}

bool
vault_reveal(Vault *vault, Arena *mem, const Who *by, int64_t id, const char *reason,
             Identity *identity, Contact *contact, GError **error)
{
    VaultRow row;
    Look     look = { .by = by,
                      .kind = "look",
                      .fields = field_names(identity, contact),
                      .reason = reason,
                      .rows = &row,
                      .n = 1 };

    return may_reveal(by, id, reason, error) && read_row(vault, mem, id, &row, error) &&
           record_look(vault, mem, &look, error) &&
           open_person(vault, mem, &row, identity, contact, error);
}

bool
vault_identity(Vault *vault, Arena *mem, int64_t person_id, Identity *out, int64_t *version,
               GError **error)
{
    VaultRow row;
    Contact  contact;

    if (!read_row(vault, mem, person_id, &row, error) ||
        !open_person(vault, mem, &row, out, &contact, error))
        return false;

    *version = row.version;
    return true;
}

bool
vault_relay(Vault *vault, Arena *mem, int64_t person_id, Contact *out, const char **lang,
            GError **error)
{
    VaultRow row;

    if (!read_row(vault, mem, person_id, &row, error) ||
        !open_person(vault, mem, &row, NULL, out, error))
        return false;

    *lang = row.lang;
    return true;
}
