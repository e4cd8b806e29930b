/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/entity/entity_fixture.h"

#include <string.h>

/* ---- statements of the test ---- */

typedef struct {
    int64_t n;
} Count;

static const DbColumn count_columns[] = { DB_COLUMN(Count, n) };

static const DbQuery  count_events = {
     .sql = "SELECT count(*) FROM event WHERE kind = 'import'",
     DB_COLUMNS(Count, count_columns),
     .scans = true,
};

static const DbQuery **
queries(void)
{
    static const DbQuery *all[64];
    size_t                n = 0;

    for (; entity_queries[n] != NULL; n++)
        all[n] = entity_queries[n];
    all[n++] = &count_events;
    g_assert_cmpint(n, <, G_N_ELEMENTS(all));
    return all;
}

CoreFixture *
entity_fixture_new(void)
{
    return core_fixture_new(&(CoreFixtureOptions){ .queries = queries() });
}

void
entity_fixture_done(bool succeeded, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(succeeded);
}

int64_t
entity_fixture_events(CoreFixture *fixture)
{
    Count   count;
    GError *error = NULL;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    entity_fixture_done(db_one(tx, &count_events, DB_NO_PARAMS, &count, &error), error);
    return count.n;
}

ImportReport
entity_fixture_import(CoreFixture *fixture, const char *directory)
{
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    ImportReport   report;
    GError        *error = NULL;
    bool           succeeded = entity_import(&context, directory, &report, &error);

    for (size_t i = 0; i < report.n_faults; i++)
        g_test_message("%s:%d: %s", report.faults[i].file, (int)report.faults[i].line,
                       report.faults[i].reason);
    entity_fixture_done(succeeded, error);
    return report;
}

ImportCount
entity_fixture_sum(const ImportReport *report)
{
    ImportCount sum = { .rows = 0 };

    for (size_t i = 0; i < report->n_counts; i++) {
        sum.rows += report->counts[i].rows;
        sum.added += report->counts[i].added;
        sum.changed += report->counts[i].changed;
        sum.retired += report->counts[i].retired;
        sum.unchanged += report->counts[i].unchanged;
    }
    return sum;
}

/* ---- a small set of files, of which a test changes some ---- */

typedef struct {
    const char *name, *text;
} File;

static const File small[] = {
    { "entities.csv", ENTITIES_HEADER WATER WORKS },
    { "services.csv", SERVICES_HEADER SUPPLY ROADS },
    { "service_fields.csv", FIELDS_HEADER METER SINCE },
    { "directorates.csv", "entity,code,name_ar,name_en\nwater,water.networks,الشبكات,Networks\n" },
    { "places.csv", "code,parent,level,name_ar,name_en\n"
                    "JO-AM-01,JO-AM,district,لواء ماركا,Marka\n"
                    "JO-AM,,governorate,العاصمة,Capital\n" },
    { "holidays.csv", "date,name_ar,name_en,estimated\n2026-05-25,عيد الاستقلال,Independence,0\n"
                      "2026-06-16,رأس السنة الهجرية,New Year,1\n" },
    { "calendar.csv", "key,value\ntimezone,Asia/Amman\nweekend,\"fri,sat\"\n"
                      "hours.default,08:30-15:30\n" },
};

char *
entity_fixture_directory(void)
{
    char *directory = g_dir_make_tmp("sawt-data-XXXXXX", NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(small); i++) {
        g_autofree char *path = g_build_filename(directory, small[i].name, NULL);

        g_assert_true(g_file_set_contents(path, small[i].text, -1, NULL));
    }
    return directory;
}

void
entity_fixture_change(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

void
entity_fixture_directory_free(char *directory)
{
    core_fixture_remove(directory);
    g_free(directory);
}

bool
entity_fixture_has_fault(const ImportReport *report, const char *file, int64_t line,
                         const char *reason)
{
    for (size_t i = 0; i < report->n_faults; i++)
        if (strcmp(report->faults[i].file, file) == 0 && report->faults[i].line == line &&
            strstr(report->faults[i].reason, reason) != NULL)
            return true;

    for (size_t i = 0; i < report->n_faults; i++)
        g_test_message("  but %s:%d: %s", report->faults[i].file, (int)report->faults[i].line,
                       report->faults[i].reason);
    return false;
}

ImportReport
entity_fixture_import_broken(CoreFixture *fixture, const char *directory)
{
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    ImportReport   report;
    GError        *error = NULL;

    g_assert_false(entity_import(&context, directory, &report, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
    return report;
}
