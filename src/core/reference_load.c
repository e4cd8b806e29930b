/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the tables into one arena and builds the snapshot over them. */
#include "base/text.h"
#include "core/reference_data.h"

#include <stdlib.h>
#include <string.h>

const char *const reference_langs[REFERENCE_LANGS] = { "ar", "en" };

/* ---- statements ---- */

static const DbColumn entity_columns[] = {
    DB_COLUMN(Entity, id),   DB_COLUMN(Entity, code),   DB_COLUMN(Entity, kind),
    DB_MAYBE(Entity, phone), DB_MAYBE(Entity, website), DB_COLUMN(Entity, retired),
};

static const DbQuery all_entities = {
    .sql = "SELECT id, code, kind, phone, website, retired_at IS NOT NULL FROM entity",
    DB_COLUMNS(Entity, entity_columns),
    .scans = true,
};

static const DbColumn service_columns[] = {
    DB_COLUMN(Service, id),
    DB_COLUMN(Service, entity_id),
    DB_COLUMN(Service, code),
    DB_COLUMN(Service, inquiry_days),
    DB_COLUMN(Service, praise_days),
    DB_COLUMN(Service, suggestion_days),
    DB_COLUMN(Service, complaint_days),
    DB_COLUMN(Service, retired),
};

static const DbQuery all_services = {
    .sql = "SELECT id, entity_id, code, inquiry_days, praise_days, suggestion_days, complaint_days,"
           " retired_at IS NOT NULL FROM service",
    DB_COLUMNS(Service, service_columns),
    .scans = true,
};

static const DbColumn field_columns[] = {
    DB_COLUMN(ServiceField, id),      DB_COLUMN(ServiceField, service_id),
    DB_COLUMN(ServiceField, version), DB_COLUMN(ServiceField, max_length),
    DB_COLUMN(ServiceField, code),    DB_COLUMN(ServiceField, kind),
    DB_MAYBE(ServiceField, choices),  DB_COLUMN(ServiceField, required),
    DB_COLUMN(ServiceField, retired),
};

static const DbQuery all_fields = {
    .sql = "SELECT id, service_id, version, max_length, code, kind, choices, required,"
           " retired_at IS NOT NULL FROM service_field ORDER BY service_id, position, id",
    DB_COLUMNS(ServiceField, field_columns),
    .scans = true,
};

static const DbColumn directorate_columns[] = {
    DB_COLUMN(Directorate, id),
    DB_COLUMN(Directorate, entity_id),
    DB_COLUMN(Directorate, code),
    DB_COLUMN(Directorate, retired),
};

static const DbQuery all_directorates = {
    .sql = "SELECT id, entity_id, code, retired_at IS NOT NULL FROM directorate",
    DB_COLUMNS(Directorate, directorate_columns),
    .scans = true,
};

static const DbColumn place_columns[] = {
    DB_COLUMN(ReferencePlace, place.id),   DB_MAYBE(ReferencePlace, place.parent_id),
    DB_COLUMN(ReferencePlace, place.code), DB_COLUMN(ReferencePlace, place.level),
    DB_COLUMN(ReferencePlace, retired),
};

static const DbQuery all_places = {
    .sql = "SELECT id, parent_id, code, level, retired_at IS NOT NULL FROM place",
    DB_COLUMNS(ReferencePlace, place_columns),
    .scans = true,
};

static const DbColumn label_columns[] = {
    DB_COLUMN(ReferenceLabel, subject),
    DB_COLUMN(ReferenceLabel, id),
    DB_COLUMN(ReferenceLabel, lang),
    DB_COLUMN(ReferenceLabel, text),
};

static const DbQuery all_labels = {
    .sql = "SELECT subject, id, lang, text FROM label",
    DB_COLUMNS(ReferenceLabel, label_columns),
    .scans = true,
};

static const DbColumn holiday_columns[] = { DB_COLUMN(ReferenceHoliday, day) };

static const DbQuery  all_holidays = {
     .sql = "SELECT day FROM holiday",
     DB_COLUMNS(ReferenceHoliday, holiday_columns),
     .scans = true,
};

static const DbColumn rule_columns[] = {
    DB_COLUMN(ReferenceRule, name),
    DB_COLUMN(ReferenceRule, value),
};

static const DbQuery all_rules = {
    .sql = "SELECT name, value FROM calendar_rule",
    DB_COLUMNS(ReferenceRule, rule_columns),
    .scans = true,
};

typedef struct {
    int64_t version;
} StateRow;

static const DbColumn state_columns[] = { DB_COLUMN(StateRow, version) };

static const DbQuery  state = {
     .sql = "SELECT version FROM reference_state WHERE id = 1",
     DB_COLUMNS(StateRow, state_columns),
};

static const DbQuery set_state = {
    .sql = "INSERT INTO reference_state (id, version) VALUES (1, $1)"
           " ON CONFLICT (id) DO UPDATE SET version = excluded.version",
    .table = "reference_state",
};

const DbQuery *const reference_queries[] = {
    &all_entities, &all_services, &all_fields, &all_directorates, &all_places, &all_labels,
    &all_holidays, &all_rules,    &state,      &set_state,        NULL,
};

const DbTable reference_tables[] = {
    { "entity", DB_TABLE_REFERENCE },          { "service", DB_TABLE_REFERENCE },
    { "service_field", DB_TABLE_REFERENCE },   { "directorate", DB_TABLE_REFERENCE },
    { "place", DB_TABLE_REFERENCE },           { "holiday", DB_TABLE_REFERENCE },
    { "calendar_rule", DB_TABLE_REFERENCE },   { "label", DB_TABLE_REFERENCE },
    { "reference_state", DB_TABLE_MACHINERY }, { NULL, 0 },
};

/* ---- lists ---- */

static void
list_add(Arena *mem, ReferenceList *list, const void *item)
{
    if (list->n == list->room) {
        size_t       room = list->room == 0 ? 4 : list->room * 2;
        const void **items = ARENA_ARRAY(mem, const void *, room);

        if (list->n > 0)
            memcpy(items, list->items, list->n * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->n++] = item;
}

static void
add_to_list_of(Reference *ref, ReferenceKind kind, int64_t id, const void *item)
{
    ReferenceKey   key = { .kind = kind, .number = id };
    ReferenceList *list = (ReferenceList *)reference_map_find(&ref->map, &key);

    if (list == NULL) {
        list = ARENA_NEW(ref->mem, ReferenceList);
        reference_map_add(&ref->map, key, list);
    }
    list_add(ref->mem, list, item);
}

/* ---- order ---- */

/* A row and what it is sorted by. */
typedef struct {
    const void *item;
    const char *name; /* folded; bytes are then near enough to the order of the alphabet */
    bool        retired;
} Sorted;

static int
compare_sorted(const void *one, const void *other)
{
    const Sorted *a = one, *b = other;
    int           order = a->retired - b->retired;

    return order != 0 ? order : strcmp(a->name, b->name);
}

static Sorted
sorted_of(const Reference *ref, const void *item, const char *subject, int64_t id, bool retired)
{
    const char *name = reference_label(ref, subject, id, NULL);

    return (Sorted){ item, text_fold(ref->mem, name), retired };
}

static void
sort(Sorted *sorted, size_t n)
{
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, compare_sorted);
}

static void
list_entities(Reference *ref, const ReferenceRows *rows)
{
    Sorted *sorted = ARENA_ARRAY(ref->mem, Sorted, rows->n_entities);

    for (size_t i = 0; i < rows->n_entities; i++)
        sorted[i] = sorted_of(ref, &rows->entities[i], "entity.name", rows->entities[i].id,
                              rows->entities[i].retired);
    sort(sorted, rows->n_entities);
    for (size_t i = 0; i < rows->n_entities; i++)
        list_add(ref->mem, &ref->entities, sorted[i].item);
}

static void
list_services(Reference *ref, const ReferenceRows *rows)
{
    Sorted *sorted = ARENA_ARRAY(ref->mem, Sorted, rows->n_services);

    for (size_t i = 0; i < rows->n_services; i++)
        sorted[i] = sorted_of(ref, &rows->services[i], "service.name", rows->services[i].id,
                              rows->services[i].retired);
    sort(sorted, rows->n_services);
    for (size_t i = 0; i < rows->n_services; i++)
        add_to_list_of(ref, REFERENCE_SERVICES_OF, ((const Service *)sorted[i].item)->entity_id,
                       sorted[i].item);
}

static void
list_directorates(Reference *ref, const ReferenceRows *rows)
{
    Sorted *sorted = ARENA_ARRAY(ref->mem, Sorted, rows->n_directorates);

    for (size_t i = 0; i < rows->n_directorates; i++)
        sorted[i] = sorted_of(ref, &rows->directorates[i], "directorate.name",
                              rows->directorates[i].id, rows->directorates[i].retired);
    sort(sorted, rows->n_directorates);
    for (size_t i = 0; i < rows->n_directorates; i++)
        add_to_list_of(ref, REFERENCE_DIRECTORATES_OF,
                       ((const Directorate *)sorted[i].item)->entity_id, sorted[i].item);
}

static void
list_places(Reference *ref, const ReferenceRows *rows)
{
    Sorted *sorted = ARENA_ARRAY(ref->mem, Sorted, rows->n_places);

    for (size_t i = 0; i < rows->n_places; i++)
        sorted[i] = sorted_of(ref, &rows->places[i].place, "place.name", rows->places[i].place.id,
                              rows->places[i].retired);
    sort(sorted, rows->n_places);
    for (size_t i = 0; i < rows->n_places && !sorted[i].retired; i++)
        add_to_list_of(ref, REFERENCE_PLACES_OF, ((const Place *)sorted[i].item)->parent_id,
                       sorted[i].item);
}

/* ---- keys ---- */

static void
add_id_and_code(Reference *ref, ReferenceKind kind, int64_t id, const char *code, const void *row)
{
    reference_map_add(&ref->map, (ReferenceKey){ .kind = kind, .number = id }, row);
    reference_map_add(&ref->map, (ReferenceKey){ .kind = kind, .text = code }, row);
}

static void
add_field(Reference *ref, const ServiceField *field)
{
    reference_map_add(&ref->map,
                      (ReferenceKey){ .kind = REFERENCE_FIELD,
                                      .number = field->service_id,
                                      .version = field->version,
                                      .text = field->code },
                      field);
    if (!field->retired)
        add_to_list_of(ref, REFERENCE_FIELDS_OF, field->service_id, field);
}

static void
add_label(Reference *ref, const ReferenceLabel *label)
{
    reference_map_add(&ref->map,
                      (ReferenceKey){ .kind = REFERENCE_LABEL,
                                      .number = label->id,
                                      .text = label->subject,
                                      .lang = label->lang },
                      label->text);
}

static void
add_rows(Reference *ref, const ReferenceRows *rows)
{
    for (size_t i = 0; i < rows->n_entities; i++)
        add_id_and_code(ref, REFERENCE_ENTITY, rows->entities[i].id, rows->entities[i].code,
                        &rows->entities[i]);
    for (size_t i = 0; i < rows->n_services; i++)
        add_id_and_code(ref, REFERENCE_SERVICE, rows->services[i].id, rows->services[i].code,
                        &rows->services[i]);
    for (size_t i = 0; i < rows->n_directorates; i++)
        add_id_and_code(ref, REFERENCE_DIRECTORATE, rows->directorates[i].id,
                        rows->directorates[i].code, &rows->directorates[i]);
    for (size_t i = 0; i < rows->n_places; i++)
        add_id_and_code(ref, REFERENCE_PLACE, rows->places[i].place.id, rows->places[i].place.code,
                        &rows->places[i].place);
    for (size_t i = 0; i < rows->n_fields; i++)
        add_field(ref, &rows->fields[i]);
    for (size_t i = 0; i < rows->n_labels; i++)
        add_label(ref, &rows->labels[i]);
}

static void
add_holidays(Reference *ref, const ReferenceRows *rows)
{
    for (size_t i = 0; i < rows->n_holidays; i++)
        reference_map_add(
            &ref->map, (ReferenceKey){ .kind = REFERENCE_HOLIDAY, .number = rows->holidays[i].day },
            &rows->holidays[i]);
}

/* ---- the snapshot ---- */

Reference *
reference_load_rows(Arena *mem, const ReferenceRows *rows)
{
    Reference *ref = ARENA_NEW(mem, Reference);

    ref->mem = ref->map.mem = mem;
    ref->version = rows->version;
    add_rows(ref, rows);
    add_holidays(ref, rows);
    list_entities(ref, rows);
    list_services(ref, rows);
    list_directorates(ref, rows);
    list_places(ref, rows);
    ref->terms = reference_search_index(ref, rows);
    ref->week = reference_week_read(mem, rows);
    return ref;
}

static bool
read_version(DbTx *tx, int64_t *version, GError **error)
{
    StateRow row;
    bool     found;

    if (!db_maybe(tx, &state, DB_NO_PARAMS, &row, &found, error))
        return false;
    *version = found ? row.version : 0;
    return true;
}

static bool
read_rows(Db *db, Arena *mem, ReferenceRows *rows, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, mem, error);

    return tx != NULL && read_version(tx, &rows->version, error) &&
           db_all(tx, &all_entities, DB_NO_PARAMS, &rows->entities, &rows->n_entities, error) &&
           db_all(tx, &all_services, DB_NO_PARAMS, &rows->services, &rows->n_services, error) &&
           db_all(tx, &all_fields, DB_NO_PARAMS, &rows->fields, &rows->n_fields, error) &&
           db_all(tx, &all_directorates, DB_NO_PARAMS, &rows->directorates, &rows->n_directorates,
                  error) &&
           db_all(tx, &all_places, DB_NO_PARAMS, &rows->places, &rows->n_places, error) &&
           db_all(tx, &all_labels, DB_NO_PARAMS, &rows->labels, &rows->n_labels, error) &&
           db_all(tx, &all_holidays, DB_NO_PARAMS, &rows->holidays, &rows->n_holidays, error) &&
           db_all(tx, &all_rules, DB_NO_PARAMS, &rows->rules, &rows->n_rules, error);
}

Reference *
reference_load(Db *db, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    ReferenceRows rows = { .n_entities = 0 };

    if (!read_rows(db, mem, &rows, error))
        return NULL;
    return reference_load_rows(g_steal_pointer(&mem), &rows);
}

void
reference_free(Reference *reference)
{
    while (reference != NULL) {
        Reference *older = reference->older;

        arena_free(reference->mem); /* `reference` lies in it */
        reference = older;
    }
}

int64_t
reference_version(const Reference *reference)
{
    return reference->version;
}

bool
reference_version_now(Db *db, Arena *mem, int64_t *version, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, mem, error);

    return tx != NULL && read_version(tx, version, error);
}

void
reference_changed(WritePlan *plan, int64_t version)
{
    plan_one(plan, &set_state, DB_PARAMS(db_int(version)));
}
