/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to petition: what a list shows of a petition, sealed under its entity's key (0: the unit's),
 * so that a row costs one opening. */
#pragma once

#include "feature/petition/petition.h"

/* Seal for `petition->entity_id`: fills brief and brief_epoch. */
void petition_brief_seal(System *sys, Arena *mem, const char *subject, const char *place_words,
                         Petition *petition);

/* Keys that one call has derived. On the stack, cleared at its end. */
typedef struct PetitionBriefKeys {
    struct {
        int64_t   epoch, entity_id;
        CryptoKey key;
    } slots[8];
    size_t n; /* derived so far; the oldest gives way */
} PetitionBriefKeys;

void petition_brief_keys_clear(PetitionBriefKeys *keys);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PetitionBriefKeys, petition_brief_keys_clear)

typedef struct PetitionBriefPlace {
    int64_t petition_id, entity_id, epoch;
    Bytes   brief; /* {NULL, 0}: erased */
} PetitionBriefPlace;

/* Texts in `mem`; "" when erased. `place_words` may be NULL. INTERNAL. */
bool petition_brief_open(System *sys, Arena *mem, PetitionBriefKeys *keys,
                         const PetitionBriefPlace *place, const char **subject,
                         const char **place_words, GError **error) MUST_USE;
