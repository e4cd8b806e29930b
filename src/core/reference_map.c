/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Filled by one thread before the snapshot is handed out; then only read. */
#include "core/reference_map.h"

#include <string.h>

enum { FIRST_ROOM = 256 };

static uint64_t
mix_number(uint64_t hash, uint64_t number)
{
    hash = (hash ^ number) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t
mix_text(uint64_t hash, const char *text)
{
    if (text == NULL)
        return hash;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001B3);
    return mix_number(hash, 1);
}

static uint64_t
hash_key(const ReferenceKey *key)
{
    uint64_t hash = mix_number((uint64_t)key->kind, (uint64_t)key->number);

    hash = mix_number(hash, (uint64_t)key->version);
    return mix_number(mix_text(mix_text(hash, key->text), key->lang), 0);
}

static bool
is_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_key(const ReferenceKey *a, const ReferenceKey *b)
{
    return a->kind == b->kind && a->number == b->number && a->version == b->version &&
           is_text(a->text, b->text) && is_text(a->lang, b->lang);
}

/* Where the key is, or the empty place where it belongs. */
static ReferenceEntry *
find_place(const ReferenceMap *map, const ReferenceKey *key)
{
    size_t at = hash_key(key) & (map->room - 1);

    while (map->entries[at].key.kind != 0 && !is_key(&map->entries[at].key, key))
        at = (at + 1) & (map->room - 1);
    return &map->entries[at];
}

static void
grow(ReferenceMap *map)
{
    ReferenceMap larger = { .mem = map->mem, .n = map->n };

    larger.room = map->room == 0 ? FIRST_ROOM : map->room * 2;
    larger.entries = ARENA_ARRAY(map->mem, ReferenceEntry, larger.room);
    for (size_t i = 0; i < map->room; i++)
        if (map->entries[i].key.kind != 0)
            *find_place(&larger, &map->entries[i].key) = map->entries[i];
    *map = larger;
}

void
reference_map_add(ReferenceMap *map, ReferenceKey key, const void *value)
{
    if (map->n * 2 >= map->room)
        grow(map);

    ReferenceEntry *place = find_place(map, &key);
    map->n += place->key.kind == 0 ? 1 : 0;
    *place = (ReferenceEntry){ key, value };
}

const void *
reference_map_find(const ReferenceMap *map, const ReferenceKey *key)
{
    return map->room == 0 ? NULL : find_place(map, key)->value;
}
