/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An entity's key for lists is derived from the ring's and never stored. In clear a brief is the
 * subject, NUL, and the place's words when there are any: fifty are opened for a page, and texts have
 * no NUL. */
#include "feature/petition/petition_brief.h"

#include "base/text.h"

#include <string.h>

enum { SUBJECT_MOST = 120, PLACE_MOST = 80 };

static void
derive(const CryptoKey *ring, int64_t entity_id, CryptoKey *out)
{
    crypto_key_derive(ring, "brief", entity_id, out);
    out->id = ring->id;
}

static CryptoPlace
place_of(int64_t petition_id)
{
    return (CryptoPlace){ "petition", "brief", petition_id };
}

/* Cut to what fits into a list. */
static Bytes
write_brief(Arena *mem, const char *subject, const char *place_words)
{
    const char *head = text_ellipsis(mem, subject, SUBJECT_MOST);
    const char *tail = place_words == NULL ? "" : text_ellipsis(mem, place_words, PLACE_MOST);
    size_t      size = strlen(head) + 1 + strlen(tail);
    char       *brief = arena_alloc(mem, size + 1);

    memcpy(brief, head, strlen(head));
    memcpy(brief + strlen(head) + 1, tail, strlen(tail));
    return (Bytes){ (const uint8_t *)brief, size };
}

/* `plain` has a NUL behind it. */
static void
read_brief(Bytes plain, const char **subject, const char **place_words)
{
    size_t length = strlen((const char *)plain.data);

    *subject = (const char *)plain.data;
    *place_words = length + 1 < plain.size ? *subject + length + 1 : NULL;
}

void
petition_brief_seal(System *sys, Arena *mem, const char *subject, const char *place_words,
                    Petition *petition)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };

    vault_key(sys->vault, VAULT_KEY_BRIEF, &ring);
    derive(&ring, petition->entity_id, &key);
    petition->brief =
        crypto_seal(mem, &key, place_of(petition->id), write_brief(mem, subject, place_words));
    petition->brief_epoch = ring.id;
}

void
petition_brief_keys_clear(PetitionBriefKeys *keys)
{
    for (size_t i = 0; i < G_N_ELEMENTS(keys->slots); i++)
        crypto_key_clear(&keys->slots[i].key);
}

/* The key, derived now when it was not before. NULL: error. */
static const CryptoKey *
key_for(System *sys, PetitionBriefKeys *keys, const PetitionBriefPlace *place, GError **error)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    size_t known = MIN(keys->n, G_N_ELEMENTS(keys->slots));

    for (size_t i = 0; i < known; i++)
        if (keys->slots[i].epoch == place->epoch && keys->slots[i].entity_id == place->entity_id)
            return &keys->slots[i].key;

    if (!vault_key_of(sys->vault, VAULT_KEY_BRIEF, (uint32_t)place->epoch, &ring, error))
        return NULL;

    size_t slot = keys->n++ % G_N_ELEMENTS(keys->slots);
    keys->slots[slot].epoch = place->epoch;
    keys->slots[slot].entity_id = place->entity_id;
    derive(&ring, place->entity_id, &keys->slots[slot].key);
    crypto_key_commit(&keys->slots[slot].key);
    return &keys->slots[slot].key;
}

bool
petition_brief_open(System *sys, Arena *mem, PetitionBriefKeys *keys,
                    const PetitionBriefPlace *place, const char **subject, const char **place_words,
                    GError **error)
{
    Bytes plain;

    if (place->brief.data == NULL) {
        *subject = "";
        *place_words = NULL;
        return true;
    }

    const CryptoKey *key = key_for(sys, keys, place, error);
    if (key == NULL ||
        !crypto_open(mem, key, place_of(place->petition_id), place->brief, &plain, error))
        return false;

    read_brief(plain, subject, place_words);
    return true;
}
