/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each row is one sentence of the specification: how a petition ends, and its time. */
#include "feature/petition/petition_setting.h"

#include <string.h>

/* ---- close, rate, withdraw ---- */

static const struct {
    const char *name, *type, *state, *outcome, *answer;
    int         message;
    const char *field;
} close_cases[] = {
    { "a complaint in work is solved", "complaint", "in_progress", "resolved", "تم", 0, NULL },
    { "what was scheduled is done", "suggestion", "scheduled", "implemented", "تم", 0, NULL },
    { "an inquiry is answered at once", "inquiry", "assigned", "explained", "تم", 0, NULL },
    { "praise is passed on at once", "praise", "assigned", "thanked", "تم", 0, NULL },
    { "a complaint is accepted first", "complaint", "assigned", "resolved", "تم",
      MSG_REFUSAL_CLOSE_ASSIGNED, NULL },
    { "a suggestion is accepted first", "suggestion", "assigned", "adopted", "تم",
      MSG_REFUSAL_CLOSE_ASSIGNED, NULL },
    { "the unit closes what is no government's", "complaint", "received", "outside_government",
      "تم", 0, NULL },
    { "the unit answers what is known", "inquiry", "received", "explained", "تم", 0, NULL },
    { "the unit explains no complaint", "complaint", "received", "explained", "تم",
      MSG_REFUSAL_CLOSE_RECEIVED, "outcome" },
    { "the unit solves nothing", "inquiry", "received", "moot", "تم", MSG_REFUSAL_CLOSE_RECEIVED,
      "outcome" },
    { "without outcome at the unit", "inquiry", "received", NULL, "تم", MSG_REFUSAL_CLOSE_RECEIVED,
      "outcome" },
    { "a complaint is not thanked", "complaint", "in_progress", "thanked", "تم",
      MSG_REFUSAL_CLOSE_OUTCOME, "outcome" },
    { "an outcome is needed", "complaint", "in_progress", NULL, "تم", MSG_REFUSAL_CLOSE_OUTCOME,
      "outcome" },
    { "an answer is needed", "complaint", "in_progress", "resolved", "\n", MSG_REFUSAL_TEXT_MISSING,
      "answer" },
    { "not twice", "complaint", "closed", "resolved", "تم", MSG_REFUSAL_CLOSED, NULL },
    { "not what was withdrawn", "complaint", "withdrawn", "resolved", "تم", MSG_REFUSAL_WITHDRAWN,
      NULL },
    { "not while the requester is asked", "complaint", "awaiting_requester", "resolved", "تم",
      MSG_REFUSAL_CLOSE_STATE, NULL },
};

static void
test_close(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(close_cases); i++) {
        Petition      petition = petition_setting_petition(close_cases[i].state);
        PetitionClose cmd = { .outcome = close_cases[i].outcome, .answer = close_cases[i].answer };

        petition.type = close_cases[i].type;
        petition_setting_assert(setting, close_cases[i].name,
                                petition_rule_close(&setting->rules, &petition, &cmd),
                                close_cases[i].message, close_cases[i].field, NULL);
    }
}

static void
test_rate(PetitionSetting *setting, const void *data)
{
    static const struct {
        const char *name, *state, *solved, *now;
        int         message;
        const char *date;
    } cases[] = {
        { "what was closed", "closed", NULL, "2026-04-15 10:00", 0, NULL },
        { "on the fourteenth day", "closed", NULL, "2026-04-29 10:00", 0, NULL },
        { "a minute later", "closed", NULL, "2026-04-29 10:01", MSG_REFUSAL_RATE_LATE,
          "2026-04-29" },
        { "not twice", "closed", "yes", "2026-04-15 10:00", MSG_REFUSAL_RATE_ONCE, "" },
        { "not what is open", "in_progress", NULL, "2026-04-15 10:00", MSG_REFUSAL_RATE_STATE, "" },
        { "not what was withdrawn", "withdrawn", NULL, "2026-04-15 10:00", MSG_REFUSAL_RATE_STATE,
          "" },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Petition petition = petition_setting_petition(cases[i].state);

        petition.solved = cases[i].solved;
        setting->rules.now = petition_fixture_time(setting->fixture, cases[i].now);
        petition_setting_assert(setting, cases[i].name,
                                petition_rule_rate(&setting->rules, &petition), cases[i].message,
                                NULL, cases[i].date);
    }
}

static void
test_rating(PetitionSetting *setting, const void *data)
{
    static const struct {
        const char  *name;
        PetitionRate cmd;
        int          message;
        const char  *field;
    } cases[] = {
        { "solved, five stars", { .solved = "yes", .stars = 5, .words = "شكرًا" }, 0, NULL },
        { "not solved, no stars", { .solved = "no" }, 0, NULL },
        { "perhaps solved", { .solved = "perhaps" }, MSG_REFUSAL_CHOICE, "solved" },
        { "six stars", { .solved = "partly", .stars = 6 }, MSG_REFUSAL_CHOICE, "stars" },
        { "less than none", { .solved = "partly", .stars = -1 }, MSG_REFUSAL_CHOICE, "stars" },
        { "words that cannot be kept",
          { .solved = "yes", .words = "\xED\xA0\x80" },
          MSG_REFUSAL_TEXT_BROKEN,
          "words" },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        petition_setting_assert(setting, cases[i].name,
                                petition_rule_rating(&setting->rules, &cases[i].cmd),
                                cases[i].message, cases[i].field, NULL);
}

static void
test_withdraw(PetitionSetting *setting, const void *data)
{
    static const struct {
        const char      *name, *state;
        PetitionWithdraw cmd;
        int              message;
        const char      *field;
    } cases[] = {
        { "it is solved", "in_progress", { .why = "solved" }, 0, NULL },
        { "out of fear", "received", { .why = "fear", .words = "هُدِّدت" }, 0, NULL },
        { "no reason", "received", { .why = NULL }, MSG_REFUSAL_CHOICE, "why" },
        { "a reason of its own", "received", { .why = "bored" }, MSG_REFUSAL_CHOICE, "why" },
        { "words that cannot be kept",
          "received",
          { .why = "other", .words = "\x80" },
          MSG_REFUSAL_TEXT_BROKEN,
          "words" },
        { "after closing", "closed", { .why = "other" }, MSG_REFUSAL_CLOSED, NULL },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Petition petition = petition_setting_petition(cases[i].state);

        petition_setting_assert(setting, cases[i].name,
                                petition_rule_withdraw(&setting->rules, &petition, &cases[i].cmd),
                                cases[i].message, cases[i].field, NULL);
    }
}

/* ---- types and clocks ---- */

static void
test_clocks(PetitionSetting *setting, const void *data)
{
    static const struct {
        const char *type;
        int64_t     service_id;
        const char *due;
    } cases[] = {
        { "inquiry", 0, "2026-04-20" },
        { "praise", 0, "2026-04-20" },
        { "complaint", 0, "2026-04-30" },
        { "suggestion", 0, "2026-05-14" },
        { "inquiry", WATER_LEAKS, "2026-04-22" },
        { "complaint", WATER_LEAKS, "2026-05-07" },
        { "complaint", ROADS_LIGHTS, "2026-04-30" },
    };
    const Calendar *calendar = &setting->calendar;
    AppTime         now = CORE_FIXTURE_NOW;

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(petition_setting_day(setting, petition_rule_due(calendar, cases[i].type,
                                                                        cases[i].service_id, now)),
                        ==, cases[i].due);

    g_assert_cmpint(petition_rule_accept_by(calendar, now), ==,
                    petition_fixture_time(setting->fixture, "2026-04-19 10:00"));
    g_assert_cmpint(petition_rule_triage_by(calendar, now), ==,
                    petition_fixture_time(setting->fixture, "2026-04-16 15:30"));
    g_assert_cmpint(petition_rule_returned_by(calendar, 1, now), ==,
                    petition_fixture_time(setting->fixture, "2026-04-16 15:30"));
    g_assert_cmpint(petition_rule_returned_by(calendar, 2, now), ==,
                    petition_fixture_time(setting->fixture, "2026-04-19 15:30"));
    g_assert_cmpint(petition_rule_rate_by(now), ==, now + 14 * DAYS);
    g_assert_cmpint(petition_rule_remind_at(now, now + 2 * DAYS), ==, now + DAYS);
    g_assert_cmpint(petition_rule_remind_at(now, now), ==, 0);
}

static void
test_outcomes(void)
{
    static const struct {
        const char *type, *first;
    } cases[] = {
        { "inquiry", "explained" },
        { "praise", "thanked" },
        { "suggestion", "adopted" },
        { "complaint", "resolved" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(petition_rule_outcomes(cases[i].type)[0], ==, cases[i].first);
}

#define ADD(name, test)                                                                            \
    g_test_add(name, PetitionSetting, NULL, petition_setting_up, test, petition_setting_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_rules_end/close", test_close);
    ADD("/petition_rules_end/rate", test_rate);
    ADD("/petition_rules_end/rating", test_rating);
    ADD("/petition_rules_end/withdraw", test_withdraw);
    ADD("/petition_rules_end/clocks", test_clocks);
    g_test_add_func("/petition_rules_end/outcomes", test_outcomes);
    return g_test_run();
}
