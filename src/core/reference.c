/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looks things up in a snapshot. */
#include "core/reference_data.h"

enum { LEVELS_MOST = 8 }; /* of places: a guard against a circle */

static const void *
find(const Reference *ref, ReferenceKey key)
{
    return ref == NULL ? NULL : reference_map_find(&ref->map, &key);
}

static const void *
find_id(const Reference *ref, ReferenceKind kind, int64_t id)
{
    return id == 0 ? NULL : find(ref, (ReferenceKey){ .kind = kind, .number = id });
}

static const void *
find_code(const Reference *ref, ReferenceKind kind, const char *code)
{
    return code == NULL ? NULL : find(ref, (ReferenceKey){ .kind = kind, .text = code });
}

static const void **
find_list(const Reference *ref, ReferenceKind kind, int64_t id, size_t *n)
{
    const ReferenceList *list = find(ref, (ReferenceKey){ .kind = kind, .number = id });

    *n = list == NULL ? 0 : list->n;
    return list == NULL ? NULL : list->items;
}

/* ---- one ---- */

const Entity *
reference_entity(const Reference *ref, int64_t id)
{
    return find_id(ref, REFERENCE_ENTITY, id);
}

const Entity *
reference_entity_by_code(const Reference *ref, const char *code)
{
    return find_code(ref, REFERENCE_ENTITY, code);
}

const Service *
reference_service(const Reference *ref, int64_t id)
{
    return find_id(ref, REFERENCE_SERVICE, id);
}

const Service *
reference_service_by_code(const Reference *ref, const char *code)
{
    return find_code(ref, REFERENCE_SERVICE, code);
}

const Directorate *
reference_directorate(const Reference *ref, int64_t id)
{
    return find_id(ref, REFERENCE_DIRECTORATE, id);
}

const Directorate *
reference_directorate_by_code(const Reference *ref, const char *code)
{
    return find_code(ref, REFERENCE_DIRECTORATE, code);
}

const Place *
reference_place(const Reference *ref, int64_t id)
{
    return find_id(ref, REFERENCE_PLACE, id);
}

const Place *
reference_place_by_code(const Reference *ref, const char *code)
{
    return find_code(ref, REFERENCE_PLACE, code);
}

int64_t
reference_governorate(const Reference *ref, int64_t place_id)
{
    for (int i = 0; i < LEVELS_MOST; i++) {
        const Place *place = reference_place(ref, place_id);

        if (place == NULL)
            return 0;
        if (place->parent_id == 0)
            return place->id;
        place_id = place->parent_id;
    }
    return 0;
}

const ServiceField *
reference_field_of(const Reference *ref, int64_t service_id, const char *code, int64_t version)
{
    return find(
        ref, (ReferenceKey){
                 .kind = REFERENCE_FIELD, .number = service_id, .version = version, .text = code });
}

/* ---- many ---- */

const Entity *const *
reference_entities(const Reference *ref, size_t *n)
{
    *n = ref == NULL ? 0 : ref->entities.n;
    return ref == NULL ? NULL : (const Entity *const *)ref->entities.items;
}

const Service *const *
reference_services(const Reference *ref, int64_t entity_id, size_t *n)
{
    return (const Service *const *)find_list(ref, REFERENCE_SERVICES_OF, entity_id, n);
}

const Directorate *const *
reference_directorates(const Reference *ref, int64_t entity_id, size_t *n)
{
    return (const Directorate *const *)find_list(ref, REFERENCE_DIRECTORATES_OF, entity_id, n);
}

const Place *const *
reference_places(const Reference *ref, int64_t parent_id, size_t *n)
{
    return (const Place *const *)find_list(ref, REFERENCE_PLACES_OF, parent_id, n);
}

const ServiceField *const *
reference_fields(const Reference *ref, int64_t service_id, size_t *n)
{
    return (const ServiceField *const *)find_list(ref, REFERENCE_FIELDS_OF, service_id, n);
}

/* ---- names, days ---- */

static const char *
find_label(const Reference *ref, const char *subject, int64_t id, const char *lang)
{
    return find(ref, (ReferenceKey){
                         .kind = REFERENCE_LABEL, .number = id, .text = subject, .lang = lang });
}

const char *
reference_label(const Reference *ref, const char *subject, int64_t id, const char *lang)
{
    const char *text = lang == NULL ? NULL : find_label(ref, subject, id, lang);

    if (text == NULL)
        text = find_label(ref, subject, id, reference_langs[0]);
    return text == NULL ? "" : text;
}

bool
reference_is_holiday(const Reference *ref, int64_t day)
{
    return find(ref, (ReferenceKey){ .kind = REFERENCE_HOLIDAY, .number = day }) != NULL;
}

const ReferenceWeek *
reference_week(const Reference *ref)
{
    return ref->week;
}
