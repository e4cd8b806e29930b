/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vault's half of `sawt check`: what is sealed opens, what is indexed is found. Nothing that was
 * opened leaves; a flaw names a row's id only. */
#pragma once

#include "core/vault.h"

typedef enum {
    VAULT_FLAW_KEY,    /* a person's key does not open                              */
    VAULT_FLAW_SEALED, /* identity or contact does not open under it                */
    VAULT_FLAW_INDEX,  /* is not found by its document or telephone                 */
    VAULT_FLAW_ERASED, /* erased, and something is left; or not erased and no key   */
    VAULT_FLAW_COUNT,
} VaultFlaw;

/* A person with the first handles; one more than are known to be used, at least. Handles are no secret. */
typedef struct {
    int64_t id;
    int64_t hint; /* so many are used at least, as the file says */
    bool    flaws[VAULT_FLAW_COUNT];
    size_t  n_handles; /* 0: erased, or the key does not open */
    uint8_t (*handles)[VAULT_HANDLE_SIZE];
} VaultChecked;

/* The persons behind `after` by id, looked through; at most `most`. */
bool vault_check_persons(Vault *vault, Arena *mem, int64_t after, int64_t most, VaultChecked **out,
                         size_t *n, GError **error) MUST_USE;
/* How many there are. */
bool vault_check_count(Vault *vault, Arena *mem, int64_t *n, GError **error) MUST_USE;

extern const DbQuery *const vault_check_queries[];
