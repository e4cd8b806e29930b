/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/entity/entity_data.h"

#include "feature/entity/entity_fixture.h"

#include <stdio.h>

/* ---- what is broken ---- */

static const struct {
    const char *name, *file, *text; /* NULL: removed */
    int64_t     line;
    const char *reason; /* a part of it */
} broken_cases[] = {
    { "a file is missing", "places.csv", NULL, 0, "No such file" },
    { "an empty file", "places.csv", "", 0, "no header" },
    { "a column is missing", "holidays.csv", "date,name_ar,name_en\n", 1, "estimated is missing" },
    { "a column too many", "calendar.csv", "key,value,remark\n", 1, "3 columns, not 2" },
    { "a field too few", "calendar.csv", "key,value\nweekend\n", 2, "" },
    { "no valid text", "calendar.csv", "key,value\nweekend,\"fri\xFF\"\n", 2, "" },
    { "no entity", "entities.csv", ENTITIES_HEADER, 0, "one entity at least" },
    { "no name", "entities.csv", ENTITIES_HEADER WATER "works,ministry,,Works,,,,,,,,\n", 3,
      "name_ar must not be empty" },
    { "a name of spaces", "entities.csv", ENTITIES_HEADER "works,ministry,  ,Works,,,,,,,,\n", 2,
      "name_ar must not be empty" },
    { "an unknown kind", "entities.csv", ENTITIES_HEADER "works,shop,أ,Works,,,,,,,,\n", 2,
      "kind is none" },
    { "a code with a blank", "entities.csv", ENTITIES_HEADER "wo rks,ministry,أ,Works,,,,,,,,\n", 2,
      "code must be" },
    { "an address that is none", "entities.csv",
      ENTITIES_HEADER "works,ministry,أ,Works,,,,,,javascript:alert(1),,\n", 2, "website is no" },
    { "the same code twice", "entities.csv", ENTITIES_HEADER WATER WORKS WATER, 4,
      "water stands on line 2 already" },
    { "a service of nobody", "services.csv",
      SERVICES_HEADER SUPPLY ROADS "air,air.clean,أ,Air,,,3,3,20,10\n", 4, "no entity air" },
    { "a code that is not its entity's", "services.csv",
      SERVICES_HEADER SUPPLY ROADS "water,works.x,أ,X,,,3,3,20,10\n", 4, "must begin with water." },
    { "no days", "services.csv", SERVICES_HEADER SUPPLY ROADS "water,water.x,أ,X,,,0,3,20,10\n", 4,
      "inquiry_days is no number" },
    { "days with a word", "services.csv",
      SERVICES_HEADER SUPPLY ROADS "water,water.x,أ,X,,,3,3,20,ten\n", 4, "complaint_days is no" },
    { "a field of nobody", "service_fields.csv",
      FIELDS_HEADER "water.x,a,1,text,أ,A,,,1,20,,ل,For\n", 2, "no service water.x" },
    { "one choice only", "service_fields.csv",
      FIELDS_HEADER "water.supply,a,1,choice,أ,A,,,1,1,x:أ:A,ل,For\n", 2, "two choices" },
    { "a choice without English", "service_fields.csv",
      FIELDS_HEADER "water.supply,a,1,choice,أ,A,,,1,1,x:أ:A|y:ب,ل,For\n", 2, "choice 2 must be" },
    { "a choice twice", "service_fields.csv",
      FIELDS_HEADER "water.supply,a,1,choices,أ,A,,,1,2,x:أ:A|x:ب:B,ل,For\n", 2, "there twice" },
    { "choices of a text", "service_fields.csv",
      FIELDS_HEADER "water.supply,a,1,text,أ,A,,,1,9,x:أ:A|y:ب:B,ل,For\n", 2, "for kind choice" },
    { "a question without a purpose", "service_fields.csv",
      FIELDS_HEADER "water.supply,a,1,text,أ,A,,,1,9,,,\n", 2, "purpose_ar must not be empty" },
    { "a district without a governorate", "places.csv",
      "code,parent,level,name_ar,name_en\nJO-X-1,JO-X,district,أ,A\n", 2, "no place JO-X" },
    { "a governorate in another", "places.csv",
      "code,parent,level,name_ar,name_en\nA,,governorate,أ,A\nB,A,governorate,ب,B\n", 3,
      "has no parent" },
    { "a sub-district in a governorate", "places.csv",
      "code,parent,level,name_ar,name_en\nA,,governorate,أ,A\nB,A,subdistrict,ب,B\n", 3,
      "a subdistrict lies in a district" },
    { "no such day", "holidays.csv", "date,name_ar,name_en,estimated\n2026-02-30,أ,A,0\n", 2,
      "date is no date" },
    { "another form of date", "holidays.csv", "date,name_ar,name_en,estimated\n1/5/2026,أ,A,0\n", 2,
      "date is no date" },
    { "hours that end before they begin", "calendar.csv", "key,value\nhours.default,15:30-08:30\n",
      2, "no value for hours.default" },
    { "no day of work", "calendar.csv", "key,value\nweekend,\"sun,mon,tue,wed,thu,fri,sat\"\n", 2,
      "no value for weekend" },
    { "an unknown day", "calendar.csv", "key,value\nweekend,friday\n", 2, "no value for weekend" },
    { "an unknown zone", "calendar.csv", "key,value\ntimezone,Asia/Ammann\n", 2,
      "no value for timezone" },
    { "Ramadan without an end", "calendar.csv", "key,value\nramadan.1447,2026-02-18\n", 2,
      "no value for ramadan.1447" },
};

static void
a_broken_row_stops_all(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();

    for (size_t i = 0; i < G_N_ELEMENTS(broken_cases); i++) {
        char            *directory = entity_fixture_directory();
        g_autofree char *path = g_build_filename(directory, broken_cases[i].file, NULL);

        if (broken_cases[i].text == NULL)
            remove(path);
        else
            entity_fixture_change(directory, broken_cases[i].file, broken_cases[i].text);
        ImportReport report = entity_fixture_import_broken(fixture, directory);

        g_test_message("%s", broken_cases[i].name);
        g_assert_true(entity_fixture_has_fault(&report, broken_cases[i].file, broken_cases[i].line,
                                               broken_cases[i].reason));
        g_assert_cmpint(report.n_counts, ==, 0);
        g_assert_cmpint(entity_fixture_events(fixture), ==, 0);
        entity_fixture_directory_free(directory);
    }
    g_assert_null(reference_entity_by_code(system_reference(&fixture->sys), "water"));
}

static void
every_mistake_is_told(void)
{
    g_autoptr(CoreFixture) fixture = entity_fixture_new();
    g_autoptr(GString) many = g_string_new(ENTITIES_HEADER);
    char *directory = entity_fixture_directory();

    for (int i = 0; i < ENTITY_FAULTS_MOST + 50; i++)
        g_string_append_printf(many, "code %d,ministry,أ,A,,,,,,,,\n", i);
    entity_fixture_change(directory, "entities.csv", many->str);
    entity_fixture_change(directory, "calendar.csv", "key,value\n,\n");
    ImportReport report = entity_fixture_import_broken(fixture, directory);

    g_assert_cmpint(report.n_faults, ==, ENTITY_FAULTS_MOST);
    g_assert_cmpint(report.all_faults, ==, ENTITY_FAULTS_MOST + 50 + 2);
    entity_fixture_directory_free(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/entity_data/a broken row stops all", a_broken_row_stops_all);
    engine_fixture_add("/entity_data/every mistake is told", every_mistake_is_told);
    return g_test_run();
}
