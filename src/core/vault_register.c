/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How people become known. What must stay true: a verified identity is never replaced by a registration;
 * and a document belongs to whom the registry knows by it: one that is only claimed gives way to a
 * verified claim, and a mismatch claims nothing, so that nobody can keep a stranger out by registering
 * with the stranger's number. */
#include "core/vault_private.h"

#include "base/pack.h"
#include "base/text.h"

#include <string.h>

enum { BY_PHONE_MOST = 50 };

/* ---- statements ---- */

static const DbQuery insert = {
    .sql = "INSERT INTO person (id, version, epoch, wrapped, document_index, phone_index,"
           " email_index, identity, contact, verification, verified_at, lang, created_at)"
           " VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    .table = "person",
};

static const DbQuery renew = {
    .sql = "UPDATE person SET version = version + 1, document_index = $1, phone_index = $2,"
           " email_index = $3, identity = $4, contact = $5, verification = $6, verified_at = $7,"
           " lang = $8 WHERE id = $9 AND version = $10",
    .table = "person",
};

static const DbQuery release_document = {
    .sql = "UPDATE person SET version = version + 1, document_index = NULL"
           " WHERE id = $1 AND version = $2",
    .table = "person",
};

typedef struct {
    int64_t     person_id;
    const char *kind;
} EventRow;

static const DbColumn event_columns[] = { DB_MAYBE(EventRow, person_id),
                                          DB_COLUMN(EventRow, kind) };

static const DbQuery  event_by_command = {
     .sql = "SELECT person_id, kind FROM vault_event WHERE command_id = $1",
     DB_COLUMNS(EventRow, event_columns),
};

const DbQuery *const vault_register_queries[] = {
    &insert, &renew, &release_document, &event_by_command, NULL,
};

/* ---- registering ---- */

/* What a registration looks like once it is prepared for the file. */
typedef struct {
    const VaultRegister *cmd;
    Contact              contact;
    const char          *lang;
    bool                 verified, claims; /* a document */
    uint8_t              document[CRYPTO_MAC_SIZE];
} Registration;

static bool
is_desk(const Who *by)
{
    return by->role == ROLE_AGENT || by->role == ROLE_COUNTER;
}

/* The system registers on nobody's word but the person's own: it may no more than a visitor. */
static bool
is_citizen(const Who *by)
{
    return by->role == ROLE_NONE || by->role == ROLE_REQUESTER || by->role == ROLE_SYSTEM;
}

static bool
check_registration(const VaultRegister *cmd, GError **error)
{
    if (!is_desk(cmd->by) && !is_citizen(cmd->by))
        return fail(error, APP_ERROR_FORBIDDEN, "%s registers nobody", role_name(cmd->by->role));
    if (cmd->identity == NULL && cmd->contact->phone == NULL)
        return fail(error, APP_ERROR_INVALID, "neither a document nor a telephone");
    if (cmd->identity != NULL && cmd->identity->name[0] == NULL)
        return fail(error, APP_ERROR_INVALID, "a document without a name");
    if (cmd->identity == NULL && cmd->verification != VAULT_UNKNOWN)
        return fail(error, APP_ERROR_INVALID, "without a document nothing is verified");
    return true;
}

static DbValue
index_of(const Vault *vault, const char *kind, const char *value)
{
    if (value == NULL)
        return db_null();
    g_autofree char *folded = g_utf8_casefold(value, -1);
    return db_int(vault_short_index(vault, kind, folded));
}

static Bytes
seal_contact(Arena *mem, const CryptoKey *key, int64_t id, const Contact *contact)
{
    const char *fields[] = { contact->phone, contact->email, contact->place };

    return crypto_seal(mem, key, vault_row_place("contact", id),
                       pack_texts(mem, fields, G_N_ELEMENTS(fields)));
}

static Bytes
seal_identity(Arena *mem, const CryptoKey *key, int64_t id, const Identity *identity)
{
    if (identity == NULL)
        return (Bytes){ NULL, 0 };
    return crypto_seal(mem, key, vault_row_place("identity", id),
                       vault_identity_pack(mem, identity));
}

static Bytes
claim(const Registration *given)
{
    return given->claims ? BYTES_OF(given->document) : (Bytes){ NULL, 0 };
}

static void
create(VaultWrite *write, const Registration *given, VaultPerson *out)
{
    const VaultRegister *cmd = given->cmd;
    int64_t              id = id_next(write->vault->ids);
    g_auto(CryptoKey) key;

    crypto_key_random(&key);
    Bytes wrapped = vault_wrap(write->vault, write->mem, VAULT_KEY_PERSON,
                               vault_row_place("wrapped", id), &key);
    plan_one(write->plan, &insert,
             DB_PARAMS(db_int(id), db_int(crypto_key_id(wrapped)), db_bytes(wrapped),
                       db_bytes(claim(given)),
                       index_of(write->vault, "phone", given->contact.phone),
                       index_of(write->vault, "email", given->contact.email),
                       db_bytes(seal_identity(write->mem, &key, id, cmd->identity)),
                       db_bytes(seal_contact(write->mem, &key, id, &given->contact)),
                       db_text(vault_verification_name(cmd->verification)),
                       db_int_or_null(given->verified ? write->now : 0), db_text(given->lang),
                       db_int(write->now)));
    vault_event_add(write, &(VaultEvent){ .person_id = id,
                                          .kind = "register",
                                          .by = cmd->by,
                                          .command_id = cmd->command_id });
    *out = (VaultPerson){
        .id = id, .version = 1, .verification = cmd->verification, .lang = given->lang
    };
}

static Contact
merge(const Contact *old, const Contact *given)
{
    return (Contact){ .phone = given->phone != NULL ? given->phone : old->phone,
                      .email = given->email != NULL ? given->email : old->email,
                      .place = given->place != NULL ? given->place : old->place };
}

static bool
same_contact(const Contact *a, const Contact *b)
{
    return g_strcmp0(a->phone, b->phone) == 0 && g_strcmp0(a->email, b->email) == 0 &&
           g_strcmp0(a->place, b->place) == 0;
}

/* Somebody who knows another's document number must not take over that person by a telephone of
 * their own. */
static bool
may_change_phone(const Registration *given, const VaultRow *row, const Contact *old)
{
    return is_desk(given->cmd->by) || given->cmd->by->person_id == row->id ||
           given->contact.phone == NULL || g_strcmp0(old->phone, given->contact.phone) == 0;
}

/* The document was claimed by somebody whom no registry knows by it. */
static bool
displace(VaultWrite *write, const Registration *given, const VaultRow *row, VaultPerson *out,
         GError **error)
{
    if (!given->verified || row->verified_at != 0)
        return fail(error, APP_ERROR_CONFLICT, "the document is another telephone's");

    plan_one(write->plan, &release_document, DB_PARAMS(db_int(row->id), db_int(row->version)));
    vault_event_add(write, &(VaultEvent){ .person_id = row->id, .kind = "displaced" });
    create(write, given, out);
    return true;
}

static void
renew_row(VaultWrite *write, const Registration *given, const VaultRow *row, const CryptoKey *key,
          const Contact *contact, VaultPerson *out)
{
    bool    replaces = given->cmd->identity != NULL && row->verified_at == 0;
    int64_t since = replaces && given->verified ? write->now : row->verified_at;
    Bytes   identity = row->identity;

    if (replaces) {
        identity = seal_identity(write->mem, key, row->id, given->cmd->identity);
        out->verification = given->cmd->verification;
    }
    plan_one(write->plan, &renew,
             DB_PARAMS(db_bytes(replaces ? claim(given) : row->document_index),
                       index_of(write->vault, "phone", contact->phone),
                       index_of(write->vault, "email", contact->email), db_bytes(identity),
                       db_bytes(seal_contact(write->mem, key, row->id, contact)),
                       db_text(vault_verification_name(out->verification)), db_int_or_null(since),
                       db_text(given->lang), db_int(row->id), db_int(row->version)));
    vault_event_add(write, &(VaultEvent){ .person_id = row->id,
                                          .kind = "renew",
                                          .by = given->cmd->by,
                                          .command_id = given->cmd->command_id });
    out->version++;
    out->lang = given->lang;
}

static bool
update(VaultWrite *write, const Registration *given, const VaultRow *row, VaultPerson *out,
       GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Contact old, now;

    vault_row_person(row, out);
    if (!vault_row_key(write->vault, row, &key, error) ||
        !vault_row_contact(write->mem, row, &key, &old, error))
        return false;
    if (!may_change_phone(given, row, &old))
        return displace(write, given, row, out, error);

    now = merge(&old, &given->contact);
    bool replaces = given->cmd->identity != NULL && row->verified_at == 0;
    if (replaces || !same_contact(&old, &now) || strcmp(row->lang, given->lang) != 0)
        renew_row(write, given, row, &key, &now, out);
    return true;
}

/* Who has proved a mobile only, and else the one person who uses it; of several nobody. */
static bool
find_by_phone(VaultWrite *write, const char *phone, VaultRow *row, bool *found, GError **error)
{
    VaultRow rows[BY_PHONE_MOST];
    size_t   n;

    if (!vault_rows_by_phone(write->vault, write->tx, phone, rows, BY_PHONE_MOST, &n, error))
        return false;

    *found = n == 1;
    if (n > 0)
        *row = rows[0];
    for (size_t i = 0; i < n; i++)
        if (rows[i].document_index.data == NULL) {
            *row = rows[i];
            *found = true;
            return true;
        }
    return true;
}

/* Is it this document that the row's identity has, claimed or not? */
static bool
has_document(VaultWrite *write, const VaultRow *row, const CryptoKey *key, Bytes document,
             bool *has, GError **error)
{
    uint8_t  index[CRYPTO_MAC_SIZE];
    Identity identity;

    if (!vault_row_identity(write->mem, row, key, &identity, error))
        return false;

    *has = false;
    if (identity.document_number == NULL)
        return true;
    if (!vault_document_index(write->vault, write->mem, identity.document_type,
                              identity.document_issuer, identity.document_number, index, error))
        return false;
    *has = bytes_equal(document, BYTES_OF(index));
    return true;
}

/* Whom the registry did not know by this document, and who proves it now. The document alone would give
 * the row to anybody who knows it, the telephone alone to anybody of the family. */
static bool
find_mismatch(VaultWrite *write, const Registration *given, VaultRow *row, bool *found,
              GError **error)
{
    VaultRow rows[BY_PHONE_MOST];
    size_t   n;

    if (given->contact.phone == NULL)
        return true;
    if (!vault_rows_by_phone(write->vault, write->tx, given->contact.phone, rows, BY_PHONE_MOST, &n,
                             error))
        return false;

    for (size_t i = 0; i < n && !*found; i++) {
        g_auto(CryptoKey) key = { .id = 0 };

        if (rows[i].document_index.data != NULL ||
            strcmp(rows[i].verification, vault_verification_name(VAULT_MISMATCH)) != 0)
            continue;
        if (!vault_row_key(write->vault, &rows[i], &key, error) ||
            !has_document(write, &rows[i], &key, BYTES_OF(given->document), found, error))
            return false;
        *row = rows[i];
    }
    return true;
}

static bool
find_registered(VaultWrite *write, const Registration *given, VaultRow *row, bool *found,
                GError **error)
{
    const VaultRegister *cmd = given->cmd;

    if (cmd->identity == NULL)
        return find_by_phone(write, given->contact.phone, row, found, error);
    if (!vault_row_by_document(write->tx, BYTES_OF(given->document), row, found, error) ||
        (!*found && !find_mismatch(write, given, row, found, error)))
        return false;
    if (*found || cmd->by->role != ROLE_REQUESTER || cmd->by->person_id == 0)
        return true;

    /* Signed in by a mobile alone, and now with a document for the first time: the same person. */
    if (!vault_row_maybe(write->tx, cmd->by->person_id, row, found, error))
        return false;
    *found = *found && row->document_index.data == NULL;
    return true;
}

/* The same command again must be about the same person: else its id would be a way to another's. */
static bool
repeat(VaultWrite *write, const Registration *given, int64_t person_id, VaultPerson *out,
       GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    VaultRow row;
    Contact  contact;
    bool     same;

    if (!vault_row(write->tx, person_id, &row, error) ||
        !vault_row_key(write->vault, &row, &key, error) ||
        !vault_row_contact(write->mem, &row, &key, &contact, error))
        return false;

    vault_row_person(&row, out);
    same = g_strcmp0(contact.phone, given->contact.phone) == 0;
    if (given->cmd->identity != NULL &&
        !has_document(write, &row, &key, BYTES_OF(given->document), &same, error))
        return false;
    return same || fail(error, APP_ERROR_INVALID, "this command registered somebody else before");
}

static bool
prepare_register(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Registration *given = cmd;
    EventRow            event;
    VaultRow            row;
    bool                found;

    if (!db_maybe(write->tx, &event_by_command, DB_PARAMS(db_bytes(given->cmd->command_id)), &event,
                  &found, error))
        return false;
    if (found)
        return repeat(write, given, event.person_id, result, error);

    if (!find_registered(write, given, &row, &found, error))
        return false;
    if (found)
        return update(write, given, &row, result, error);
    create(write, given, result);
    return true;
}

static bool
begin(const Vault *vault, Arena *mem, const VaultRegister *cmd, Registration *given, GError **error)
{
    const Identity *identity = cmd->identity;

    *given = (Registration){ .cmd = cmd,
                             .contact = *cmd->contact,
                             .lang = cmd->lang != NULL ? cmd->lang : "ar",
                             .claims = identity != NULL && cmd->verification != VAULT_MISMATCH,
                             .verified = identity != NULL && cmd->verification == VAULT_VERIFIED };
    return check_registration(cmd, error) &&
           (identity == NULL ||
            vault_document_index(vault, mem, identity->document_type, identity->document_issuer,
                                 identity->document_number, given->document, error));
}

bool
vault_register(Vault *vault, Arena *mem, const VaultRegister *cmd, VaultPerson *out, GError **error)
{
    Registration given;
    Lock        *stripe = NULL;
    bool         done;

    if (!begin(vault, mem, cmd, &given, error))
        return false;

    /* A document is unique in the file. A telephone is not (families share one), so that two first
     * registrations by the same one at once must wait for each other here. */
    if (cmd->identity == NULL) {
        stripe =
            &vault
                 ->stripes[vault_short_index(vault, "stripe", cmd->contact->phone) % VAULT_STRIPES];
        lock_take(stripe);
    }
    done = vault_write(vault, mem, prepare_register, &given, out, error);
    if (stripe != NULL)
        lock_leave(stripe);
    return done;
}

/* ---- many ---- */

typedef struct {
    Registration *given;
    size_t        n;
} Registrations;

static bool
prepare_each(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Registrations *all = cmd;
    VaultPerson         *out = result;

    for (size_t i = 0; i < all->n; i++)
        if (!prepare_register(write, &all->given[i], &out[i], error))
            return false;
    return true;
}

bool
vault_register_each(Vault *vault, Arena *mem, const VaultRegister *cmds, size_t n, VaultPerson *out,
                    GError **error)
{
    Registrations all = { ARENA_ARRAY(mem, Registration, n), n };

    for (size_t i = 0; i < n; i++) {
        if (cmds[i].identity == NULL)
            return fail(error, APP_ERROR_INVALID, "without a document only one at a time");
        if (!begin(vault, mem, &cmds[i], &all.given[i], error))
            return false;
    }
    return vault_write(vault, mem, prepare_each, &all, out, error);
}
