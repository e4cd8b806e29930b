/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of rules: the day is Wednesday 2026-04-15, 10:00; Sunday 26 is a holiday; WATER_LEAKS has
 * 15 working days for a complaint. */
#pragma once

#include "feature/petition/petition_fixture.h"
#include "feature/petition/petition_rules.h"
#include "messages.h"

typedef struct {
    PetitionFixture *fixture;
    Calendar         calendar;
    RuleContext      rules;
} PetitionSetting;

/* Of g_test_add. */
void petition_setting_up(PetitionSetting *setting, const void *data);
void petition_setting_down(PetitionSetting *setting, const void *data);

/* The civil day of a time, as "2026-04-15"; "" for none. */
char *petition_setting_day(const PetitionSetting *setting, AppTime time);
/* message 0: it may be done. `date` NULL: not looked at. */
void
petition_setting_assert(const PetitionSetting *setting, const char *name, const Refusal *refusal,
                        int message, const char *field, const char *date);
/* A complaint of WATER_LEAKS in a state, everything at now. */
Petition petition_setting_petition(const char *state);
