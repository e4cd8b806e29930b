/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to core: what a snapshot of the reference data is made of. Everything lies in one arena and
 * is never changed once it is built. */
#pragma once

#include "core/reference.h"
#include "core/reference_map.h"

typedef struct {
    const void **items;
    size_t       n, room;
} ReferenceList;

typedef struct ReferenceTerms ReferenceTerms; /* reference_search.c */

struct Reference {
    Arena                *mem;
    Reference            *older;
    int64_t               version;
    ReferenceMap          map;
    ReferenceList         entities;
    const ReferenceTerms *terms;
    const ReferenceWeek  *week;
};

typedef struct {
    const char *subject, *lang, *text;
    int64_t     id;
} ReferenceLabel;

typedef struct {
    Place place;
    bool  retired;
} ReferencePlace;

typedef struct {
    int64_t day;
} ReferenceHoliday;

typedef struct {
    const char *name, *value;
} ReferenceRule;

/* The tables as they are read. */
typedef struct ReferenceRows {
    Entity           *entities;
    Service          *services;
    ServiceField     *fields; /* in their order */
    Directorate      *directorates;
    ReferencePlace   *places;
    ReferenceLabel   *labels;
    ReferenceHoliday *holidays;
    ReferenceRule    *rules;
    size_t n_entities, n_services, n_fields, n_directorates, n_places, n_labels, n_holidays,
        n_rules;
    int64_t version;
} ReferenceRows;

/* A snapshot over rows that lie in `mem`, which it owns from here on. Also for tests of what needs no
 * store. */
Reference *reference_load_rows(Arena *mem, const ReferenceRows *rows);

/* The inverted index; in ref->mem. */
const ReferenceTerms *reference_search_index(const Reference *ref, const ReferenceRows *rows);
