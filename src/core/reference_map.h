/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to core: one table by which everything in a snapshot is found. */
#pragma once

#include "base/arena.h"

typedef enum {
    REFERENCE_ENTITY = 1, /* number: id; or text: code */
    REFERENCE_SERVICE,
    REFERENCE_DIRECTORATE,
    REFERENCE_PLACE,
    REFERENCE_FIELD,       /* number: service, version, text: code */
    REFERENCE_SERVICES_OF, /* number: what they belong to; the value is a ReferenceList */
    REFERENCE_DIRECTORATES_OF,
    REFERENCE_PLACES_OF,
    REFERENCE_FIELDS_OF,
    REFERENCE_LABEL,   /* number: id, text: subject, lang */
    REFERENCE_HOLIDAY, /* number: day */
} ReferenceKind;

typedef struct {
    ReferenceKind kind;
    int64_t       number, version;
    const char   *text, *lang; /* NULL: none */
} ReferenceKey;

typedef struct {
    ReferenceKey key;
    const void  *value;
} ReferenceEntry;

typedef struct {
    Arena          *mem;
    ReferenceEntry *entries; /* open addressing */
    size_t          n, room; /* room: a power of two, or 0 */
} ReferenceMap;

/* Keys' texts are borrowed. A key that is there gets the new value. */
void        reference_map_add(ReferenceMap *map, ReferenceKey key, const void *value);
const void *reference_map_find(const ReferenceMap *map, const ReferenceKey *key);
