/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of features, and the lists that others take, put together from it and from core. */
#include "app/features.h"

#include "app/rates.h"
#include "core/aggregate.h"
#include "core/cluster.h"
#include "core/event.h"
#include "core/outbox.h"
#include "core/rate.h"
#include "core/session.h"
#include "core/token.h"
#include "feature/account/account.h"
#include "feature/attachment/attachment.h"
#include "feature/check/check.h"
#include "feature/desk/desk.h"
#include "feature/entity/entity.h"
#include "feature/follow/follow.h"
#include "feature/generate/generate.h"
#include "feature/lodge/lodge.h"
#include "feature/notify/notify.h"
#include "feature/office/office.h"
#include "feature/petition/petition.h"
#include "migrations_case.h"

const Feature *const features[] = {
    &lodge_feature,      &follow_feature,   &account_feature,
    &attachment_feature, &office_feature,   &desk_feature,
    &notify_feature,     &petition_feature, NULL,
};

static const DbQuery *const *const query_lists[] = {
    reference_queries, event_queries, outbox_queries,   job_queries,      session_queries,
    aggregate_queries, token_queries, petition_queries, lodge_queries,    attachment_queries,
    entity_queries,    desk_queries,  check_queries,    generate_queries, rate_queries,
    cluster_queries,   NULL,
};

static const DbTable *const table_lists[] = {
    reference_tables,
    event_tables,
    outbox_tables,
    job_tables,
    session_tables,
    aggregate_tables,
    token_tables,
    petition_tables,
    attachment_tables,
    lodge_tables,
    rate_tables,
    cluster_tables,
    NULL,
};

const DbSchema features_schema = {
    .name = "case",
    .event_table = "event",
    .tables = table_lists,
    .queries = query_lists,
    .migrations = migrations_case,
    .n_migrations = MIGRATIONS_CASE_N,
    .derived = token_derived,
    .contents = attachment_contents,
};

const Route *const *
features_routes(Arena *mem)
{
    const Route **tables = ARENA_ARRAY(mem, const Route *, G_N_ELEMENTS(features));
    size_t        n = 0;

    for (size_t i = 0; features[i] != NULL; i++)
        if (features[i]->routes != NULL)
            tables[n++] = features[i]->routes;
    return tables;
}

const JobSpec *const *
features_jobs(Arena *mem)
{
    const JobSpec **lists = ARENA_ARRAY(mem, const JobSpec *, G_N_ELEMENTS(features) + 3);
    size_t          n = 0;

    lists[n++] = rates_jobs;
    lists[n++] = cluster_jobs;
    lists[n++] = aggregate_jobs;
    for (size_t i = 0; features[i] != NULL; i++)
        if (features[i]->jobs != NULL)
            lists[n++] = features[i]->jobs;
    return lists;
}

const EventListener *
features_listeners(Arena *mem)
{
    EventListener *listeners = ARENA_ARRAY(mem, EventListener, G_N_ELEMENTS(features) + 2);
    size_t         n = 0;

    listeners[n++] = aggregate_on_event;
    for (size_t i = 0; features[i] != NULL; i++)
        if (features[i]->listener != NULL)
            listeners[n++] = features[i]->listener;
    return listeners;
}
