/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each row is one sentence of the specification: competence and work. */
#include "feature/petition/petition_setting.h"

#include <string.h>

/* ---- route, accept, return ---- */

static const struct {
    const char *name, *state;
    int64_t     entity_id, service_id;
    int         message;
    const char *field;
} route_cases[] = {
    { "what was received goes to an entity", "received", ROADS, 0, 0, NULL },
    { "with a service of it", "received", ROADS, ROADS_LIGHTS, 0, NULL },
    { "what an entity has not accepted goes to another", "assigned", ROADS, 0, 0, NULL },
    { "not to the same one", "assigned", WATER, 0, MSG_REFUSAL_ROUTE_SAME_ENTITY, "entity" },
    { "not to one that is gone", "received", GONE, 0, MSG_REFUSAL_ENTITY_UNKNOWN, "entity" },
    { "not with another's service", "received", ROADS, WATER_LEAKS, MSG_REFUSAL_SERVICE_ELSEWHERE,
      "service" },
    { "not once it is in work", "in_progress", ROADS, 0, MSG_REFUSAL_ROUTE_STATE, NULL },
    { "not once it is closed", "closed", ROADS, 0, MSG_REFUSAL_ROUTE_STATE, NULL },
};

static void
test_route(PetitionSetting *setting, const void *data)
{
    Petition received = petition_setting_petition("received");

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(route_cases); i++) {
        Petition      petition = petition_setting_petition(route_cases[i].state);
        PetitionRoute cmd = {
            .entity_id = route_cases[i].entity_id,
            .service_id = route_cases[i].service_id,
        };

        petition_setting_assert(setting, route_cases[i].name,
                                petition_rule_route(&setting->rules, &petition, &cmd),
                                route_cases[i].message, route_cases[i].field, NULL);
    }

    PetitionRoute cmd = { .entity_id = ROADS, .note = "\xFF" };
    petition_setting_assert(setting, "a note that cannot be kept",
                            petition_rule_route(&setting->rules, &received, &cmd),
                            MSG_REFUSAL_TEXT_BROKEN, "note", NULL);
    petition_setting_assert(setting, "about its head: not there",
                            petition_rule_route_around(&setting->rules, ROADS, &cmd),
                            MSG_REFUSAL_ROUTE_CONCERNED, "entity", NULL);
    petition_setting_assert(setting, "about its head: to another",
                            petition_rule_route_around(&setting->rules, WATER, &cmd), 0, NULL,
                            NULL);
    petition_setting_assert(setting, "about nobody's head",
                            petition_rule_route_around(&setting->rules, 0, &cmd), 0, NULL, NULL);
}

static void
test_accept(PetitionSetting *setting, const void *data)
{
    Petition assigned = petition_setting_petition("assigned"),
             progress = petition_setting_petition("in_progress");

    (void)data;
    petition_setting_assert(setting, "what was assigned is accepted",
                            petition_rule_accept(&setting->rules, &assigned), 0, NULL, NULL);
    petition_setting_assert(setting, "once", petition_rule_accept(&setting->rules, &progress),
                            MSG_REFUSAL_ACCEPT_STATE, NULL, NULL);
}

static const struct {
    const char *name, *state;
    int64_t     returns;
    const char *ground;
    int64_t     proposed;
    const char *legal_text;
    int         message;
    const char *field;
} return_cases[] = {
    { "another's matter goes back", "assigned", 0, "other_entity", ROADS, NULL, 0, NULL },
    { "a second time", "assigned", 1, "area", 0, NULL, 0, NULL },
    { "not a third time", "assigned", 2, "area", 0, NULL, MSG_REFUSAL_RETURN_TWICE, NULL },
    { "not after accepting", "in_progress", 0, "area", 0, NULL, MSG_REFUSAL_RETURN_STATE, NULL },
    { "workload is no ground", "assigned", 0, "workload", 0, NULL, MSG_REFUSAL_CHOICE, "ground" },
    { "a ground is needed", "assigned", 0, NULL, 0, NULL, MSG_REFUSAL_CHOICE, "ground" },
    { "whose matter it is", "assigned", 0, "transferred", 0, NULL, MSG_REFUSAL_RETURN_ENTITY,
      "proposed_entity" },
    { "not one's own", "assigned", 0, "other_entity", WATER, NULL, MSG_REFUSAL_RETURN_SAME_ENTITY,
      "proposed_entity" },
    { "not one that is gone", "assigned", 0, "other_entity", GONE, NULL, MSG_REFUSAL_ENTITY_UNKNOWN,
      "proposed_entity" },
    { "which law says so", "assigned", 0, "not_competent", 0, NULL, MSG_REFUSAL_TEXT_MISSING,
      "legal_text" },
    { "the law says so", "assigned", 0, "not_competent", 0, "المادة 5", 0, NULL },
    { "a law that cannot be kept", "assigned", 0, "area", 0, "\xC0", MSG_REFUSAL_TEXT_BROKEN,
      "legal_text" },
};

static void
test_return(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(return_cases); i++) {
        Petition       petition = petition_setting_petition(return_cases[i].state);
        PetitionReturn cmd = {
            .ground = return_cases[i].ground,
            .proposed_entity_id = return_cases[i].proposed,
            .legal_text = return_cases[i].legal_text,
        };

        petition.returns = return_cases[i].returns;
        petition_setting_assert(setting, return_cases[i].name,
                                petition_rule_return(&setting->rules, &petition, &cmd),
                                return_cases[i].message, return_cases[i].field, NULL);
    }

    for (const char *const *ground = petition_rule_grounds(); *ground != NULL; ground++)
        g_assert_cmpint(petition_rule_ground_names_entity(*ground), ==,
                        strcmp(*ground, "other_entity") == 0 ||
                            strcmp(*ground, "transferred") == 0 ||
                            strcmp(*ground, "licensed_company") == 0);
    g_assert_false(petition_rule_ground_names_entity("workload"));
}

/* ---- consult ---- */

static const struct {
    const char *name, *state, *due;
    int64_t     directorate_id, days;
    const char *question;
    int         message;
    const char *field, *date;
} consult_cases[] = {
    /* 15 working days from Wednesday 15 April over the holiday: Thursday 7 May; half of 15 is 7 */
    { "half of what is left", "assigned", NULL, WATER_PIPES, 7, "متى؟", 0, NULL, NULL },
    { "more than half of what is left", "assigned", NULL, WATER_PIPES, 8, "متى؟",
      MSG_REFUSAL_CONSULT_TOO_LONG, "answer_days", "2026-04-27" },
    { "no day at all", "assigned", NULL, WATER_PIPES, 0, "متى؟", MSG_REFUSAL_CONSULT_TOO_LONG,
      "answer_days", "2026-04-27" },
    { "in work, half of four days", "in_progress", "2026-04-21 15:30", WATER_PIPES, 2, "متى؟", 0,
      NULL, NULL },
    { "in work, a day more than half", "in_progress", "2026-04-21 15:30", WATER_PIPES, 3, "متى؟",
      MSG_REFUSAL_CONSULT_TOO_LONG, "answer_days", "2026-04-19" },
    { "a day, when nothing is left", "in_progress", "2026-04-12 15:30", WATER_PIPES, 1, "متى؟", 0,
      NULL, NULL },
    { "another entity's directorate", "assigned", NULL, ROADS_LAMPS, 1, "متى؟",
      MSG_REFUSAL_CONSULT_DIRECTORATE, "directorate", NULL },
    { "a directorate that is gone", "assigned", NULL, WATER_OLD, 1, "متى؟",
      MSG_REFUSAL_CONSULT_DIRECTORATE, "directorate", NULL },
    { "no directorate", "assigned", NULL, 0, 1, "متى؟", MSG_REFUSAL_CONSULT_DIRECTORATE,
      "directorate", NULL },
    { "without a question", "assigned", NULL, WATER_PIPES, 1, " ", MSG_REFUSAL_TEXT_MISSING,
      "question", NULL },
    { "what waits at the unit", "received", NULL, WATER_PIPES, 1, "متى؟", MSG_REFUSAL_CONSULT_STATE,
      NULL, NULL },
    { "what is closed", "closed", NULL, WATER_PIPES, 1, "متى؟", MSG_REFUSAL_CONSULT_STATE, NULL,
      NULL },
};

static void
test_consult(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(consult_cases); i++) {
        Petition        petition = petition_setting_petition(consult_cases[i].state);
        PetitionConsult cmd = {
            .directorate_id = consult_cases[i].directorate_id,
            .question = consult_cases[i].question,
            .answer_days = consult_cases[i].days,
        };

        if (consult_cases[i].due != NULL)
            petition.due_at = petition_fixture_time(setting->fixture, consult_cases[i].due);
        petition_setting_assert(
            setting, consult_cases[i].name, petition_rule_consult(&setting->rules, &petition, &cmd),
            consult_cases[i].message, consult_cases[i].field, consult_cases[i].date);
    }
}

static const struct {
    const char *name, *state;
    int64_t     answered_event, proposed_days;
    const char *answer;
    int         message;
    const char *field;
} answer_to_cases[] = {
    { "the directorate answers", "in_progress", 0, 3, "غدًا", 0, NULL },
    { "and proposes nothing", "assigned", 0, 0, "غدًا", 0, NULL },
    { "not twice", "in_progress", 7, 0, "غدًا", MSG_REFUSAL_CONSULT_ANSWERED, NULL },
    { "not without words", "in_progress", 0, 0, NULL, MSG_REFUSAL_TEXT_MISSING, "answer" },
    { "not days that are gone", "in_progress", 0, -1, "غدًا", MSG_REFUSAL_CHOICE, "proposed_days" },
    { "not after the closing", "closed", 0, 0, "غدًا", MSG_REFUSAL_CLOSED, NULL },
};

static void
test_consult_answer(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(answer_to_cases); i++) {
        Petition              petition = petition_setting_petition(answer_to_cases[i].state);
        PetitionConsultation  question = { .answered_event = answer_to_cases[i].answered_event };
        PetitionConsultAnswer cmd = {
            .answer = answer_to_cases[i].answer,
            .proposed_days = answer_to_cases[i].proposed_days,
        };

        petition_setting_assert(
            setting, answer_to_cases[i].name,
            petition_rule_consult_answer(&setting->rules, &petition, &question, &cmd),
            answer_to_cases[i].message, answer_to_cases[i].field, NULL);
    }
}

/* ---- set period ---- */

static const struct {
    const char *name, *state;
    bool        period_set;
    const char *now, *day;
    int         message;
    const char *date, *date2;
} period_cases[] = {
    { "a working day within the limit", "in_progress", false, "2026-04-15 10:00", "2026-05-03", 0,
      NULL, NULL },
    { "the last day", "in_progress", false, "2026-04-15 10:00", "2026-05-07", 0, NULL, NULL },
    { "a day too far", "in_progress", false, "2026-04-15 10:00", "2026-05-08",
      MSG_REFUSAL_PERIOD_TOO_FAR, "2026-05-07", NULL },
    { "tomorrow", "in_progress", false, "2026-04-15 10:00", "2026-04-16", 0, NULL, NULL },
    { "today", "in_progress", false, "2026-04-15 10:00", "2026-04-15", MSG_REFUSAL_PERIOD_TOO_EARLY,
      "2026-04-16", NULL },
    { "a Friday", "in_progress", false, "2026-04-15 10:00", "2026-04-17",
      MSG_REFUSAL_PERIOD_DAY_OFF, "2026-04-17", "2026-04-19" },
    { "a holiday", "in_progress", false, "2026-04-15 10:00", "2026-04-26",
      MSG_REFUSAL_PERIOD_DAY_OFF, "2026-04-26", "2026-04-27" },
    { "once", "in_progress", true, "2026-04-15 10:00", "2026-05-03", MSG_REFUSAL_PERIOD_ONCE,
      "2026-05-07", NULL },
    { "in the last minute of two working days", "in_progress", false, "2026-04-19 15:30",
      "2026-05-03", 0, NULL, NULL },
    { "a minute later", "in_progress", false, "2026-04-19 15:31", "2026-05-03",
      MSG_REFUSAL_PERIOD_LATE, "2026-04-19", "2026-05-07" },
    { "before accepting", "assigned", false, "2026-04-15 10:00", "2026-05-03",
      MSG_REFUSAL_PERIOD_STATE, "", NULL },
    { "after closing", "closed", false, "2026-04-15 10:00", "2026-05-03", MSG_REFUSAL_PERIOD_STATE,
      "", NULL },
};

static void
test_set_period(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(period_cases); i++) {
        Petition          petition = petition_setting_petition(period_cases[i].state);
        g_autofree char  *noon = g_strconcat(period_cases[i].day, " 12:00", NULL);
        PetitionSetPeriod cmd = {
            .due_day = zone_day(setting->fixture->sys->zone,
                                petition_fixture_time(setting->fixture, noon)),
        };

        petition.period_set = period_cases[i].period_set;
        petition.due_at = petition_fixture_time(setting->fixture, "2026-05-07 15:30");
        setting->rules.now = petition_fixture_time(setting->fixture, period_cases[i].now);
        const Refusal *refusal = petition_rule_set_period(&setting->rules, &petition, &cmd);
        const char    *field = refusal == NULL ? NULL : refusal->field;

        petition_setting_assert(setting, period_cases[i].name, refusal, period_cases[i].message,
                                field, period_cases[i].date);
        if (period_cases[i].date2 != NULL)
            g_assert_cmpstr(petition_setting_day(setting, refusal->times[1]), ==,
                            period_cases[i].date2);
    }
}

/* ---- update, note, information ---- */

static void
test_update(PetitionSetting *setting, const void *data)
{
    static const struct {
        const char *name, *state, *text;
        int         message;
    } cases[] = {
        { "news of work", "in_progress", "بدأ الحفر", 0 },
        { "news of what is scheduled", "scheduled", "بدأ الحفر", 0 },
        { "no news", "in_progress", "", MSG_REFUSAL_TEXT_MISSING },
        { "news before accepting", "assigned", "بدأ الحفر", MSG_REFUSAL_UPDATE_STATE },
        { "news after closing", "closed", "بدأ الحفر", MSG_REFUSAL_UPDATE_STATE },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Petition       petition = petition_setting_petition(cases[i].state);
        PetitionUpdate cmd = { .text = cases[i].text };

        petition_setting_assert(
            setting, cases[i].name, petition_rule_update(&setting->rules, &petition, &cmd),
            cases[i].message, cases[i].message == MSG_REFUSAL_TEXT_MISSING ? "text" : NULL, NULL);
    }
}

static void
test_note_and_information(PetitionSetting *setting, const void *data)
{
    Petition open = petition_setting_petition("received"),
             closed = petition_setting_petition("closed"),
             withdrawn = petition_setting_petition("withdrawn");
    PetitionNote note = { .text = "اتصل بنا الزميل" }, empty = { .text = NULL };
    PetitionAddInformation more = { .text = "وصورة" }, nothing = { .text = " " };

    (void)data;
    petition_setting_assert(setting, "a note", petition_rule_note(&setting->rules, &note), 0, NULL,
                            NULL);
    petition_setting_assert(setting, "an empty note", petition_rule_note(&setting->rules, &empty),
                            MSG_REFUSAL_TEXT_MISSING, "text", NULL);
    petition_setting_assert(setting, "more on an open one",
                            petition_rule_add_information(&setting->rules, &open, &more), 0, NULL,
                            NULL);
    petition_setting_assert(setting, "nothing more",
                            petition_rule_add_information(&setting->rules, &open, &nothing),
                            MSG_REFUSAL_TEXT_MISSING, "text", NULL);
    petition_setting_assert(setting, "more on a closed one",
                            petition_rule_add_information(&setting->rules, &closed, &more),
                            MSG_REFUSAL_CLOSED, NULL, "2026-04-15");
    petition_setting_assert(setting, "more on a withdrawn one",
                            petition_rule_add_information(&setting->rules, &withdrawn, &more),
                            MSG_REFUSAL_WITHDRAWN, NULL, "2026-04-15");
}

#define ADD(name, test)                                                                            \
    g_test_add(name, PetitionSetting, NULL, petition_setting_up, test, petition_setting_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_rules/route", test_route);
    ADD("/petition_rules/accept", test_accept);
    ADD("/petition_rules/return", test_return);
    ADD("/petition_rules/consult", test_consult);
    ADD("/petition_rules/consult_answer", test_consult_answer);
    ADD("/petition_rules/set_period", test_set_period);
    ADD("/petition_rules/update", test_update);
    ADD("/petition_rules/note_and_information", test_note_and_information);
    return g_test_run();
}
