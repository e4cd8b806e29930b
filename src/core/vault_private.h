/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to vault*.c (and, for what a session needs that lies in the other file, to session.c). */
#pragma once

#include "base/thread.h"
#include "core/vault.h"

#include <glib.h>
#include <stdatomic.h>

/* ---- the vault ---- */

#define VAULT_STRIPES 64

/* Sessions that were used and whose `seen_at` is not written yet: token hash → AppTime. */
typedef struct {
    Lock        lock;
    GHashTable *times;
} VaultSeen;

typedef struct VaultRing  VaultRing;
typedef struct VaultHints VaultHints;
typedef struct VaultKnown VaultKnown;

struct Vault {
    Db                  *db;
    const Secret        *root;
    const Clock         *clock;
    IdSource            *ids;
    bool                 shared;
    _Atomic(VaultRing *) ring;                   /* a newer one points to the older ones */
    Lock                 stripes[VAULT_STRIPES]; /* registrations by one telephone, one at a time */
    VaultSeen            requesters, staff;
    VaultHints          *hints;
    VaultKnown          *known;
};

/* ---- writing: as a command, prepare on a snapshot, then apply; a lost race prepares again ---- */

typedef struct {
    Vault     *vault;
    Arena     *mem;
    DbTx      *tx;
    WritePlan *plan;
    AppTime    now;
} VaultWrite;

/* `result` may be written several times; it counts when true is returned. */
typedef bool (*VaultPrepare)(VaultWrite *write, const void *cmd, void *result, GError **error);

/* What prepare says; BUSY after many lost races. A plan that stays empty is not applied. */
bool vault_write(Vault *vault, Arena *mem, VaultPrepare prepare, const void *cmd, void *result,
                 GError **error) MUST_USE;

typedef struct {
    int64_t          person_id; /* 0: none */
    const char      *kind;
    const Who       *by;         /* NULL: the system */
    Bytes            command_id; /* {NULL, 0}: a fresh one */
    const char      *fields;     /* what was looked at, or NULL */
    const char      *reason;     /* sealed under `key`, or NULL */
    const CryptoKey *key;
} VaultEvent;

void vault_event_add(VaultWrite *write, const VaultEvent *event);

/* ---- what is sealed and indexed ---- */

Bytes vault_identity_pack(Arena *mem, const Identity *identity);
bool  vault_identity_unpack(Arena *mem, Bytes packed, Identity *out, GError **error) MUST_USE;

/* MAC of the document as it is compared: digits of any script, letters in upper case, nothing between.
 * INVALID when nothing is left of the number. */
bool
vault_document_index(const Vault *vault, Arena *mem, const char *type, const char *issuer,
                     const char *number, uint8_t out[CRYPTO_MAC_SIZE], GError **error) MUST_USE;
/* 22 bits of a MAC: finds candidates, tells nobody apart. */
int64_t vault_short_index(const Vault *vault, const char *kind, const char *value);

/* ---- a person's row ---- */

typedef struct {
    int64_t     id, version, verified_at;
    const char *verification, *password, *lang;
    Bytes       wrapped, document_index, identity, contact;
} VaultRow;

/* Where an envelope of a person's row lives. */
CryptoPlace vault_row_place(const char *column, int64_t id);
bool vault_row_maybe(DbTx *tx, int64_t id, VaultRow *out, bool *found, GError **error) MUST_USE;
/* NOT_FOUND also when it was erased. */
bool vault_row(DbTx *tx, int64_t id, VaultRow *out, GError **error) MUST_USE;
bool
vault_row_key(const Vault *vault, const VaultRow *row, CryptoKey *out, GError **error) MUST_USE;
const char *vault_verification_name(VaultVerification verification);
void        vault_row_person(const VaultRow *row, VaultPerson *out);
/* Fields that are not there are NULL. */
bool vault_row_contact(Arena *mem, const VaultRow *row, const CryptoKey *key, Contact *out,
                       GError **error) MUST_USE;
bool vault_row_identity(Arena *mem, const VaultRow *row, const CryptoKey *key, Identity *out,
                        GError **error) MUST_USE;
/* Rows with this telephone, the oldest first; at most `most`. */
bool vault_rows_by_phone(const Vault *vault, DbTx *tx, const char *phone, VaultRow *out,
                         size_t most, size_t *n, GError **error) MUST_USE;
bool
vault_row_by_document(DbTx *tx, Bytes index, VaultRow *out, bool *found, GError **error) MUST_USE;

/* ---- how many handles are used ---- */

VaultHints *vault_hints_new(void);
void        vault_hints_free(VaultHints *hints);
/* A lower bound; *exact: as far as this process knows, the number itself. */
bool vault_hint_read(const Vault *vault, DbTx *tx, int64_t person_id, int64_t *used, bool *exact,
                     GError **error) MUST_USE;

/* ---- sessions that were read before ---- */

#define VAULT_HASH_SIZE 32

typedef struct {
    int64_t person_id, seen_at, expires_at;
} VaultSessionRow;

VaultKnown *vault_known_new(void);
void        vault_known_free(VaultKnown *known);
/* `changes`: db_changes of the vault, asked for before the row was or would be read; below 0 nothing is
 * kept or found. */
bool vault_known_find(VaultKnown *known, const uint8_t hash[VAULT_HASH_SIZE], int64_t changes,
                      VaultSessionRow *out);
void vault_known_keep(VaultKnown *known, const uint8_t hash[VAULT_HASH_SIZE], int64_t changes,
                      const VaultSessionRow *row);

/* ---- tokens and sessions ---- */

#define VAULT_TOKEN_SIZE 44

void vault_token_new(char token[VAULT_TOKEN_SIZE], uint8_t hash[32]);
/* False when it is no token. */
bool vault_token_hash(const char *token, uint8_t hash[32]);

typedef struct {
    uint8_t hash[32];
    AppTime at;
} VaultSeenItem;

/* Is the session alive at `now`? Notes its use when what is stored is older than 5 minutes. */
bool
vault_seen_is_alive(VaultSeen *seen, Bytes hash, AppTime now, AppTime seen_at, AppTime expires_at);
/* What is noted, copied; and take out what has been written. */
size_t vault_seen_list(VaultSeen *seen, Arena *mem, VaultSeenItem **items);
void   vault_seen_written(VaultSeen *seen, const VaultSeenItem *items, size_t n);

void   vault_seen_init(VaultSeen *seen);
void   vault_seen_clear(VaultSeen *seen);

/* The new session's row, in the plan of something else. NOT_FOUND: no such person. */
bool vault_session_add(VaultWrite *write, int64_t person_id, Bytes hash, GError **error) MUST_USE;

/* ---- statements ---- */

extern const DbQuery *const vault_ring_queries[];
extern const DbQuery *const vault_person_queries[];
extern const DbQuery *const vault_register_queries[];
extern const DbQuery *const vault_hint_queries[];
extern const DbQuery *const vault_registry_queries[];
extern const DbQuery *const vault_rewrap_queries[];
extern const DbQuery *const vault_codes_queries[];
extern const DbQuery *const vault_sessions_queries[];
