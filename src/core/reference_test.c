/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The snapshot by itself; what an import makes of it is tested with the import. */
#include "core/reference.h"

#include "core/core_fixture.h"
#include "core/reference_data.h"

#include <string.h>

/* ---- the table of keys ---- */

static void
keys_are_told_apart(void)
{
    static const ReferenceKey keys[] = {
        { .kind = REFERENCE_ENTITY, .number = 1 },
        { .kind = REFERENCE_SERVICE, .number = 1 },
        { .kind = REFERENCE_ENTITY, .number = 2 },
        { .kind = REFERENCE_ENTITY, .text = "a" },
        { .kind = REFERENCE_ENTITY, .text = "" },
        { .kind = REFERENCE_ENTITY },
        { .kind = REFERENCE_FIELD, .number = 1, .version = 1, .text = "a" },
        { .kind = REFERENCE_FIELD, .number = 1, .version = 2, .text = "a" },
        { .kind = REFERENCE_LABEL, .number = 1, .text = "a", .lang = "ar" },
        { .kind = REFERENCE_LABEL, .number = 1, .text = "a", .lang = "en" },
        { .kind = REFERENCE_LABEL, .number = 1, .text = "aa", .lang = "r" },
        { .kind = REFERENCE_LABEL, .number = -1, .text = "a", .lang = "ar" },
    };
    g_autoptr(Arena) mem = arena_new();
    ReferenceMap map = { .mem = mem };

    g_assert_null(reference_map_find(&map, &keys[0]));
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_assert_null(reference_map_find(&map, &keys[i]));
        reference_map_add(&map, keys[i], &keys[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        g_assert_true(reference_map_find(&map, &keys[i]) == &keys[i]);

    reference_map_add(&map, keys[0], &keys[1]);
    g_assert_true(reference_map_find(&map, &keys[0]) == &keys[1]);
    g_assert_cmpint(map.n, ==, G_N_ELEMENTS(keys));
}

static void
the_table_grows(void)
{
    enum { MANY = 5000 };
    static const char present[] = "";
    g_autoptr(Arena) mem = arena_new();
    ReferenceMap map = { .mem = mem };

    for (int64_t i = 0; i < MANY; i++)
        reference_map_add(&map, (ReferenceKey){ .kind = REFERENCE_HOLIDAY, .number = i }, present);
    for (int64_t i = 0; i < 2 * MANY; i++)
        g_assert_true(
            (reference_map_find(&map, &(ReferenceKey){ .kind = REFERENCE_HOLIDAY, .number = i }) !=
             NULL) == (i < MANY));
}

/* ---- lists and names ---- */

static Reference *
some_reference(void)
{
    static Entity entities[] = {
        { .id = 1, .code = "works", .kind = "ministry" },
        { .id = 2, .code = "old", .kind = "ministry", .retired = true },
        { .id = 3, .code = "interior", .kind = "ministry" },
        { .id = 4, .code = "water", .kind = "ministry" },
    };
    static Service services[] = {
        { .id = 11, .entity_id = 4, .code = "water.supply", .complaint_days = 10 },
        { .id = 12, .entity_id = 2, .code = "old.service", .complaint_days = 10 },
    };
    static ReferenceLabel labels[] = {
        { "entity.name", "ar", "وزارة المياه", 4 },   { "entity.name", "ar", "وِزارة الأشغال", 1 },
        { "entity.name", "ar", "أمانة قديمة", 2 },    { "entity.name", "en", "Interior", 3 },
        { "entity.name", "ar", "وزارة الداخلية", 3 }, { "service.name", "ar", "انقطاع المياه", 11 },
        { "service.name", "ar", "خدمة قديمة", 12 },   { "entity.remit", "en", "Roads", 1 },
    };
    ReferenceRows rows = {
        .entities = entities,
        .n_entities = G_N_ELEMENTS(entities),
        .services = services,
        .n_services = G_N_ELEMENTS(services),
        .labels = labels,
        .n_labels = G_N_ELEMENTS(labels),
    };

    return reference_load_rows(arena_new(), &rows);
}

static void
lists_stand_in_the_order_of_names(void)
{
    static const char *const expect[] = { "works", "interior", "water", "old" };
    Reference               *ref = some_reference();
    size_t                   n;
    const Entity *const     *entities = reference_entities(ref, &n);

    g_assert_cmpint(n, ==, 4);
    for (size_t i = 0; i < n; i++)
        g_assert_cmpstr(entities[i]->code, ==, expect[i]);
    g_assert_cmpstr(reference_services(ref, 4, &n)[0]->code, ==, "water.supply");
    g_assert_cmpint(n, ==, 1);
    g_assert_null(reference_services(ref, 1, &n));
    g_assert_cmpint(n, ==, 0);
    reference_free(ref);
}

static void
names_fall_back_to_the_first_language(void)
{
    Reference *ref = some_reference();

    g_assert_cmpstr(reference_label(ref, "entity.name", 3, "en"), ==, "Interior");
    g_assert_cmpstr(reference_label(ref, "entity.name", 4, "en"), ==, "وزارة المياه");
    g_assert_cmpstr(reference_label(ref, "entity.name", 3, "fr"), ==, "وزارة الداخلية");
    g_assert_cmpstr(reference_label(ref, "entity.name", 3, NULL), ==, "وزارة الداخلية");
    g_assert_cmpstr(reference_label(ref, "entity.remit", 1, "ar"), ==, "");
    g_assert_cmpstr(reference_label(ref, "entity.name", 99, "ar"), ==, "");
    reference_free(ref);
}

static void
what_is_not_there_is_null(void)
{
    Reference *ref = some_reference();
    size_t     n = 7;

    g_assert_null(reference_entity(ref, 0));
    g_assert_null(reference_entity(ref, 99));
    g_assert_null(reference_entity_by_code(ref, NULL));
    g_assert_null(reference_entity_by_code(ref, "water.supply"));
    g_assert_null(reference_service_by_code(ref, "water"));
    g_assert_null(reference_directorate(ref, 1));
    g_assert_null(reference_place_by_code(ref, "JO"));
    g_assert_cmpint(reference_governorate(ref, 99), ==, 0);
    g_assert_false(reference_is_holiday(ref, 0));

    g_assert_null(reference_entity(NULL, 1)); /* before the first load */
    g_assert_null(reference_entities(NULL, &n));
    g_assert_cmpint(n, ==, 0);
    reference_free(ref);
    reference_free(NULL);
}

static void
the_retired_are_not_found(void)
{
    Reference   *ref = some_reference();
    ReferenceHit hits[4];
    g_autoptr(Arena) mem = arena_new();

    g_assert_cmpint(reference_search(ref, mem, "قديمة", hits, 4), ==, 0);
    g_assert_cmpint(reference_search(ref, mem, "مياه", hits, 4), ==, 2);
    g_assert_cmpint(hits[0].entity_id, ==, 4);
    g_assert_cmpint(reference_search(ref, mem, "وزارة", hits, 4), ==, 3);
    reference_free(ref);
}

static void
an_empty_store_has_an_empty_snapshot(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&(CoreFixtureOptions){ .no_vault = true });
    const Reference *ref = system_reference(&fixture->sys);
    ReferenceHit     hits[4];
    size_t           n;

    reference_entities(ref, &n);
    g_assert_cmpint(n, ==, 0);
    g_assert_cmpint(reference_search(ref, fixture->mem, "مياه", hits, 4), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference/keys are told apart", keys_are_told_apart);
    g_test_add_func("/reference/the table grows", the_table_grows);
    g_test_add_func("/reference/lists stand in the order of names",
                    lists_stand_in_the_order_of_names);
    g_test_add_func("/reference/names fall back to the first language",
                    names_fall_back_to_the_first_language);
    g_test_add_func("/reference/what is not there is null", what_is_not_there_is_null);
    g_test_add_func("/reference/the retired are not found", the_retired_are_not_found);
    engine_fixture_add("/reference/an empty store has an empty snapshot",
                       an_empty_store_has_an_empty_snapshot);
    return g_test_run();
}
