/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/entity/entity.h"

#include "base/text.h"
#include "base/thread.h"
#include "db/verify.h"
#include "feature/entity/entity_fixture.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- the data of Jordan ---- */

static void
takes_all_of_jordan_once(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    g_autofree char *data = g_test_build_filename(G_TEST_DIST, "data", NULL);
    int64_t          begun = clock_monotonic();
    ImportReport     first = entity_fixture_import(fixture, data);

    g_test_message("the first import: %.1f ms", (double)(clock_monotonic() - begun) / 1000);
    g_assert_cmpint(first.n_counts, ==, 7);
    g_assert_cmpint(entity_fixture_sum(&first).added, ==, entity_fixture_sum(&first).rows);
    g_assert_cmpint(entity_fixture_sum(&first).rows, >, 1000);
    g_assert_cmpint(entity_fixture_events(fixture), ==, 1);

    const Reference     *before = system_reference(&fixture->sys);
    size_t               n;
    const Entity *const *entities = reference_entities(before, &n);
    g_assert_cmpint(n, ==, first.counts[0].rows);
    g_assert_nonnull(entities[0]);

    begun = clock_monotonic();
    ImportReport second = entity_fixture_import(fixture, data);
    g_test_message("the second import: %.1f ms", (double)(clock_monotonic() - begun) / 1000);
    g_assert_cmpint(entity_fixture_sum(&second).unchanged, ==, entity_fixture_sum(&first).rows);
    g_assert_cmpint(entity_fixture_sum(&second).added + entity_fixture_sum(&second).changed +
                        entity_fixture_sum(&second).retired,
                    ==, 0);
    g_assert_cmpint(entity_fixture_events(fixture), ==, 1);

    const Reference *after = system_reference(&fixture->sys);
    for (size_t i = 0; i < n; i++)
        g_assert_cmpint(reference_entity_by_code(after, entities[i]->code)->id, ==,
                        entities[i]->id);
}

static void
the_calendar_is_the_datas(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    g_autofree char *data = g_test_build_filename(G_TEST_DIST, "data", NULL);

    entity_fixture_import(fixture, data);
    Calendar calendar = system_calendar(&fixture->sys);
    Civil    thursday = { .year = 2026, .month = 3, .day = 19, .hour = 11 };
    Civil    expect = { .year = 2026, .month = 3, .day = 24, .hour = 11 };

    g_assert_cmpint(calendar_after_working_hours(&calendar, zone_time(fixture->zone, &thursday), 2),
                    ==, zone_time(fixture->zone, &expect));
    g_assert_cmpstr(
        reference_label(calendar.reference, "holiday.name",
                        zone_day(fixture->zone, zone_time(fixture->zone, &thursday)) + 1, "ar"),
        ==, "عيد الفطر");
}

/* ---- finding ---- */

#define WATER_SUPPLY                                                                               \
    "water-authority.supply|miyahuna.supply|yarmouk-water.supply|aqaba-water.supply"

static const struct {
    const char *name, *words;
    const char *first; /* codes, of which the best hit is one */
} search_cases[] = {
    { "water is cut off", "انقطاع مياه", WATER_SUPPLY },
    { "with the article", "انقطاع المياه", WATER_SUPPLY },
    { "with a place", "انقطاع المياه في ماركا", WATER_SUPPLY },
    { "while the last word is typed", "انقطاع ميا", WATER_SUPPLY },
    { "in English", "water cut", WATER_SUPPLY },
    { "while an English word is typed", "passp", "cspd|cspd.passports" },
    { "power", "انقطاع الكهرباء", "emrc.outages" },
    { "a passport", "تجديد جواز سفر", "cspd|cspd.passports" },
    { "an entity by its name", "وزارة الداخلية", "moi" },
    { "rubbish", "نفايات", "moenv.waste" },
};

static const char *
code_of(const Reference *reference, const ReferenceHit *hit)
{
    return hit->service_id != 0 ? reference_service(reference, hit->service_id)->code
                                : reference_entity(reference, hit->entity_id)->code;
}

static void
finds_by_words(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    g_autofree char *data = g_test_build_filename(G_TEST_DIST, "data", NULL);
    ReferenceHit     hits[8];

    entity_fixture_import(fixture, data);
    const Reference *reference = system_reference(&fixture->sys);
    for (size_t i = 0; i < G_N_ELEMENTS(search_cases); i++) {
        g_auto(GStrv) allowed = g_strsplit(search_cases[i].first, "|", -1);
        size_t n = reference_search(reference, fixture->mem, search_cases[i].words, hits, 8);

        g_test_message("%s", search_cases[i].name);
        g_assert_cmpint(n, >, 0);
        g_test_message("    %d %s", hits[0].score, code_of(reference, &hits[0]));
        g_assert_true(g_strv_contains((const char *const *)allowed, code_of(reference, &hits[0])));
    }

    static const char *const nothing[] = { "", " ", "زرافة", "—", "ا" };
    for (size_t i = 0; i < G_N_ELEMENTS(nothing); i++)
        g_assert_cmpint(reference_search(reference, fixture->mem, nothing[i], hits, 8), ==, 0);
    g_assert_cmpint(reference_search(reference, fixture->mem, "مياه", hits, 1), ==, 1);
}

static void
speed_of_finding(void)
{
    enum { ROUNDS = 500 };
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    g_autofree char *data = g_test_build_filename(G_TEST_DIST, "data", NULL);
    ReferenceHit     hits[8];
    int64_t          begun;

    entity_fixture_import(fixture, data);
    const Reference *reference = system_reference(&fixture->sys);
    begun = clock_monotonic();
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(Arena) mem = arena_new();

        reference_search(reference, mem, "انقطاع المياه في ماركا", hits, 8);
    }
    g_test_message("a search: %.1f µs", (double)(clock_monotonic() - begun) / ROUNDS);

    int64_t id = hits[0].service_id;
    size_t  length = 0;
    begun = clock_monotonic();
    for (int i = 0; i < 100 * ROUNDS; i++)
        length += strlen(reference_label(reference, "service.name", id, i % 2 == 0 ? "ar" : "en"));
    g_assert_cmpint(length, >, 0);
    g_test_message("a label: %.3f µs", (double)(clock_monotonic() - begun) / (100 * ROUNDS));

    begun = clock_monotonic();
    for (int i = 0; i < 5; i++) {
        GError *error = NULL;

        entity_fixture_done(system_reload_reference(&fixture->sys, &error), error);
    }
    g_test_message("a load: %.1f ms", (double)(clock_monotonic() - begun) / 5000);
}

/* ---- what changes ---- */

typedef struct {
    int64_t rows, added, changed, retired, unchanged;
} Expect;

static void
expect_count(const ImportReport *report, const char *file, Expect expect)
{
    for (size_t i = 0; i < report->n_counts; i++) {
        const ImportCount *count = &report->counts[i];

        if (strcmp(count->file, file) != 0)
            continue;
        g_assert_cmpint(count->rows, ==, expect.rows);
        g_assert_cmpint(count->added, ==, expect.added);
        g_assert_cmpint(count->changed, ==, expect.changed);
        g_assert_cmpint(count->retired, ==, expect.retired);
        g_assert_cmpint(count->unchanged, ==, expect.unchanged);
        return;
    }
    g_assert_not_reached();
}

static void
a_name_is_corrected(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char *directory = entity_fixture_directory();

    entity_fixture_import(fixture, directory);
    int64_t id = reference_entity_by_code(system_reference(&fixture->sys), "works")->id;
    entity_fixture_change(directory, "entities.csv",
                          ENTITIES_HEADER WATER
                          "works,authority,وزارة الأشغال العامة,Ministry of Works,,,,,,,,\n");
    ImportReport report = entity_fixture_import(fixture, directory);

    expect_count(&report, "entities.csv", (Expect){ 2, 0, 1, 0, 1 });
    const Reference *reference = system_reference(&fixture->sys);
    const Entity    *works = reference_entity_by_code(reference, "works");
    g_assert_cmpint(works->id, ==, id);
    g_assert_cmpstr(works->kind, ==, "authority");
    g_assert_cmpstr(reference_label(reference, "entity.name", id, "ar"), ==,
                    "وزارة الأشغال العامة");
    g_assert_cmpstr(reference_label(reference, "entity.name", id, "en"), ==, "Ministry of Works");
    g_assert_cmpstr(reference_label(reference, "entity.name", id, "fr"), ==,
                    "وزارة الأشغال العامة");
    g_assert_cmpstr(reference_label(reference, "entity.keywords", id, "ar"), ==, "");
    g_assert_cmpint(entity_fixture_events(fixture), ==, 2);
    entity_fixture_directory_free(directory);
}

static void
what_vanished_is_retired_and_may_come_back(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char *directory = entity_fixture_directory();

    entity_fixture_import(fixture, directory);
    const Reference *reference = system_reference(&fixture->sys);
    int64_t          id = reference_service_by_code(reference, "works.roads")->id;
    entity_fixture_change(directory, "services.csv", SERVICES_HEADER SUPPLY);
    ImportReport report = entity_fixture_import(fixture, directory);
    expect_count(&report, "services.csv", (Expect){ 1, 0, 0, 1, 1 });

    ReferenceHit hits[4];
    g_assert_false(reference_service(reference, id)->retired); /* the old snapshot stands */
    g_assert_cmpint(reference_search(reference, fixture->mem, "pothole", hits, 4), ==, 1);
    reference = system_reference(&fixture->sys);
    g_assert_true(reference_service(reference, id)->retired);
    g_assert_cmpint(reference_search(reference, fixture->mem, "pothole", hits, 4), ==, 0);
    g_assert_cmpstr(reference_label(reference, "service.name", id, "en"), ==, "Roads");

    report = entity_fixture_import(fixture, directory);
    expect_count(&report, "services.csv", (Expect){ 1, 0, 0, 0, 1 });
    entity_fixture_change(directory, "services.csv", SERVICES_HEADER SUPPLY ROADS);
    report = entity_fixture_import(fixture, directory);
    expect_count(&report, "services.csv", (Expect){ 2, 0, 1, 0, 1 });
    g_assert_false(reference_service(system_reference(&fixture->sys), id)->retired);
    entity_fixture_directory_free(directory);
}

static void
a_question_gets_a_new_version(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char  *directory = entity_fixture_directory();
    size_t n;

    entity_fixture_import(fixture, directory);
    const Reference           *reference = system_reference(&fixture->sys);
    int64_t                    service = reference_service_by_code(reference, "water.supply")->id;
    const ServiceField *const *fields = reference_fields(reference, service, &n);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpstr(fields[0]->code, ==, "meter");
    g_assert_cmpstr(fields[1]->choices, ==, "today|days");
    g_assert_cmpstr(reference_label(reference, "service_field.choice.days", fields[1]->id, "ar"),
                    ==, "أيام");

    entity_fixture_change(directory, "service_fields.csv",
                          FIELDS_HEADER
                          "water.supply,meter,1,number,رقم العداد,Meter,,,1,20,,لمعرفة,To\n" SINCE);
    ImportReport report = entity_fixture_import_broken(fixture, directory);
    g_assert_true(
        entity_fixture_has_fault(&report, "service_fields.csv", 2, "was another question"));

    entity_fixture_change(directory, "service_fields.csv",
                          FIELDS_HEADER METER SINCE
                          "water.supply,meter,2,number,رقم العداد,Meter,,,1,20,,لمعرفة,To\n");
    report = entity_fixture_import(fixture, directory);
    expect_count(&report, "service_fields.csv", (Expect){ 3, 1, 1, 0, 1 });
    reference = system_reference(&fixture->sys);
    fields = reference_fields(reference, service, &n);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpstr(fields[1]->code, ==, "meter");
    g_assert_cmpint(fields[1]->version, ==, 2);
    g_assert_cmpstr(reference_field_of(reference, service, "meter", 1)->kind, ==, "text");
    g_assert_null(reference_field_of(reference, service, "meter", 3));

    report = entity_fixture_import(fixture, directory);
    expect_count(&report, "service_fields.csv", (Expect){ 3, 0, 0, 0, 3 });
    entity_fixture_directory_free(directory);
}

static void
a_holiday_goes(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char   *directory = entity_fixture_directory();
    int64_t day = 20619; /* 2026-06-15 is 20619; the 16th is the holiday */

    entity_fixture_import(fixture, directory);
    g_assert_true(reference_is_holiday(system_reference(&fixture->sys), day + 1));
    entity_fixture_change(
        directory, "holidays.csv",
        "date,name_ar,name_en,estimated\n2026-05-25,عيد الاستقلال,Independence,1\n");
    ImportReport report = entity_fixture_import(fixture, directory);

    expect_count(&report, "holidays.csv", (Expect){ 1, 0, 1, 1, 0 });
    g_assert_false(reference_is_holiday(system_reference(&fixture->sys), day + 1));
    g_assert_cmpstr(reference_label(system_reference(&fixture->sys), "holiday.name", day + 1, "ar"),
                    ==, "");
    entity_fixture_directory_free(directory);
}

static void
places_know_their_governorate(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char  *directory = entity_fixture_directory();
    size_t n;

    entity_fixture_import(fixture, directory);
    const Reference *reference = system_reference(&fixture->sys);
    const Place     *amman = reference_place_by_code(reference, "JO-AM");
    const Place     *marka = reference_place_by_code(reference, "JO-AM-01");
    g_assert_cmpint(marka->parent_id, ==, amman->id);
    g_assert_cmpint(reference_governorate(reference, marka->id), ==, amman->id);
    g_assert_cmpint(reference_governorate(reference, amman->id), ==, amman->id);
    g_assert_cmpint(reference_governorate(reference, 0), ==, 0);
    g_assert_true(reference_places(reference, 0, &n)[0] == amman);
    g_assert_true(reference_places(reference, amman->id, &n)[0] == marka);

    entity_fixture_change(
        directory, "places.csv",
        "code,parent,level,name_ar,name_en\nJO-AM,,governorate,العاصمة,Capital\n");
    entity_fixture_import(fixture, directory);
    reference = system_reference(&fixture->sys);
    reference_places(reference, amman->id, &n);
    g_assert_cmpint(n, ==, 0);
    g_assert_cmpint(reference_governorate(reference, marka->id), ==, amman->id);
    entity_fixture_directory_free(directory);
}

/* ---- at the same time ---- */

typedef struct {
    CoreFixture *fixture;
    const char  *directory;
    int64_t      added;
} Importer;

static void *
import_in_thread(void *data)
{
    Importer *importer = data;
    g_autoptr(Arena) mem = arena_new();
    CommandContext context = core_fixture_context(importer->fixture, mem);
    ImportReport   report;
    GError        *error = NULL;

    entity_fixture_done(entity_import(&context, importer->directory, &report, &error), error);
    importer->added = entity_fixture_sum(&report).added;
    return NULL;
}

static void
two_imports_are_one(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char     *directory = entity_fixture_directory();
    Importer  importers[4];
    pthread_t threads[4];
    int64_t   added = 0;

    for (size_t i = 0; i < 4; i++) {
        importers[i] = (Importer){ fixture, directory, 0 };
        threads[i] = thread_start("import", 0, import_in_thread, &importers[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        thread_join(threads[i]);
        added += importers[i].added;
    }
    g_assert_cmpint(added, ==, 14);
    g_assert_cmpint(entity_fixture_events(fixture), ==, 1);
    entity_fixture_directory_free(directory);
}

typedef struct {
    System      *sys;
    _Atomic bool stop;
} Reader;

static void *
read_until_stopped(void *data)
{
    Reader *reader = data;

    while (!atomic_load(&reader->stop)) {
        g_autoptr(Arena) mem = arena_new();
        const Reference *reference = system_reference(reader->sys);
        ReferenceHit     hits[4];
        size_t           n;

        g_assert_cmpint(reference_search(reference, mem, "مياه", hits, 4), >, 0);
        const Entity *const *entities = reference_entities(reference, &n);
        for (size_t i = 0; i < n; i++)
            g_assert_cmpstr(reference_label(reference, "entity.name", entities[i]->id, "ar"), !=,
                            "");
    }
    return NULL;
}

static void
readers_do_not_notice_a_reload(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char     *directory = entity_fixture_directory();
    pthread_t threads[2];
    Reader    reader = { .sys = &fixture->sys };

    entity_fixture_import(fixture, directory);
    for (size_t i = 0; i < 2; i++)
        threads[i] = thread_start("reader", 0, read_until_stopped, &reader);
    for (int i = 0; i < 20; i++) {
        GError *error = NULL;

        entity_fixture_done(system_reload_reference(&fixture->sys, &error), error);
    }
    atomic_store(&reader.stop, true);
    for (size_t i = 0; i < 2; i++)
        thread_join(threads[i]);
    entity_fixture_directory_free(directory);
}

/* ---- the registry, and the subcommand ---- */

static void
invented_people_for_trials_only(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    g_autofree char *people = g_test_build_filename(G_TEST_DIST, "data", "registry.csv", NULL);
    ImportReport     report;
    GError          *error = NULL;

    entity_fixture_done(
        entity_import_registry(&fixture->sys, fixture->mem, people, &report, &error), error);
    g_assert_cmpint(report.counts[0].rows, ==, 400);
    g_assert_cmpint(report.counts[0].added, ==, 400 - report.counts[0].retired);
    g_assert_cmpint(report.counts[0].retired, >, 0);
    entity_fixture_done(
        entity_import_registry(&fixture->sys, fixture->mem, people, &report, &error), error);
    g_assert_cmpint(report.counts[0].added, ==, 0);

    fixture->sys.trial = false;
    g_assert_false(entity_import_registry(&fixture->sys, fixture->mem, people, &report, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_clear_error(&error);
}

static void
broken_people_are_told(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char            *directory = entity_fixture_directory();
    g_autofree char *path = g_build_filename(directory, "registry.csv", NULL);
    ImportReport     report;
    GError          *error = NULL;

    entity_fixture_change(
        directory, "registry.csv",
        "doc_type,issuer,doc_number,name1,name2,name3,name4,birth_date,sex,deceased\n"
        "passport,JO,A1,ليلى,,,,1987-13-01,F,0\n");
    g_assert_false(entity_import_registry(&fixture->sys, fixture->mem, path, &report, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_true(entity_fixture_has_fault(&report, "registry.csv", 2, "birth_date is no date"));
    entity_fixture_directory_free(directory);
}

static void
the_subcommand_tells_what_happened(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    char   *directory = entity_fixture_directory();
    char   *told = NULL;
    size_t  size = 0;
    FILE   *out = open_memstream(&told, &size);
    GError *error = NULL;

    entity_fixture_done(entity_import_command(&fixture->sys, directory, false, out, &error), error);
    entity_fixture_change(directory, "calendar.csv", "key,value\nweekend,never\n");
    g_assert_false(entity_import_command(&fixture->sys, directory, false, out, &error));
    g_clear_error(&error);
    fclose(out);
    g_assert_nonnull(strstr(told, "entities.csv           2 rows: 2 added, 0 changed, 0 retired"));
    g_assert_nonnull(strstr(told, "calendar.csv:2: never is no value for weekend"));
    free(told);
    entity_fixture_directory_free(directory);
}

static void
every_statement_is_right(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    GError *error = NULL;

    entity_fixture_done(db_verify_plans(fixture->sys.db, &error), error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/entity/takes all of Jordan once", takes_all_of_jordan_once);
    engine_fixture_add("/entity/the calendar is the data's", the_calendar_is_the_datas);
    engine_fixture_add("/entity/finds by words", finds_by_words);
    engine_fixture_add("/entity/speed of finding", speed_of_finding);
    engine_fixture_add("/entity/a name is corrected", a_name_is_corrected);
    engine_fixture_add("/entity/what vanished is retired and may come back",
                       what_vanished_is_retired_and_may_come_back);
    engine_fixture_add("/entity/a question gets a new version", a_question_gets_a_new_version);
    engine_fixture_add("/entity/a holiday goes", a_holiday_goes);
    engine_fixture_add("/entity/places know their governorate", places_know_their_governorate);
    engine_fixture_add("/entity/two imports are one", two_imports_are_one);
    engine_fixture_add("/entity/readers do not notice a reload", readers_do_not_notice_a_reload);
    engine_fixture_add("/entity/invented people for trials only", invented_people_for_trials_only);
    engine_fixture_add("/entity/broken people are told", broken_people_are_told);
    engine_fixture_add("/entity/the subcommand tells what happened",
                       the_subcommand_tells_what_happened);
    engine_fixture_add("/entity/every statement is right", every_statement_is_right);
    return g_test_run();
}
