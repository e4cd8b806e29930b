/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reference data as a const snapshot: entities, services and their fields, directorates, places,
 * holidays, with names in every language. Loaded at start and after an import; a snapshot that was
 * handed out stays valid until the process ends. */
#pragma once

#include "base/clock.h"
#include "core/reference_week.h"
#include "db/db.h"

typedef struct Reference Reference;

#define REFERENCE_LANGS 2 /* as i18n: 0 is the first configured language */
extern const char *const reference_langs[REFERENCE_LANGS];

typedef struct Entity {
    int64_t     id;
    const char *code, *kind, *phone, *website;
    bool        retired;
} Entity;

typedef struct Service {
    int64_t     id, entity_id;
    const char *code;
    int64_t     inquiry_days, praise_days, suggestion_days, complaint_days;
    bool        retired;
} Service;

typedef struct ServiceField {
    int64_t     id, service_id, version, max_length;
    const char *code, *kind;
    const char *choices; /* codes joined by '|', or NULL */
    bool        required, retired;
} ServiceField;

typedef struct Directorate {
    int64_t     id, entity_id;
    const char *code;
    bool        retired;
} Directorate;

typedef struct Place {
    int64_t     id, parent_id; /* 0: a governorate */
    const char *code, *level;
} Place;

Reference *reference_load(Db *db, GError **error) MUST_USE;
/* With all older ones that a System held before it. */
void reference_free(Reference *reference);

/* Which change of the reference data it was read after; 0: none yet. Read in the same snapshot. */
int64_t reference_version(const Reference *reference);
bool    reference_version_now(Db *db, Arena *mem, int64_t *version, GError **error) MUST_USE;
/* In the plan of a change, by the id of its event's subject: other nodes look for it. */
void reference_changed(WritePlan *plan, int64_t version);

/* NULL when there is none; also for id 0. */
const Entity      *reference_entity(const Reference *ref, int64_t id);
const Entity      *reference_entity_by_code(const Reference *ref, const char *code);
const Service     *reference_service(const Reference *ref, int64_t id);
const Service     *reference_service_by_code(const Reference *ref, const char *code);
const Directorate *reference_directorate(const Reference *ref, int64_t id);
const Directorate *reference_directorate_by_code(const Reference *ref, const char *code);
const Place       *reference_place(const Reference *ref, int64_t id);
const Place       *reference_place_by_code(const Reference *ref, const char *code);
/* The governorate above a place; 0 for 0. */
int64_t reference_governorate(const Reference *ref, int64_t place_id);

/* All of them in the order of the first language's names, the retired behind the others. */
const Entity *const  *reference_entities(const Reference *ref, size_t *n);
const Service *const *reference_services(const Reference *ref, int64_t entity_id, size_t *n);
const Directorate *const *
reference_directorates(const Reference *ref, int64_t entity_id, size_t *n);
/* Children of a place; 0: the governorates. Without the retired. */
const Place *const *reference_places(const Reference *ref, int64_t parent_id, size_t *n);
/* The fields of a service that are asked now, in their order. */
const ServiceField *const *reference_fields(const Reference *ref, int64_t service_id, size_t *n);
/* A field of any version, for showing an old answer. */
const ServiceField *
reference_field_of(const Reference *ref, int64_t service_id, const char *code, int64_t version);

/* A name in `lang`, in the first language when it has none, "" when there is none at all. `kind` is
 * a subject of the table label: "entity.name", "service_field.choice.CODE". */
const char      *
reference_label(const Reference *ref, const char *subject, int64_t id, const char *lang);

bool reference_is_holiday(const Reference *ref, int64_t day);
const ReferenceWeek *reference_week(const Reference *ref);

/* Entities and services that fit words of a problem, best first: by folded stems of names and
 * keywords, also the beginnings of the last word. */
typedef struct {
    int64_t entity_id, service_id; /* service 0: the entity as such */
    int     score;
} ReferenceHit;
size_t reference_search(const Reference *ref, Arena *mem, const char *words, ReferenceHit *hits,
                        size_t most);

extern const DbQuery *const reference_queries[];
extern const DbTable        reference_tables[];
