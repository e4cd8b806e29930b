/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The outbox's own claim is for senders: any rows, a minute, a try at once. A person on the telephone
 * takes one row, needs longer, and may give it back. */
#include "feature/desk/desk_call_store.h"

#include "core/job.h"
#include "feature/desk/desk.h"
#include "feature/desk/desk_draft.h"

#define TAKEN (20 * MINUTES)

#define ROW_COLUMNS                                                                                \
    "id, petition_id, event_id, tries, next_at, created_at, recipient, channel, message, lang, "   \
    "dedupe, fate"

static const DbColumn row_columns[] = {
    DB_COLUMN(OutboxRow, id),        DB_COLUMN(OutboxRow, petition_id),
    DB_MAYBE(OutboxRow, event_id),   DB_COLUMN(OutboxRow, tries),
    DB_COLUMN(OutboxRow, next_at),   DB_COLUMN(OutboxRow, created_at),
    DB_COLUMN(OutboxRow, recipient), DB_COLUMN(OutboxRow, channel),
    DB_COLUMN(OutboxRow, message),   DB_COLUMN(OutboxRow, lang),
    DB_COLUMN(OutboxRow, dedupe),    DB_COLUMN(OutboxRow, fate),
};

static const DbQuery due_calls = {
    .sql =
        "SELECT " ROW_COLUMNS " FROM outbox WHERE channel = 'call' AND next_at <= $1"
        " AND (next_at, id) > ($2, $3) AND petition_id IS NOT NULL ORDER BY next_at, id LIMIT 50",
    DB_COLUMNS(OutboxRow, row_columns),
};

static const DbQuery call_by_id = {
    .sql =
        "SELECT " ROW_COLUMNS " FROM outbox WHERE id = $1 AND channel = 'call' AND fate = 'waiting'"
        " AND next_at IS NOT NULL AND petition_id IS NOT NULL",
    DB_COLUMNS(OutboxRow, row_columns),
};

static const DbQuery take_call = {
    .sql = "UPDATE outbox SET next_at = $1, lease_until = $2 WHERE id = $3 AND next_at = $4"
           " AND channel = 'call'",
    .table = "outbox",
};

static const DbQuery settle_call = {
    .sql = "UPDATE outbox SET fate = $1, tries = tries + 1, next_at = $2, lease_until = NULL, "
           "error = $3,"
           " done_at = $4 WHERE id = $5 AND lease_until = $6 AND channel = 'call'",
    .table = "outbox",
};

const DbQuery *const desk_queries[] = { &due_calls,         &call_by_id,
                                        &take_call,         &settle_call,
                                        &desk_draft_find,   &desk_draft_put,
                                        &desk_draft_delete, NULL };

bool
desk_call_store_due(DbTx *tx, AppTime now, DeskCallAfter after, OutboxRow **rows, size_t *n,
                    GError **error)
{
    return db_all(tx, &due_calls, DB_PARAMS(db_int(now), db_int(after.next_at), db_int(after.id)),
                  rows, n, error);
}

bool
desk_call_store_by_id(DbTx *tx, int64_t id, OutboxRow *row, GError **error)
{
    return db_one(tx, &call_by_id, DB_PARAMS(db_int(id)), row, error);
}

static bool
apply(System *sys, const WritePlan *plan, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (db_apply(sys->db, plan, &cause))
        return true;
    if (error_code(cause) == APP_ERROR_RACE)
        return fail(error, APP_ERROR_CONFLICT, "the call is somebody else's, or over");
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
desk_call_store_take(System *sys, Arena *mem, const OutboxRow *row, AppTime *until, GError **error)
{
    WritePlan *plan = plan_new(mem);
    AppTime    now = clock_now(sys->clock);

    if (row->next_at > now)
        return fail(error, APP_ERROR_CONFLICT, "the call is not due, or taken");
    *until = now + TAKEN;
    plan_one(plan, &take_call,
             DB_PARAMS(db_int(*until), db_int(*until), db_int(row->id), db_int(row->next_at)));
    return apply(sys, plan, error);
}

bool
desk_call_store_settle(System *sys, Arena *mem, const DeskCallSettle *settle, GError **error)
{
    WritePlan *plan = plan_new(mem);

    plan_one(plan, &settle_call,
             DB_PARAMS(db_text(settle->fate), db_int_or_null(settle->next_at),
                       db_text(settle->reason),
                       settle->next_at != 0 ? db_null() : db_int(clock_now(sys->clock)),
                       db_int(settle->id), db_int(settle->until)));
    if (settle->unreached != NULL)
        outbox_write_anew(sys, plan, settle->unreached, "sms", settle->dedupe);
    if (!apply(sys, plan, error))
        return false;

    job_wake_for(sys);
    return true;
}
