/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a store that is full already holds: requests from all over it, its largest entities, the words
 * that people use often and seldom. It only reads, some thousand rows whatever the store's size. */
#pragma once

#include "core/system.h"

enum { SEED_LOOK_MOST = 16384, SEED_LOOK_WORDS = 24 };

typedef struct {
    int64_t id, number, entity_id, person_id;
} SeedRow;

typedef struct {
    SeedRow rows[SEED_LOOK_MOST];
    size_t  n_rows;
} SeedRows;

/* From the first request to the last, evenly; false when the store has none. */
bool seed_look_rows(System *sys, SeedRows *out, GError **error) MUST_USE;

/* The `n` entities that have most of them, the largest first. */
void seed_look_entities(const SeedRows *rows, int64_t *entities, size_t n);

typedef struct {
    const char *word;
    size_t      texts; /* in how many of those that were read */
} SeedWord;

typedef struct {
    SeedWord common[SEED_LOOK_WORDS], rare[SEED_LOOK_WORDS];
    size_t   n_common, n_rare, n_texts;
} SeedWords;

/* By opening `most` texts: the commonest, and those that a few in thousand texts have. A word stands for
 * everything that the index takes for the same word. */
bool seed_look_words(System *sys, Arena *mem, const SeedRows *rows, size_t most, SeedWords *out,
                     GError **error) MUST_USE;

/* Where the list's `page`th page begins (1: the first), or the last one that is full. `*page` becomes
 * which it is. */
typedef struct {
    int64_t entity_id;
    bool    closed;
    int64_t due_at, id; /* of the row before it */
} SeedPage;
bool seed_look_page(System *sys, SeedPage *list, size_t *page, GError **error) MUST_USE;
