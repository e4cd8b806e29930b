/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What follows from a petition's type: its outcomes and its time. */
#include "feature/petition/petition_rules.h"

#include <string.h>

static const char *const inquiry_outcomes[] = {
    "explained", "outside_government", "insufficient", "moot", NULL,
};
static const char *const praise_outcomes[] = { "thanked", "outside_government", "moot", NULL };
static const char *const suggestion_outcomes[] = {
    "adopted",
    "implemented",
    "not_adopted",
    "not_possible_law",
    "not_possible_means",
    "outside_government",
    "insufficient",
    "moot",
    NULL,
};
static const char *const complaint_outcomes[] = {
    "resolved",           "partly_resolved",    "explained",  "not_substantiated",
    "not_possible_law",   "not_possible_means", "sub_judice", "referred_authority",
    "outside_government", "insufficient",       "moot",       NULL,
};

/* Days are working days, each replaceable for a service. */
static const struct {
    const char        *name;
    int64_t            days;
    size_t             of_service;
    const char *const *outcomes;
} types[] = {
    { "inquiry", 3, offsetof(Service, inquiry_days), inquiry_outcomes },
    { "praise", 3, offsetof(Service, praise_days), praise_outcomes },
    { "suggestion", 20, offsetof(Service, suggestion_days), suggestion_outcomes },
    { "complaint", 10, offsetof(Service, complaint_days), complaint_outcomes },
};

/* The complaint's, the strictest, stands last. */
static size_t
type_index(const char *type)
{
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(types) && strcmp(types[i].name, type) != 0)
        i++;
    return i;
}

const char *const *
petition_rule_outcomes(const char *type)
{
    return types[type_index(type)].outcomes;
}

/* ---- clocks ---- */

AppTime
petition_rule_accept_by(const Calendar *calendar, AppTime assigned_at)
{
    return calendar_after_working_hours(calendar, assigned_at, 2);
}

AppTime
petition_rule_due(const Calendar *calendar, const char *type, int64_t service_id,
                  AppTime assigned_at)
{
    const Service *service = reference_service(calendar->reference, service_id);
    size_t         i = type_index(type);
    int64_t        days = types[i].days;

    if (service != NULL)
        memcpy(&days, (const char *)service + types[i].of_service, sizeof days);
    return calendar_after_working_days(calendar, assigned_at, days);
}

AppTime
petition_rule_triage_by(const Calendar *calendar, AppTime received_at)
{
    return calendar_after_working_days(calendar, received_at, 1);
}

AppTime
petition_rule_returned_by(const Calendar *calendar, int64_t returns, AppTime returned_at)
{
    return returns < PETITION_RETURNS_MOST ? petition_rule_triage_by(calendar, returned_at)
                                           : calendar_after_working_days(calendar, returned_at, 2);
}

AppTime
petition_rule_rate_by(AppTime closed_at)
{
    return closed_at + PETITION_RATE_DAYS * DAYS;
}

AppTime
petition_rule_remind_at(AppTime from, AppTime due_at)
{
    return due_at > from ? from + (due_at - from) / 2 : 0;
}

int64_t
petition_rule_latest_day(const Calendar *calendar, const Petition *petition)
{
    return zone_day(calendar->zone, petition_rule_due(calendar, petition->type,
                                                      petition->service_id, petition->assigned_at));
}
