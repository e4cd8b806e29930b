/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions as their rows said. What must stay true: a row counts only as long as nothing that changes
 * sessions was committed since before it was read, so that a session that was ended is gone for whoever
 * asks after that was acknowledged; and an expiry is judged anew each time by who asks. */
#include "core/vault_private.h"

#include <string.h>

enum { PLACES = 8192 };

typedef struct {
    uint8_t         hash[VAULT_HASH_SIZE];
    int64_t         changes; /* of the file, from before it was read */
    VaultSessionRow row;
} Known;

/* A token's place is its hash; who comes later takes it. */
struct VaultKnown {
    Lock  lock;
    Known places[PLACES];
};

VaultKnown *
vault_known_new(void)
{
    VaultKnown *known = g_new0(VaultKnown, 1);

    lock_init(&known->lock);
    return known;
}

void
vault_known_free(VaultKnown *known)
{
    if (known == NULL)
        return;
    lock_clear(&known->lock);
    g_free(known);
}

static Known *
place_of(VaultKnown *known, const uint8_t hash[VAULT_HASH_SIZE])
{
    uint32_t start;

    memcpy(&start, hash, sizeof start);
    return &known->places[start & (PLACES - 1)];
}

bool
vault_known_find(VaultKnown *known, const uint8_t hash[VAULT_HASH_SIZE], int64_t changes,
                 VaultSessionRow *out)
{
    const Known *place = place_of(known, hash);
    bool         found;

    if (changes < 0)
        return false;
    lock_take(&known->lock);
    found = place->row.person_id != 0 && place->changes == changes &&
            memcmp(place->hash, hash, VAULT_HASH_SIZE) == 0;
    if (found)
        *out = place->row;
    lock_leave(&known->lock);
    return found;
}

void
vault_known_keep(VaultKnown *known, const uint8_t hash[VAULT_HASH_SIZE], int64_t changes,
                 const VaultSessionRow *row)
{
    Known *place = place_of(known, hash);

    if (changes < 0)
        return;
    lock_take(&known->lock);
    memcpy(place->hash, hash, VAULT_HASH_SIZE);
    place->changes = changes;
    place->row = *row;
    lock_leave(&known->lock);
}
