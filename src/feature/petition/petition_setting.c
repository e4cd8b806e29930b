/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/petition/petition_setting.h"

void
petition_setting_up(PetitionSetting *setting, const void *data)
{
    (void)data;
    setting->fixture = petition_fixture_new(NULL);
    setting->calendar = system_calendar(setting->fixture->sys);
    setting->rules = (RuleContext){
        .mem = setting->fixture->mem,
        .calendar = &setting->calendar,
        .now = CORE_FIXTURE_NOW,
    };
}

void
petition_setting_down(PetitionSetting *setting, const void *data)
{
    (void)data;
    petition_fixture_free(setting->fixture);
}

char *
petition_setting_day(const PetitionSetting *setting, AppTime time)
{
    Civil civil = zone_civil(setting->fixture->sys->zone, time);

    return time == 0 ? arena_printf(setting->rules.mem, "%s", "")
                     : arena_printf(setting->rules.mem, "%04d-%02d-%02d", civil.year, civil.month,
                                    civil.day);
}

void
petition_setting_assert(const PetitionSetting *setting, const char *name, const Refusal *refusal,
                        int message, const char *field, const char *date)
{
    g_test_message("%s", name);
    g_assert_cmpint(refusal == NULL ? 0 : refusal->message, ==, message);
    if (refusal == NULL)
        return;

    g_assert_cmpstr(refusal->field, ==, field);
    if (date != NULL)
        g_assert_cmpstr(petition_setting_day(setting, refusal->times[0]), ==, date);
}

Petition
petition_setting_petition(const char *state)
{
    return (Petition){
        .id = 1,
        .version = 1,
        .type = "complaint",
        .state = state,
        .holder = "entity",
        .about = "service",
        .entity_id = WATER,
        .service_id = WATER_LEAKS,
        .assigned_at = CORE_FIXTURE_NOW,
        .accepted_at = CORE_FIXTURE_NOW,
        .closed_at = CORE_FIXTURE_NOW,
    };
}
