/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is to be sent. A row is due at `next_at`; claiming moves that to the end of the lease, so that
 * a claimed row is simply not due until its sender has settled it or died. Who settles must hold
 * the lease. */
#include "core/outbox.h"

#include "core/job.h"

#define LEASE MINUTES

enum { CLAIM_TRIES = 5 };

/* ---- statements ---- */

/* A message that was written before stays as it is, whatever became of it. */
static const DbQuery insert_message = {
    .sql = "INSERT INTO outbox (id, petition_id, event_id, recipient, account_id, channel, message,"
           " lang, dedupe, fate, tries, next_at, created_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $10, $11)"
           " ON CONFLICT (dedupe) DO NOTHING",
    .table = "outbox",
};

#define ROW_COLUMNS                                                                                \
    "id, petition_id, event_id, account_id, tries, next_at, created_at, done_at, recipient,"       \
    " channel, message, lang, dedupe, fate, error"

static const DbColumn row_columns[] = {
    DB_COLUMN(OutboxRow, id),         DB_MAYBE(OutboxRow, petition_id),
    DB_MAYBE(OutboxRow, event_id),    DB_MAYBE(OutboxRow, account_id),
    DB_COLUMN(OutboxRow, tries),      DB_MAYBE(OutboxRow, next_at),
    DB_COLUMN(OutboxRow, created_at), DB_MAYBE(OutboxRow, done_at),
    DB_COLUMN(OutboxRow, recipient),  DB_COLUMN(OutboxRow, channel),
    DB_COLUMN(OutboxRow, message),    DB_COLUMN(OutboxRow, lang),
    DB_COLUMN(OutboxRow, dedupe),     DB_COLUMN(OutboxRow, fate),
    DB_MAYBE(OutboxRow, error),
};

static const DbQuery due_rows = {
    .sql = "SELECT " ROW_COLUMNS " FROM outbox WHERE channel = $1 AND next_at <= $2"
           " ORDER BY next_at, id LIMIT $3",
    DB_COLUMNS(OutboxRow, row_columns),
};

static const DbQuery rows_of_petition = {
    .sql = "SELECT " ROW_COLUMNS " FROM outbox WHERE petition_id = $1 ORDER BY id LIMIT 200",
    DB_COLUMNS(OutboxRow, row_columns),
};

static const DbQuery recent_rows = {
    .sql = "SELECT " ROW_COLUMNS " FROM outbox WHERE id < $1 ORDER BY id DESC LIMIT 50",
    DB_COLUMNS(OutboxRow, row_columns),
};

/* A try counts from the claim on: a message that ends the process is dead some day too. */
static const DbQuery claim_row = {
    .sql = "UPDATE outbox SET next_at = $1, lease_until = $2, tries = tries + 1"
           " WHERE id = $3 AND next_at = $4",
    .table = "outbox",
};

static const DbQuery settle_row = {
    .sql = "UPDATE outbox SET fate = $1, next_at = $2, lease_until = NULL, error = $3,"
           " done_at = $4 WHERE id = $5 AND lease_until = $6",
    .table = "outbox",
};

static const DbQuery give_back_row = {
    .sql = "UPDATE outbox SET next_at = $1, lease_until = NULL, tries = tries - 1"
           " WHERE id = $2 AND lease_until = $3",
    .table = "outbox",
};

static const DbColumn next_columns[] = { DB_COLUMN(OutboxRow, next_at) };

static const DbQuery  next_row = {
     .sql = "SELECT next_at FROM outbox WHERE channel = $1 AND next_at IS NOT NULL"
             " ORDER BY next_at, id LIMIT 1",
     DB_COLUMNS(OutboxRow, next_columns),
};

/* A call that an agent has taken is a person's: it stays taken. */
static const DbQuery recover_rows = {
    .sql = "UPDATE outbox SET next_at = $1, lease_until = NULL"
           " WHERE channel = $2 AND next_at IS NOT NULL AND lease_until IS NOT NULL",
    .table = "outbox",
};

const DbQuery *const outbox_queries[] = {
    &insert_message, &due_rows,      &rows_of_petition, &recent_rows,  &claim_row,
    &settle_row,     &give_back_row, &next_row,         &recover_rows, NULL
};

/* The cause of a message has an event; its fate needs none. */
const DbTable outbox_tables[] = { { "outbox", DB_TABLE_MACHINERY }, { NULL, 0 } };

/* ---- writing ---- */

void
outbox_add(Prepare *prepare, const OutboxMessage *message)
{
    command_last(prepare, &insert_message,
                 DB_PARAMS(db_int(id_next(prepare->sys->ids)), db_int_or_null(message->petition_id),
                           db_int_or_null(message->event_id), db_text(message->recipient),
                           db_int_or_null(message->account_id), db_text(message->channel),
                           db_text(message->message), db_text(message->lang),
                           db_text(message->dedupe),
                           db_int(message->at != 0 ? message->at : prepare->now),
                           db_int(prepare->recorded_at)));
    prepare->wakes = true;
}

/* ---- sending ---- */

static bool
read_due(System *sys, Arena *mem, const char *channel, size_t most, OutboxRow **rows, size_t *n,
         GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL &&
           db_all(tx, &due_rows,
                  DB_PARAMS(db_text(channel), db_int(clock_now(sys->clock)), db_int((int64_t)most)),
                  rows, n, error);
}

/* RACE: another node took one of them. */
static bool
claim_rows(System *sys, Arena *mem, OutboxRow *rows, size_t n, GError **error)
{
    WritePlan *plan = plan_new(mem);
    AppTime    until = clock_now(sys->clock) + LEASE;

    for (size_t i = 0; i < n; i++) {
        plan_one(
            plan, &claim_row,
            DB_PARAMS(db_int(until), db_int(until), db_int(rows[i].id), db_int(rows[i].next_at)));
        rows[i].next_at = until;
        rows[i].tries++;
    }
    return db_apply(sys->db, plan, error);
}

bool
outbox_claim(System *sys, Arena *mem, const char *channel, size_t most, OutboxRow **rows, size_t *n,
             GError **error)
{
    for (int i = 0; i < CLAIM_TRIES; i++) {
        g_autoptr(GError) failure = NULL;

        if (!read_due(sys, mem, channel, most, rows, n, error))
            return false;
        if (claim_rows(sys, mem, *rows, *n, &failure))
            return true;
        if (error_code(failure) != APP_ERROR_RACE) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }

    *n = 0; /* those who are faster send them */
    return true;
}

static bool
is_fate(const char *fate)
{
    static const char *const fates[] = { "waiting", "sent", "unknown", "dead", NULL };

    return g_strv_contains(fates, fate);
}

static void
add_settling(System *sys, WritePlan *plan, const OutboxRow *row, const char *fate, AppTime next_at,
             const char *reason)
{
    plan_one(plan, &settle_row,
             DB_PARAMS(db_text(fate), db_int_or_null(next_at), db_text(reason),
                       next_at != 0 ? db_null() : db_int(clock_now(sys->clock)), db_int(row->id),
                       db_int(row->next_at)));
}

static bool
apply_settling(System *sys, const WritePlan *plan, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (db_apply(sys->db, plan, &failure))
        return true;
    if (error_code(failure) == APP_ERROR_RACE)
        return fail(error, APP_ERROR_CONFLICT, "the lease of the message had ended");

    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

bool
outbox_settle(System *sys, Arena *mem, const OutboxRow *row, const char *fate, AppTime next_at,
              const char *reason, GError **error)
{
    WritePlan *plan = plan_new(mem);
    bool       waits = g_strcmp0(fate, "waiting") == 0;

    if (!is_fate(fate) || waits != (next_at != 0))
        return fail(error, APP_ERROR_INTERNAL, "no fate of a message: %s", fate);

    add_settling(sys, plan, row, fate, next_at, reason);
    return apply_settling(sys, plan, error);
}

void
outbox_write_anew(System *sys, WritePlan *plan, const OutboxRow *row, const char *channel,
                  const char *dedupe)
{
    AppTime now = clock_now(sys->clock);

    plan_any(plan, &insert_message,
             DB_PARAMS(db_int(id_next(sys->ids)), db_int_or_null(row->petition_id),
                       db_int_or_null(row->event_id), db_text(row->recipient),
                       db_int_or_null(row->account_id), db_text(channel), db_text(row->message),
                       db_text(row->lang), db_text(dedupe), db_int(now), db_int(now)));
}

bool
outbox_fall_back(System *sys, Arena *mem, const OutboxRow *row, const char *reason,
                 const char *channel, const char *dedupe, GError **error)
{
    WritePlan *plan = plan_new(mem);

    add_settling(sys, plan, row, "dead", 0, reason);
    outbox_write_anew(sys, plan, row, channel, dedupe);
    if (!apply_settling(sys, plan, error))
        return false;

    job_wake_for(sys);
    return true;
}

bool
outbox_give_back(System *sys, Arena *mem, const OutboxRow *rows, size_t n, AppTime next_at,
                 GError **error)
{
    WritePlan *plan = plan_new(mem);

    for (size_t i = 0; i < n; i++)
        plan_any(plan, &give_back_row,
                 DB_PARAMS(db_int(next_at), db_int(rows[i].id), db_int(rows[i].next_at)));
    return n == 0 || db_apply(sys->db, plan, error);
}

bool
outbox_recover(System *sys, Arena *mem, GError **error)
{
    static const char *const channels[] = { "sms", "email" };
    WritePlan               *plan = plan_new(mem);

    for (size_t i = 0; i < G_N_ELEMENTS(channels); i++)
        plan_any(plan, &recover_rows,
                 DB_PARAMS(db_int(clock_now(sys->clock)), db_text(channels[i])));
    return db_apply(sys->db, plan, error);
}

/* ---- reading ---- */

bool
outbox_next(DbTx *tx, const char *channel, AppTime *at, GError **error)
{
    OutboxRow row;
    bool      found;

    if (!db_maybe(tx, &next_row, DB_PARAMS(db_text(channel)), &row, &found, error))
        return false;
    *at = found ? row.next_at : 0;
    return true;
}

bool
outbox_of_petition(DbTx *tx, int64_t petition_id, OutboxRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &rows_of_petition, DB_PARAMS(db_int(petition_id)), rows, n, error);
}

bool
outbox_recent(DbTx *tx, int64_t before_id, OutboxRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &recent_rows, DB_PARAMS(db_int(before_id == 0 ? INT64_MAX : before_id)), rows,
                  n, error);
}
