/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counts kept by the write: (day, entity, service, type, channel, governorate, kind) → n. An upsert
 * on SQLite, an appended delta on PostgreSQL: who reads them adds up. */
#pragma once

#include "core/event.h"
#include "core/job.h"

typedef struct {
    int64_t     day, entity_id, service_id, place_id; /* 0: none */
    const char *type, *channel, *kind;
} AggregateKey;

void aggregate_add(WritePlan *plan, const AggregateKey *key, int64_t n);
/* The listener: one count for each event. */
bool aggregate_on_event(Prepare *prepare, const Event *event, GError **error) MUST_USE;

/* Add up what was appended, some thousands of rows at once; *more: there are others. What is read before
 * and after says the same. */
bool aggregate_fold(System *sys, Arena *mem, bool *more, GError **error) MUST_USE;

/* The first and last day of which there is a count; both 0: none. */
bool aggregate_days(DbTx *tx, int64_t *first, int64_t *last, GError **error) MUST_USE;
/* All counts of the days from `first` to `last`. The key is borrowed until the function returns. */
typedef bool (*AggregateFunc)(const AggregateKey *key, int64_t n, void *data, GError **error);
bool aggregate_each(DbTx *tx, int64_t first, int64_t last, AggregateFunc count, void *data,
                    GError **error) MUST_USE;

extern const JobSpec        aggregate_jobs[]; /* folding, each minute */
extern const DbQuery *const aggregate_queries[];
extern const DbTable        aggregate_tables[];
