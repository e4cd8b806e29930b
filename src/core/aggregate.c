/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counts, kept by whoever writes an event. `sawt check` counts the events anew and compares. */
#include "core/aggregate.h"

static const DbQuery add_count = {
    .sql = "INSERT INTO aggregate (day, entity_id, service_id, type, channel, place_id, kind, n)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
           " ON CONFLICT (day, entity_id, service_id, type, channel, place_id, kind)"
           " DO UPDATE SET n = aggregate.n + excluded.n",
    .sql_pg = "INSERT INTO aggregate"
              " (day, entity_id, service_id, type, channel, place_id, kind, n)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .table = "aggregate",
};

const DbQuery *const aggregate_queries[] = { &add_count, NULL };

const DbTable        aggregate_tables[] = { { "aggregate", DB_TABLE_CASE }, { NULL, 0 } };

void
aggregate_add(WritePlan *plan, const AggregateKey *key, int64_t n)
{
    plan_one(plan, &add_count,
             DB_PARAMS(db_int(key->day), db_int(key->entity_id), db_int(key->service_id),
                       db_text(key->type), db_text(key->channel), db_int(key->place_id),
                       db_text(key->kind), db_int(n)));
}

/* What leaves an entity is that entity's act. */
static int64_t
entity_of(const Event *event)
{
    return event->entity_to != 0 ? event->entity_to : event->entity_from;
}

bool
aggregate_on_event(Prepare *prepare, const Event *event, GError **error)
{
    const Reference *reference = system_reference(prepare->sys);

    (void)error;
    if (event->type == NULL)
        return true; /* no petition's: a change of reference data */

    aggregate_add(prepare->plan,
                  &(AggregateKey){
                      .day = zone_day(prepare->sys->zone, event->at),
                      .entity_id = entity_of(event),
                      .service_id = event->service_id,
                      .place_id = reference_governorate(reference, event->place_id),
                      .type = event->type,
                      .channel = event->channel,
                      .kind = event->kind,
                  },
                  1);
    return true;
}
