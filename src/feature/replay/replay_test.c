/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/replay/replay.h"

#include "feature/petition/petition_fixture.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define NYC "id,created,closed,agency,complaint_type,descriptor,address,city,resolution\n"

typedef struct {
    PetitionFixture *fixture;
    char            *path;
    char            *report; /* of the last run */
    GError          *error;
} Stage;

static bool
expect_quiet(Prepare *prepare, const Event *event, GError **error)
{
    (void)error;
    g_assert_true(event->type == NULL || prepare->quiet);
    return true;
}

static const EventListener quiet_listeners[] = { expect_quiet, NULL };

static void
stage_up(Stage *stage, const void *listeners)
{
    g_autoptr(GError) error = NULL;

    stage->fixture = petition_fixture_new(listeners);
    stage->path = g_build_filename(stage->fixture->core->directory, "history.csv", NULL);
    petition_fixture_execute(
        stage->fixture,
        "UPDATE entity SET code = 'gam' WHERE id = 2;"
        "UPDATE service SET code = 'miyahuna.leaks' WHERE id = 11;"
        "UPDATE service SET code = 'gam.lighting' WHERE id = 21;"
        "INSERT INTO service (id, entity_id, code, inquiry_days, praise_days, suggestion_days,"
        " complaint_days, version) VALUES (22, 2, 'mota.sites', 3, 3, 20, 10, 1),"
        " (23, 2, 'mota.establishments', 3, 3, 20, 10, 1), (24, 2, 'gam.animals', 3, 3, 20, 10, 1),"
        " (25, 2, 'cbj.banks', 3, 3, 20, 10, 1)");
    g_assert_true(system_reload_reference(stage->fixture->sys, &error));
    g_assert_no_error(error);
    stage->fixture->sys->trial = true;
}

static void
stage_down(Stage *stage, const void *unused)
{
    (void)unused;
    g_clear_error(&stage->error);
    g_free(stage->report);
    g_free(stage->path);
    petition_fixture_free(stage->fixture);
}

static bool
try_options(Stage *stage, ReplayOptions options)
{
    size_t size;
    bool   played;

    g_clear_error(&stage->error);
    g_free(stage->report);
    stage->report = NULL;
    options.lang = "en";
    options.out = open_memstream(&stage->report, &size);
    if (options.path == NULL)
        options.path = stage->path;
    played = replay_run(stage->fixture->sys, &options, &stage->error);
    fclose(options.out);
    return played;
}

static void
put(const Stage *stage, const void *content, size_t size)
{
    g_autoptr(GError) error = NULL;

    g_file_set_contents(stage->path, content, (gssize)size, &error);
    g_assert_no_error(error);
}

static void
play(Stage *stage, const char *content)
{
    bool played;

    put(stage, content, strlen(content));
    played = try_options(stage, (ReplayOptions){ .most = 0 });
    g_assert_no_error(stage->error);
    g_assert_true(played);
}

static void
assert_says(const Stage *stage, const char *words)
{
    if (strstr(stage->report, words) == NULL)
        g_error("\"%s\" is not in the report:\n%s", words, stage->report);
}

static void
assert_added(const Stage *stage, int requests, int acts, int refused)
{
    g_autofree char *words =
        g_strdup_printf("Requests added: %d\nActs added: %d\n", requests, acts);
    g_autofree char *last = g_strdup_printf("Refused: %d\n", refused);

    assert_says(stage, words);
    assert_says(stage, last);
}

static int64_t
count(const Stage *stage, const char *sql)
{
    return petition_fixture_count(stage->fixture, sql);
}

/* Every event by id stands at the time of the one before it, or later. */
static void
assert_in_order(const Stage *stage)
{
    g_assert_cmpint(count(stage, "SELECT count(*) FROM (SELECT at, lag(at) OVER (ORDER BY id) AS"
                                 " before FROM event) e WHERE at < before"),
                    ==, 0);
}

/* ---- rows ---- */

static void
test_hostile_rows(Stage *stage, const void *data)
{
    static const struct {
        const char *row, *reason;
    } rows[] = {
        { "1,2020-01-02 08:00,2020-01-03 08:00,DEP,WATER LEAK,SLOW,A,B,Repaired", NULL },
        { "2,2020-01-02 08:00,2020-01-01 08:00,DEP,WATER LEAK,SLOW,A,B,Repaired",
          "1 × It was closed before it was lodged. (first on line 3)" },
        { "3,2020-01-02 08:00,,DEP,WATER LEAK,SLOW,A", "1 × The row has too many or too few" },
        { "4,2020-01-02 08:00,,DEP,WATER LEAK,\"SLO\"W,A,B,", "1 × The row's quotation marks" },
        { "5,2020-01-02 08:00,,DEP,WATER LEAK,\xC3\x28,A,B,", "1 × The row is no valid UTF-8" },
        { "6,yesterday,,DEP,WATER LEAK,SLOW,A,B,", "3 × The time at which it was lodged" },
        { "7,2020-02-30 08:00,,DEP,WATER LEAK,SLOW,A,B,", NULL },
        { "8,1899-01-02 08:00,,DEP,WATER LEAK,SLOW,A,B,", NULL },
        { "9,1999-12-31 23:59,,DEP,WATER LEAK,SLOW,A,B,", "1 × It was lodged before the year" },
        { "10,2026-04-15 10:01,,DEP,WATER LEAK,SLOW,A,B,",
          "2 × It is dated in the future. (first" },
        { "11,2020-01-02 08:00,2030-01-02 08:00,DEP,WATER LEAK,SLOW,A,B,Later", NULL },
        { "12,2020-01-02 08:00,,DEP,Rodent,SLOW,A,B,", "1 × Its type stands for none" },
        { "13,2020-01-02 08:00,,DEP,Sewer,SLOW,A,B,", "1 × The entity or service is not in" },
        { "14,2020-01-02 08:00,never,DEP,WATER LEAK,SLOW,A,B,x",
          "1 × The time at which it was cl" },
        { "15,2020-01-02 08:00,2020-01-03 08:00,DEP,WATER LEAK,SLOW,A,B,",
          "1 × It was closed wit" },
        { "1,2020-01-05 08:00,,DEP,WATER LEAK,OTHER,A,B,", "1 × A row with the same key" },
        { ",2020-01-02 08:00,,DEP,WATER LEAK,SLOW,A,B,", "1 × The row has no key" },
        { "16,2020-01-02 08:00,,DEP,WATER LEAK,SLOW,,,", NULL },
    };
    g_autoptr(GString) file = g_string_new(NYC);
    size_t n = G_N_ELEMENTS(rows);

    (void)data;
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(file, "%s\n", rows[i].row);
    play(stage, file->str);
    for (size_t i = 0; i < n; i++)
        if (rows[i].reason != NULL)
            assert_says(stage, rows[i].reason);
    assert_says(stage, "Rows of the file: 18\n");
    assert_added(stage, 2, 2, 16);
    g_assert_cmpint(count(stage, "SELECT count(*) FROM petition"), ==, 2);
}

/* A megabyte in a field, a quote that is never closed, a file that ends in the middle. */
static void
test_long_rows(Stage *stage, const void *data)
{
    g_autofree char *megabyte = g_strnfill(1 << 20, 'x'), *text = g_strnfill(20000, 'y');
    g_autofree char *file =
        g_strdup_printf(NYC "1,2020-01-02 08:00,,DEP,WATER LEAK,%s,A,B,\n"
                            "2,2020-01-02 08:00,,DEP,WATER LEAK,%s,A,B,\n"
                            "3,2020-01-02 08:00,2020-01-03 08:00,DEP,WATER LEAK,SLOW,A,B,%s\n"
                            "4,2020-01-02 08:00,,DEP,WATER LEAK,SLOW,A,B,\n"
                            "5,2020-01-02 08:00,,DEP,WATER LEAK,\"SLOW,A,B,\n6,7\n",
                        megabyte, text, text);

    (void)data;
    play(stage, file);
    assert_says(stage, "1 × The row is longer than any request. (first on line 2)");
    assert_says(stage, "1 × The row's quotation marks are broken. (first on line 6)");
    /* the second's subject and the third's answer: refused by the petition's own rule */
    assert_says(stage, "2 × The text is longer than this field");
    assert_added(stage, 2, 1, 4);
}

static void
test_file_cut_short(Stage *stage, const void *data)
{
    g_autofree char *packed = NULL;
    gzFile           file = gzopen(stage->path, "wb");
    gsize            size;

    (void)data;
    gzputs(file, NYC);
    for (uint32_t i = 0; i < 3000; i++)
        gzprintf(file, "%u,2020-01-02 08:%02u,,DEP,WATER LEAK,SLOW %08x,A,B,\n", i, i % 60,
                 i * 2654435761U);
    g_assert_cmpint(gzclose(file), ==, Z_OK);
    g_assert_true(g_file_get_contents(stage->path, &packed, &size, NULL));
    put(stage, packed, size / 2);

    g_assert_true(try_options(stage, (ReplayOptions){ .most = 0 }));
    assert_says(stage, "1 × The file is damaged or cut short here");
    g_assert_cmpint(count(stage, "SELECT count(*) FROM petition"), >, 500);
}

/* ---- time ---- */

/* Two requests whose lives cross, the later one first in the file. */
static const char crossing[] =
    NYC "2,2020-03-03 10:00,2020-03-05 10:00,DEP,WATER LEAK,HEAVY,A,B,Two\n"
        "1,2020-03-01 10:00,2020-03-09 10:00,DEP,WATER LEAK,SLOW,A,B,One\n"
        "3,2020-03-05 10:00,2020-03-05 10:00,DEP,WATER LEAK,DAMP,A,B,Three\n";

static void
test_order_of_time(Stage *stage, const void *data)
{
    PetitionFixture *fixture = stage->fixture;
    Petition         first;

    (void)data;
    play(stage, crossing);
    assert_added(stage, 3, 6, 0);
    assert_in_order(stage);

    first = petition_fixture_read(fixture, count(stage, "SELECT number FROM petition ORDER BY id"));
    g_assert_cmpint(first.lodged_at, ==, petition_fixture_time(fixture, "2020-03-01 10:00"));
    g_assert_cmpint(first.accepted_at, ==, petition_fixture_time(fixture, "2020-03-03 10:00"));
    g_assert_cmpint(first.closed_at, ==, petition_fixture_time(fixture, "2020-03-09 10:00"));
    g_assert_cmpint(first.entered_at, ==, CORE_FIXTURE_NOW);
    g_assert_cmpint(first.number / 1000000000, ==, 20);
    g_assert_cmpint(id_time(first.id) / SECONDS, ==, CORE_FIXTURE_NOW / SECONDS);
    g_assert_cmpstr(first.state, ==, "closed");
    g_assert_cmpstr(first.outcome, ==, "resolved");
    /* the clock that ran when it was lodged on a Sunday forenoon: two working days, by the rules */
    g_assert_cmpint(count(stage, "SELECT due_at FROM event WHERE kind = 'submit' ORDER BY id"), ==,
                    petition_fixture_time(fixture, "2020-03-03 10:00"));
}

/* More words than are held in memory at once, from the last to the first. */
static void
test_parts(Stage *stage, const void *data)
{
    enum { ROWS = 320 };
    g_autoptr(GString) file = g_string_new(NYC);
    g_autofree char *answer = g_strnfill(60000, 'z');

    (void)data;
    for (int i = ROWS; i > 0; i--)
        g_string_append_printf(
            file, "%d,2020-%02d-%02d 08:00,2021-01-01 08:00,DEP,WATER LEAK,SLOW,A,B,%s\n", i,
            1 + i / 28, 1 + i % 28, answer);
    play(stage, file->str);
    assert_says(stage, "320 × The text is longer than this field");
    assert_added(stage, ROWS, ROWS, ROWS);
    assert_in_order(stage);
}

/* ---- again ---- */

static const char known[] = "Requests and acts that were there already: 9\n";

static void
test_twice(Stage *stage, const void *data)
{
    (void)data;
    play(stage, crossing);
    play(stage, crossing);
    assert_added(stage, 0, 0, 0);
    assert_says(stage, known);
    g_assert_cmpint(count(stage, "SELECT count(*) FROM event"), ==, 9);
}

/* What a run that was stopped has left is finished by the next. */
static void
test_continued(Stage *stage, const void *data)
{
    (void)data;
    put(stage, crossing, strlen(crossing));
    g_assert_true(try_options(stage, (ReplayOptions){ .most = 1 }));
    assert_added(stage, 1, 2, 0);
    play(stage, crossing);
    assert_added(stage, 2, 4, 0);
    g_assert_cmpint(count(stage, "SELECT count(*) FROM event"), ==, 9);
    g_assert_cmpint(count(stage, "SELECT count(*) FROM petition WHERE state = 'closed'"), ==, 3);
}

/* A newer export, in which an open request has been closed, under another name of the file. */
static void
test_newer_export(Stage *stage, const void *data)
{
    (void)data;
    play(stage, NYC "1,2020-03-01 10:00,,DEP,WATER LEAK,SLOW,A,B,\n");
    assert_added(stage, 1, 0, 0);
    play(stage, NYC "1,2020-03-01 10:00,2020-03-09 10:00,DEP,WATER LEAK,SLOW,A,B,One\n");
    assert_added(stage, 0, 2, 0);
    play(stage, NYC "1,2020-03-01 10:00,2020-03-09 10:00,DEP,WATER LEAK,OTHER,A,B,One\n");
    assert_added(stage, 0, 0, 1);
    g_assert_cmpint(count(stage, "SELECT count(*) FROM petition"), ==, 1);
}

/* Times before now move with now; what was played keeps its first ones. */
static void
test_demo_on_another_day(Stage *stage, const void *data)
{
    static const char demo[] =
        "type,service,subject,text,wanted,place_code,place_words,days_ago,channel,identity_hidden,"
        "fate\n"
        "complaint,miyahuna.leaks,Leak,Water on the street,,JO-AM,,12,app,1,scheduled_date\n"
        "complaint,miyahuna.leaks,Leak,Water in the cellar,,,,20,call,0,consulted\n"
        "complaint,,Who,Nobody knows who,,,,3,app,0,unassigned\n"
        "praise,gam.lighting,Thanks,Light at last,,,,9,app,0,closed_rated\n"
        "complaint,gam.lighting,Dark,Dark,,,,5,app,0,withdrawn\n"
        "complaint,gam.lighting,Dark,Not yours,,,,6,app,0,returned\n"
        "complaint,gam.lighting,Early,Not yet,,,,-3,app,0,waiting\n";

    (void)data;
    play(stage, demo);
    assert_added(stage, 6, 9, 1);
    petition_fixture_wait(stage->fixture, 5 * DAYS + 7 * HOURS);
    play(stage, demo);
    assert_added(stage, 0, 0, 1);
    assert_says(stage, "Requests and acts that were there already: 15\n");
}

/* ---- formats ---- */

static void
test_formats(Stage *stage, const void *data)
{
    static const struct {
        const char *content, *type, *lodged;
        int         acts;
    } files[] = {
        { "case_enquiry_id,open_dt,closed_dt,type,reason,neighborhood,source,closure_reason\n"
          "1,2013-01-01 06:32:33,2013-01-01 13:14:40,Lost,Animal Issues,Roxbury,X,by John Doe\n",
          "complaint", "2013-01-01 06:32", 2 },
        { "CASE_ENQUIRY_ID,OPEN_DT,CLOSED_DT,TYPE,REASON,neighborhood,Source\n"
          "1,2015-01-06 21:07:09,,Lamp,Street Lights,,Self Service\n",
          "complaint", "2015-01-06 21:07", 0 },
        { "request,created,status,status_date,code,code_description,outcome,address,neighborhood\n"
          "1,2014-08-01T03:02:12,DUPCLOSD,2014-08-01T03:05:37,BGESTLI1,Out,,1 E ST,GAY\n",
          "complaint", "2014-08-01 03:02", 2 },
        /* the evening of the 9th in Vancouver, though the exporter's clock had the 10th */
        { "department,type,status,closure_reason,opened,closed_date,local_area,channel,address\n"
          "311,Case,Close,Service provided,2022-09-10T03:34:05+03:00,2022-09-09,Riley,Phone,\n",
          "complaint", "2022-09-09 17:34", 2 },
        { "id,city,place,label,text\n1,x,قلعة ,1,مكان جميل ومرتب\n", "praise", NULL, 0 },
        { "id,category,place,rating,text\n1,بنوك ومؤسسات,بنك,1,تأخير في المعاملة\n", "complaint",
          NULL, 0 },
        { "review_id,sentence_id,text,aspects\n1,1:0,فندق نظيف وهادئ,A#B=positive|C#D=negative\n",
          "complaint", NULL, 0 },
        { "id,sentiment,text\n1,Positive,شكرا للجميع على الجهد\n", "praise", NULL, 0 },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        Petition newest;

        play(stage, files[i].content);
        g_test_message("%s", files[i].content);
        assert_added(stage, 1, files[i].acts, 0);
        newest = petition_fixture_read(
            stage->fixture, count(stage, "SELECT number FROM petition ORDER BY id DESC"));
        g_assert_cmpstr(newest.type, ==, files[i].type);
        if (files[i].lodged != NULL)
            g_assert_cmpint(newest.lodged_at / MINUTES, ==,
                            petition_fixture_time(stage->fixture, files[i].lodged) / MINUTES);
        g_assert_cmpint(newest.lodged_at, <=, CORE_FIXTURE_NOW);
    }
}

/* ---- what is refused as a whole ---- */

static void
test_refused_files(Stage *stage, const void *data)
{
    static const char row[] = NYC "1,2020-03-01 10:00,,DEP,WATER LEAK,SLOW,A,B,\n";

    (void)data;
    put(stage, row, strlen(row));
    g_assert_false(try_options(stage, (ReplayOptions){ .format = "reviews" }));
    g_assert_error(stage->error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_false(try_options(stage, (ReplayOptions){ .format = "none" }));
    g_assert_error(stage->error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_false(try_options(stage, (ReplayOptions){ .path = "/nowhere/history.csv" }));
    g_assert_error(stage->error, APP_ERROR, APP_ERROR_NOT_FOUND);
    put(stage, "a,b\n1,2\n", 8);
    g_assert_false(try_options(stage, (ReplayOptions){ .most = 0 }));
    g_assert_error(stage->error, APP_ERROR, APP_ERROR_INVALID);

    put(stage, row, strlen(row));
    stage->fixture->sys->trial = false; /* invented people have no place among real ones */
    g_assert_false(try_options(stage, (ReplayOptions){ .most = 0 }));
    g_assert_error(stage->error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpint(count(stage, "SELECT count(*) FROM petition"), ==, 0);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD("/replay/" name, Stage, quiet_listeners, stage_up, test, stage_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("hostile_rows", test_hostile_rows);
    ADD("long_rows", test_long_rows);
    ADD("file_cut_short", test_file_cut_short);
    ADD("order_of_time", test_order_of_time);
    ADD("parts", test_parts);
    ADD("twice", test_twice);
    ADD("continued", test_continued);
    ADD("newer_export", test_newer_export);
    ADD("formats", test_formats);
    ADD("refused_files", test_refused_files);
    ENGINE_FIXTURE_ADD("/replay/demo_on_another_day", Stage, NULL, stage_up,
                       test_demo_on_another_day, stage_down);
    return g_test_run();
}
