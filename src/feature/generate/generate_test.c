/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The drawing, without a store's commands: distributions, order, and that the same seed draws the same. The
 * whole run is tried in tests/scenario/generate_test.py. */
#include "feature/generate/generate_plan.h"

#include "feature/petition/petition_fixture.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 200000, REQUESTS = 12 * GENERATE_BLOCK };

typedef struct {
    PetitionFixture *fixture;
    Calendar         calendar;
    GenerateTexts   *texts;
    int64_t          first_day;
} Stage;

static void
stage_up(Stage *stage, const void *data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "data", NULL);

    (void)data;
    stage->fixture = petition_fixture_new(NULL);
    stage->calendar = system_calendar(stage->fixture->sys);
    stage->texts = generate_texts_new(folder, &error);
    g_assert_no_error(error);
    stage->first_day = clock_day(2021, 4, 15);
}

static void
stage_down(Stage *stage, const void *data)
{
    (void)data;
    generate_texts_free(stage->texts);
    petition_fixture_free(stage->fixture);
}

static GeneratePlan *
plan_of(Stage *stage, uint64_t seed)
{
    g_autoptr(GError) error = NULL;
    GeneratePlanOptions options = { .seed = seed,
                                    .requests = REQUESTS,
                                    .first_day = stage->first_day,
                                    .calendar = &stage->calendar,
                                    .texts = stage->texts };
    GeneratePlan       *plan = generate_plan_new(&options, &error);

    g_assert_no_error(error);
    return plan;
}

static void
assert_near(double value, double wanted, double part)
{
    if (fabs(value - wanted) > wanted * part)
        g_error("%g is not within %g of %g", value, part, wanted);
}

/* ---- chance ---- */

static void
test_zipf(Stage *stage, const void *data)
{
    GenerateWeights *weights = generate_weights_new_zipf(100, 1.0);
    GenerateDraw     draw = generate_draw_of(1, 2, 3);
    int              counts[100] = { 0 };
    double           harmonic = 0;

    (void)stage, (void)data;
    for (int i = 1; i <= 100; i++)
        harmonic += 1.0 / i;
    for (int i = 0; i < DRAWS; i++)
        counts[generate_weights_pick(weights, &draw)]++;
    assert_near(counts[0], DRAWS / harmonic, 0.03);
    assert_near(counts[1], DRAWS / harmonic / 2, 0.04);
    assert_near(counts[9], DRAWS / harmonic / 10, 0.08);
    assert_near(counts[99], DRAWS / harmonic / 100, 0.25);
    generate_weights_free(weights);
}

static void
test_weights_at(Stage *stage, const void *data)
{
    GenerateWeights *weights = generate_weights_new((const double[]){ 1, 0, 3 }, 3);
    double           rest;

    (void)stage, (void)data;
    g_assert_cmpuint(generate_weights_at(weights, 0, &rest), ==, 0);
    g_assert_cmpfloat(rest, ==, 0);
    g_assert_cmpuint(generate_weights_at(weights, 0.125, &rest), ==, 0);
    g_assert_cmpfloat(rest, ==, 0.5);
    g_assert_cmpuint(generate_weights_at(weights, 0.25, &rest), ==,
                     2); /* never what has no weight */
    g_assert_cmpuint(generate_weights_at(weights, 0.625, &rest), ==, 2);
    g_assert_cmpfloat(rest, ==, 0.5);
    g_assert_cmpuint(generate_weights_at(weights, 1, &rest), ==, 2);
    generate_weights_free(weights);
}

/* What is drawn for one thing is another thing's neither by its neighbour nor by its stream. */
static void
test_draws_apart(Stage *stage, const void *data)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    (void)stage, (void)data;
    for (uint64_t seed = 0; seed < 4; seed++)
        for (uint64_t stream = 0; stream < 4; stream++)
            for (uint64_t index = 0; index < 4000; index++) {
                GenerateDraw draw = generate_draw_of(seed, stream, index);
                uint64_t    *value = g_new(uint64_t, 1);

                *value = generate_draw_next(&draw);
                g_assert_true(g_hash_table_add(seen, value));
            }
}

/* ---- times ---- */

static void
test_lodged(Stage *stage, const void *data)
{
    g_autoptr(GenerateTimes) times = generate_times_new(&stage->calendar, stage->first_day);
    const Zone *zone = stage->fixture->sys->zone;
    double      weekdays[7] = { 0 }, hours[24] = { 0 }, years[2] = { 0 };
    AppTime     before = 0;

    (void)data;
    for (int i = 0; i < DRAWS; i++) {
        AppTime at = generate_times_lodged(times, (double)i / DRAWS);
        Civil   civil = zone_civil(zone, at);

        g_assert_cmpint(at, >=, before);
        before = at;
        weekdays[civil.weekday]++;
        hours[civil.hour]++;
        years[0] += at < zone_midnight(zone, stage->first_day + 365);
        years[1] += at >= zone_midnight(zone, stage->first_day + 4 * 365);
    }
    g_assert_cmpint(generate_times_lodged(times, 0), ==, zone_midnight(zone, stage->first_day));
    g_assert_cmpint(before, <, generate_times_end(times));
    g_assert_cmpfloat(weekdays[5], <, weekdays[1] / 2); /* Fridays */
    g_assert_cmpfloat(weekdays[0], >, weekdays[2]);
    g_assert_cmpfloat(hours[3], <, hours[10] / 20);
    g_assert_cmpfloat(years[1], >, years[0] * 1.3);
}

/* Whatever the day: in the hours of a working day, and behind what came before. */
static void
test_office(Stage *stage, const void *data)
{
    g_autoptr(GenerateTimes) times = generate_times_new(&stage->calendar, stage->first_day);
    GenerateDraw draw = generate_draw_of(5, 6, 7);

    (void)data;
    for (int i = 0; i < 20000; i++) {
        AppTime from = generate_times_lodged(times, generate_draw_unit(&draw));
        size_t  days = generate_draw_below(&draw, 9);
        AppTime at = generate_times_office(times, &draw, from, days);
        int64_t day = zone_day(stage->fixture->sys->zone, at);

        g_assert_cmpint(at, >, from);
        g_assert_true(calendar_is_working_day(&stage->calendar, day));
        g_assert_cmpint(at, >=, calendar_opening(&stage->calendar, day));
        g_assert_cmpint(at, <, calendar_closing(&stage->calendar, day));
        if (days > 0)
            g_assert_cmpint(calendar_working_days(&stage->calendar, from,
                                                  calendar_closing(&stage->calendar, day)),
                            ==, (int64_t)days);
    }
}

/* ---- requests ---- */

/* Everything of it, as one number. */
static guint
digest(const GenerateRequest *request)
{
    g_autoptr(GString) all = g_string_new(NULL);

    g_string_append_printf(all, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %s %s %s %s %s %s",
                           (gint64)request->at, (gint64)request->person, (int)request->role,
                           request->submit.type, request->submit.about, request->submit.channel,
                           request->submit.subject, request->submit.text, request->submit.lang);
    for (size_t i = 0; i < request->n_acts; i++)
        g_string_append_printf(all, " %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s %s",
                               (int)request->acts[i].kind, (gint64)request->acts[i].at,
                               (gint64)request->acts[i].entity_id,
                               request->acts[i].text != NULL ? request->acts[i].text : "",
                               request->acts[i].code != NULL ? request->acts[i].code : "");
    return g_str_hash(all->str);
}

static void
test_same_seed(Stage *stage, const void *data)
{
    g_autoptr(GeneratePlan) one = plan_of(stage, 7);
    g_autoptr(GeneratePlan) again = plan_of(stage, 7);
    g_autoptr(GeneratePlan) other = plan_of(stage, 8);
    GenerateRequest a, b, c;
    int             differ = 0;

    (void)data;
    for (int64_t i = 999; i >= 0; i--) { /* whatever was drawn before */
        generate_plan_request(one, stage->fixture->mem, i, &a);
        generate_plan_request(again, stage->fixture->mem, 999 - i, &c);
        generate_plan_request(again, stage->fixture->mem, i, &b);
        generate_plan_request(other, stage->fixture->mem, i, &c);
        g_assert_cmpuint(digest(&a), ==, digest(&b));
        differ += digest(&a) != digest(&c);
    }
    g_assert_cmpint(differ, >, 990);
}

static void
check_life(const GenerateRequest *request, AppTime end, int kinds[GENERATE_KINDS])
{
    AppTime before = request->at;

    g_assert_cmpuint(request->n_acts, <, GENERATE_ACTS_MOST);
    for (size_t i = 0; i < request->n_acts; i++) {
        g_assert_cmpint(request->acts[i].at, >, before);
        g_assert_cmpint(request->acts[i].at, <, end);
        before = request->acts[i].at;
        kinds[request->acts[i].kind]++;
    }
}

static void
test_lives(Stage *stage, const void *data)
{
    g_autoptr(GeneratePlan) plan = plan_of(stage, 3);
    g_autoptr(GenerateTimes) times = generate_times_new(&stage->calendar, stage->first_day);
    g_autoptr(GHashTable) subjects = g_hash_table_new(g_str_hash, g_str_equal);
    int             kinds[GENERATE_KINDS] = { 0 };
    AppTime         before = 0;
    GenerateRequest request;

    (void)data;
    for (int64_t i = 0; i < REQUESTS; i++) {
        generate_plan_request(plan, stage->fixture->mem, i, &request);
        g_assert_cmpint(request.at, >=, before);
        before = request.at;
        check_life(&request, generate_times_end(times), kinds);
        g_assert_true(g_hash_table_add(subjects, (void *)(uintptr_t)request.submit.subject));
    }
    for (int kind = GENERATE_SUBMIT + 1; kind < GENERATE_KINDS; kind++)
        if (kinds[kind] == 0)
            g_error("%s was never drawn", generate_kind_names[kind]);
    g_assert_cmpint(kinds[GENERATE_CLOSE], >, REQUESTS * 8 / 10);
    g_assert_cmpint(kinds[GENERATE_RATE], >, REQUESTS / 10);
}

/* Persons are one lane's each, and many of them come again. */
static void
test_persons(Stage *stage, const void *data)
{
    g_autoptr(GeneratePlan) plan = plan_of(stage, 3);
    enum { PERSONS = REQUESTS / GENERATE_BLOCK * GENERATE_NEWCOMERS };
    g_autofree int *requests = g_new0(int, PERSONS), *lanes = g_new0(int, PERSONS);
    GenerateRequest request;
    int             once = 0, often = 0;

    (void)data;
    for (int64_t i = 0; i < REQUESTS; i++) {
        int lane = (int)(i / GENERATE_BLOCK % GENERATE_LANES) + 1;

        generate_plan_request(plan, stage->fixture->mem, i, &request);
        g_assert_cmpint(request.person, >=, 0);
        g_assert_cmpint(request.person, <, PERSONS);
        requests[request.person]++;
        g_assert_true(lanes[request.person] == 0 || lanes[request.person] == lane);
        lanes[request.person] = lane;
    }
    for (int i = 0; i < PERSONS; i++) {
        once += requests[i] == 1;
        often += requests[i] >= 10;
    }
    g_assert_cmpint(once, >, PERSONS / 10);
    g_assert_cmpint(often, >, PERSONS / 100);
}

static void
test_no_texts(Stage *stage, const void *data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_null(generate_texts_new(stage->fixture->core->directory, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

#define ADD(name, test) g_test_add("/generate/" name, Stage, NULL, stage_up, test, stage_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("zipf", test_zipf);
    ADD("weights_at", test_weights_at);
    ADD("draws_apart", test_draws_apart);
    ADD("lodged", test_lodged);
    ADD("office", test_office);
    ADD("same_seed", test_same_seed);
    ADD("lives", test_lives);
    ADD("persons", test_persons);
    ADD("no_texts", test_no_texts);
    return g_test_run();
}
