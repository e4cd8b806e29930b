/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counts kept by the write: (day, entity, service, type, channel, governorate, kind) → n. An upsert
 * on SQLite, an appended delta on PostgreSQL: who reads them adds up. */
#pragma once

#include "core/event.h"

typedef struct {
    int64_t     day, entity_id, service_id, place_id; /* 0: none */
    const char *type, *channel, *kind;
} AggregateKey;

void aggregate_add(WritePlan *plan, const AggregateKey *key, int64_t n);
/* The listener: one count for each event. */
bool aggregate_on_event(Prepare *prepare, const Event *event, GError **error) MUST_USE;

extern const DbQuery *const aggregate_queries[];
extern const DbTable        aggregate_tables[];
