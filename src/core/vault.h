/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The identity vault: the only way to who a requester is. Persons, contacts, the ring of keys. Its
 * own file, its own writer; the interface is narrow so that it can move into a process of its own.
 * Nothing here returns identity to be logged: identities leave as `Identity` and `Contact` structs
 * into an arena, and every look by staff writes a vault event before it returns. */
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"
#include "core/crypto.h"
#include "core/role.h"
#include "db/db.h"

typedef struct Vault Vault;

#define VAULT_HANDLE_SIZE 16
#define VAULT_CODE_LENGTH 10 /* tracking code, Crockford base32 */
#define VAULT_TOKEN_LENGTH 16

typedef struct {
    Db           *db;   /* the vault's file; owned by the vault from here on */
    const Secret *root; /* root key, 32 bytes, outlives the vault */
    const Clock  *clock;
    IdSource     *ids;
    bool shared; /* other processes have it open, too: a new key is used when they know it */
} VaultOptions;

/* Opens the ring, makes the first epoch of each purpose when there is none. INTERNAL when the root
 * key is another one's. */
Vault                *vault_open(const VaultOptions *options, GError **error) MUST_USE;
void                  vault_close(Vault *vault);
Db                   *vault_db(Vault *vault);

extern const DbSchema vault_schema;

/* ---- the ring: no key leaves but into a CryptoKey on the stack ---- */

typedef enum {
    VAULT_KEY_PERSON,     /* wraps persons' data keys                  */
    VAULT_KEY_PETITION,   /* wraps petitions' data keys                */
    VAULT_KEY_ATTACHMENT, /* wraps attachments' data keys              */
    VAULT_KEY_BRIEF,      /* entities' keys for lists are derived from it */
    VAULT_KEY_LINK,       /* seals the person's id in a petition's row */
    VAULT_KEY_INDEX,      /* blind indexes                             */
    VAULT_KEY_TOKEN,      /* search tokens                             */
    VAULT_KEY_TRACKING,   /* tracking codes                            */
    VAULT_KEY_CONTENT,    /* content of commands, for idempotency      */
    VAULT_KEY_COOKIE,     /* CSRF tokens, follow cookies, code MACs    */
    VAULT_KEY_DRAFT,      /* drafts' keys are derived from it and the cookie's id */
    VAULT_KEY_ACCOUNT,    /* staff TOTP secrets                        */
    VAULT_KEY_COUNT,
} VaultKey;

/* The newest epoch of a purpose; `out->id` is the epoch. */
void vault_key(const Vault *vault, VaultKey purpose, CryptoKey *out);
/* An older epoch. INTERNAL when there is none. */
bool vault_key_of(const Vault *vault, VaultKey purpose, uint32_t epoch, CryptoKey *out,
                  GError **error) MUST_USE;
/* A new data key wrapped for `place`, and back. */
Bytes vault_wrap(const Vault *vault, Arena *mem, VaultKey purpose, CryptoPlace place,
                 const CryptoKey *key);
bool  vault_unwrap(const Vault *vault, VaultKey purpose, CryptoPlace place, Bytes wrapped,
                   CryptoKey *out, GError **error) MUST_USE;
/* Add an epoch to a purpose: what is written from now on uses it. INVALID for INDEX, TOKEN and TRACKING,
 * whose values are compared and would all have to be computed anew. */
bool vault_rotate(Vault *vault, VaultKey purpose, GError **error) MUST_USE;
/* "person", "petition", …: false when there is none. */
bool vault_key_named(const char *name, VaultKey *out);
/* A data key under the newest epoch, whichever it is wrapped by. INTERNAL. */
bool vault_rewrap(const Vault *vault, Arena *mem, VaultKey purpose, CryptoPlace place,
                  Bytes wrapped, Bytes *out, GError **error) MUST_USE;
/* A step of it: the persons behind `*after` whose key an older epoch wraps, a hundred at most. `*after`
 * moves on; `*n` 0: there are no more. */
bool
vault_rewrap_persons(Vault *vault, Arena *mem, int64_t *after, int64_t *n, GError **error) MUST_USE;

/* ---- persons ---- */

typedef struct {
    const char *document_type;   /* national_number, passport, personal_number, unhcr, … */
    const char *document_issuer; /* ISO country, JO by default */
    const char *document_number;
    const char *name[4];    /* as on the card; NULL where there is none */
    const char *birth_date; /* 1987-03-14 */
} Identity;

typedef struct {
    const char *phone; /* as text_phone gives it */
    const char *email; /* or NULL */
    const char *place; /* code of the governorate, or NULL */
} Contact;

typedef enum {
    VAULT_UNKNOWN,     /* a proved mobile only: inquiry, praise, suggestion */
    VAULT_PROVISIONAL, /* the registry did not answer                       */
    VAULT_VERIFIED,
    VAULT_MISMATCH,
} VaultVerification;

typedef struct {
    int64_t           id, version;
    VaultVerification verification;
    bool              has_password;
    const char       *lang;
} VaultPerson;

typedef struct {
    const Identity   *identity; /* NULL: only a proved mobile */
    const Contact    *contact;
    VaultVerification verification;
    const char       *lang;
    const Who        *by;
    Bytes             command_id; /* 16 bytes: a repeat gives the same person */
} VaultRegister;

/* A person is found again by document, else (without one) by telephone; after a mismatch, which claims no
 * document, by both together. Contact is renewed, a verified identity stays. A document that is only claimed
 * (not verified) gives way to a verified claim. CONFLICT: the document is another telephone's and `by` is
 * neither a desk (agent, counter) nor that person. FORBIDDEN: other staff. INVALID: neither document nor
 * telephone; no name; a command id that registered somebody else. */
bool vault_register(Vault *vault, Arena *mem, const VaultRegister *cmd, VaultPerson *out,
                    GError **error) MUST_USE;
bool vault_person(Vault *vault, Arena *mem, int64_t id, VaultPerson *out, GError **error) MUST_USE;
/* For generate: each as vault_register, in one commit, all or nothing. Each has a document, and no two
 * the same one (BUSY). */
bool vault_register_each(Vault *vault, Arena *mem, const VaultRegister *cmds, size_t n,
                         VaultPerson *out, GError **error) MUST_USE;
/* NOT_FOUND. By a desk (agent, counter): recorded, also when nobody is found. FORBIDDEN: other staff. */
bool vault_find_by_document(Vault *vault, Arena *mem, const Who *by, const char *type,
                            const char *issuer, const char *number, VaultPerson *out,
                            GError **error) MUST_USE;
/* Everybody with this telephone, at most `most`. */
bool vault_find_by_phone(Vault *vault, Arena *mem, const Who *by, const char *phone,
                         VaultPerson *out, size_t most, size_t *n, GError **error) MUST_USE;
/* A mismatch gives up its claim to the document. `version` is the person's whose identity was compared
 * (0: whatever it is). CONFLICT: meanwhile it is another person's document; BUSY: the person's data changed
 * meanwhile; INVALID: without a document nothing is verified. */
bool vault_set_verification(Vault *vault, Arena *mem, int64_t id, int64_t version,
                            VaultVerification to, GError **error) MUST_USE;
/* By its owner (whose other sessions end) or the system. INVALID: fewer than 8 characters. */
bool vault_set_password(Vault *vault, Arena *mem, const Who *by, int64_t id, const char *password,
                        GError **error) MUST_USE;
/* Same time whether the person exists or not. UNAUTHENTICATED, BUSY. */
bool vault_check_password(Vault *vault, Arena *mem, int64_t id, const char *password,
                          GError **error) MUST_USE;
/* A person's own data, or a caller's for the agent while the call lasts: the look is recorded first, with
 * its reason. NOT_FOUND, FORBIDDEN (every other role), INVALID (an agent without a reason). */
bool vault_reveal(Vault *vault, Arena *mem, const Who *by, int64_t id, const char *reason,
                  Identity *identity, Contact *contact, GError **error) MUST_USE;
/* For the way to the registry only: what is compared, and the person's version that has it. Not recorded,
 * never shown. NOT_FOUND. */
bool vault_identity(Vault *vault, Arena *mem, int64_t person_id, Identity *out, int64_t *version,
                    GError **error) MUST_USE;
/* For the sender only: where a message goes. Not recorded, never shown. */
bool vault_relay(Vault *vault, Arena *mem, int64_t person_id, Contact *out, const char **lang,
                 GError **error) MUST_USE;

/* ---- persons and petitions ---- */

/* The handles of a person's petitions from the `first`th on, `count` of them for the price of one: to walk "my
 * requests". */
bool vault_handles(Vault *vault, Arena *mem, int64_t person_id, int64_t first, size_t count,
                   uint8_t (*out)[VAULT_HANDLE_SIZE], GError **error) MUST_USE;
/* What a submission needs of its requester, for one read. `used` handles are taken: a lower bound, or
 * (`exact`) the number as far as this process knows; the case's unique index has the last word. */
typedef struct {
    VaultPerson person;
    CryptoKey   handles;
    int64_t     used;
    bool        exact;
} VaultSubmitter;

bool vault_submitter(Vault *vault, Arena *mem, int64_t person_id, VaultSubmitter *out,
                     GError **error) MUST_USE;
void vault_submitter_clear(VaultSubmitter *submitter);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VaultSubmitter, vault_submitter_clear)
void
vault_submitter_handle(const VaultSubmitter *submitter, int64_t n, uint8_t out[VAULT_HANDLE_SIZE]);
/* A lower bound of how many are used, and raising it after a submission: in memory, so that a submission
 * writes one file. For a job: write them down. */
bool vault_hint(Vault *vault, Arena *mem, int64_t person_id, int64_t *n, GError **error) MUST_USE;
void vault_raise_hint(Vault *vault, int64_t person_id, int64_t n);
bool vault_flush_hints(Vault *vault, Arena *mem, GError **error) MUST_USE;
/* The person's id sealed for the vault in a petition's row, and back. */
Bytes vault_link(const Vault *vault, Arena *mem, int64_t petition_id, int64_t person_id);
bool  vault_unlink(const Vault *vault, Arena *mem, int64_t petition_id, Bytes sealed,
                   int64_t *person_id, GError **error) MUST_USE;
void  vault_tracking_code(const Vault *vault, int64_t petition_id, char out[VAULT_CODE_LENGTH + 1]);

/* ---- registry (the embedded one, for trying out) ---- */

/* Add or replace entries. Returns how many are new. */
bool vault_registry_import(Vault *vault, Arena *mem, const Identity *entries, size_t n,
                           int64_t *added, GError **error) MUST_USE;
/* VERIFIED, MISMATCH, or UNKNOWN when the document is not there. Names are compared by
 * text_name_score, the birth date exactly. */
bool vault_registry_verify(Vault *vault, Arena *mem, const Identity *identity,
                           VaultVerification *out, GError **error) MUST_USE;

/* ---- one-time codes and requesters' sessions (vault_codes.c, vault_sessions.c) ---- */

/* Six digits for (visitor, purpose) to `address` (a telephone); 5 minutes, 5 tries, 3 sends in 15
 * minutes and 10 a day for an address. LIMITED. The digits leave only to be sent (or shown in trial). */
bool vault_code_new(Vault *vault, Arena *mem, Bytes visitor, const char *purpose,
                    const char *address, char digits[7], GError **error) MUST_USE;
/* Right once: the code is gone after. `address` is what it was sent to. INVALID, LIMITED. */
bool vault_code_check(Vault *vault, Arena *mem, Bytes visitor, const char *purpose,
                      const char *digits, const char **address, GError **error) MUST_USE;

typedef struct {
    Bytes       visitor;
    const char *purpose, *digits;
} VaultProof;
/* What a right code was sent to, else NULL. Nothing is used or counted: first what it is for is made ready,
 * or vault_code_check counts the try before anybody is told. LIMITED. */
bool vault_code_peek(Vault *vault, Arena *mem, const VaultProof *proof, const char **address,
                     GError **error) MUST_USE;
/* Use the code and begin the session that it proves, both or neither: a failure in between would cost the
 * person the code. As vault_code_check and vault_session_new. */
bool vault_code_session(Vault *vault, Arena *mem, const VaultProof *proof, int64_t person_id,
                        char token[44], GError **error) MUST_USE;

/* A new session; `token` (43 characters of base64 and NUL) goes to the cookie, its hash to the file. */
bool vault_session_new(Vault *vault, Arena *mem, int64_t person_id, char token[44],
                       GError **error) MUST_USE;
/* Idle 30 minutes, absolute 24 h. NOT_FOUND. */
bool vault_session(Vault *vault, Arena *mem, const char *token, int64_t *person_id, Bytes *hash,
                   GError **error) MUST_USE;
bool vault_session_end(Vault *vault, Arena *mem, Bytes hash, GError **error) MUST_USE;
/* For a job: write when sessions were last used (session_flush_seen calls it). */
bool vault_flush_seen(Vault *vault, Arena *mem, GError **error) MUST_USE;
/* Delete what has expired; how many. */
bool vault_sweep(Vault *vault, Arena *mem, int64_t *n, GError **error) MUST_USE;

/* For a job of every node: is there a key that another node made, or one that may now be used? */
bool vault_watch(Vault *vault, Arena *mem, GError **error) MUST_USE;
/* What tells this vault from every other: for the case that belongs to it. */
#define VAULT_MARK_SIZE 16
void vault_mark(const Vault *vault, uint8_t mark[VAULT_MARK_SIZE]);
/* A secret that is the same in all processes on this store, and in no other: for `label`, from the root
 * key. At most 64 bytes. */
void vault_derive(const Vault *vault, const char *label, uint8_t *out, size_t size);
