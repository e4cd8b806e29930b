/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists: each offered one is a statement of its own over an index that ends in (due_at, id), and goes
 * on by key from the last row shown. */
#include "feature/petition/petition_store.h"

#define ROW_COLUMNS                                                                                \
    "id, version, number, entity_id, service_id, place_id, lodged_at, due_at, closed_at, returns," \
    " brief_epoch, type, about, state, holder, outcome, restricted, provisional, frozen, "         \
    "period_set,"                                                                                  \
    " brief"

static const DbColumn row_columns[] = {
    DB_COLUMN(PetitionRow, id),          DB_COLUMN(PetitionRow, version),
    DB_COLUMN(PetitionRow, number),      DB_MAYBE(PetitionRow, entity_id),
    DB_MAYBE(PetitionRow, service_id),   DB_MAYBE(PetitionRow, place_id),
    DB_COLUMN(PetitionRow, lodged_at),   DB_MAYBE(PetitionRow, due_at),
    DB_MAYBE(PetitionRow, closed_at),    DB_COLUMN(PetitionRow, returns),
    DB_COLUMN(PetitionRow, brief_epoch), DB_COLUMN(PetitionRow, type),
    DB_COLUMN(PetitionRow, about),       DB_COLUMN(PetitionRow, state),
    DB_COLUMN(PetitionRow, holder),      DB_MAYBE(PetitionRow, outcome),
    DB_COLUMN(PetitionRow, restricted),  DB_COLUMN(PetitionRow, provisional),
    DB_COLUMN(PetitionRow, frozen),      DB_COLUMN(PetitionRow, period_set),
    DB_MAYBE(PetitionRow, brief),
};

#define BY_TIME_LEFT " AND (due_at, id) > ($3, $4) ORDER BY due_at, id LIMIT 50"
#define NEWEST_FIRST " AND (due_at, id) < ($2, $3) ORDER BY due_at DESC, id DESC LIMIT 50"

const DbQuery petition_store_list_inbox = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition WHERE entity_id = $1 AND state = $2" BY_TIME_LEFT,
    DB_COLUMNS(PetitionRow, row_columns),
};

const DbQuery petition_store_list_inbox_unrestricted = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition"
           " WHERE entity_id = $1 AND state = $2 AND NOT restricted" BY_TIME_LEFT,
    DB_COLUMNS(PetitionRow, row_columns),
};

const DbQuery petition_store_list_closed = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition"
           " WHERE entity_id = $1 AND state = 'closed'" NEWEST_FIRST,
    DB_COLUMNS(PetitionRow, row_columns),
};

const DbQuery petition_store_list_closed_unrestricted = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition"
           " WHERE entity_id = $1 AND state = 'closed' AND NOT restricted" NEWEST_FIRST,
    DB_COLUMNS(PetitionRow, row_columns),
};

/* All of them have no entity; PostgreSQL sees the order of the index only when it is named. */
const DbQuery petition_store_list_triage = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition WHERE entity_id IS NULL AND state = 'received'"
           " AND (due_at, id) > ($1, $2) ORDER BY entity_id, due_at, id LIMIT 50",
    DB_COLUMNS(PetitionRow, row_columns),
};

const DbQuery petition_store_list_row_by_id = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition WHERE id = $1",
    DB_COLUMNS(PetitionRow, row_columns),
};

const DbQuery petition_store_list_row_by_number = {
    .sql = "SELECT " ROW_COLUMNS " FROM petition WHERE number = $1",
    DB_COLUMNS(PetitionRow, row_columns),
};

static const DbColumn question_columns[] = {
    DB_COLUMN(PetitionQuestion, id),          DB_COLUMN(PetitionQuestion, petition_id),
    DB_COLUMN(PetitionQuestion, number),      DB_COLUMN(PetitionQuestion, asked_at),
    DB_COLUMN(PetitionQuestion, due_at),      DB_COLUMN(PetitionQuestion, asked_event),
    DB_COLUMN(PetitionQuestion, brief_epoch), DB_MAYBE(PetitionQuestion, entity_id),
    DB_COLUMN(PetitionQuestion, type),        DB_MAYBE(PetitionQuestion, brief),
};

/* A restricted file is put to no directorate; one that became restricted later is hidden. */
const DbQuery petition_store_list_questions = {
    .sql = "SELECT c.id, c.petition_id, p.number, c.asked_at, c.due_at, c.asked_event,"
           " p.brief_epoch, p.entity_id, p.type, p.brief"
           " FROM consultation c JOIN petition p ON p.id = c.petition_id"
           " WHERE c.directorate_id = $1 AND c.answered_event IS NULL AND NOT p.restricted"
           " AND (c.due_at, c.id) > ($2, $3) ORDER BY c.due_at, c.id LIMIT 50",
    DB_COLUMNS(PetitionQuestion, question_columns),
};

/* ---- for jobs ---- */

static const DbColumn waiting_columns[] = {
    DB_COLUMN(PetitionWaiting, id),
    DB_COLUMN(PetitionWaiting, number),
    DB_MAYBE(PetitionWaiting, identity_at),
    DB_COLUMN(PetitionWaiting, person),
};

/* The index has only those that have a time: it must be said, or it is not taken. */
const DbQuery petition_store_list_due_identity = {
    .sql = "SELECT id, number, identity_at, person FROM petition"
           " WHERE identity_at IS NOT NULL AND closed_at IS NULL AND identity_at <= $1"
           " AND (identity_at, id) > ($2, $3) ORDER BY identity_at, id LIMIT 100",
    DB_COLUMNS(PetitionWaiting, waiting_columns),
};

const DbQuery petition_store_list_provisional = {
    .sql = "SELECT id, number, identity_at, person FROM petition"
           " WHERE provisional AND closed_at IS NULL AND id > $1 ORDER BY id LIMIT 100",
    DB_COLUMNS(PetitionWaiting, waiting_columns),
};

bool
petition_store_due_identity(DbTx *tx, AppTime now, PetitionAfter after, PetitionWaiting **rows,
                            size_t *n, GError **error)
{
    return db_all(tx, &petition_store_list_due_identity,
                  DB_PARAMS(db_int(now), db_int(after.due_at), db_int(after.id)), rows, n, error);
}

bool
petition_store_provisional(DbTx *tx, int64_t after_id, PetitionWaiting **rows, size_t *n,
                           GError **error)
{
    return db_all(tx, &petition_store_list_provisional, DB_PARAMS(db_int(after_id)), rows, n,
                  error);
}

/* ---- lists ---- */

bool
petition_store_inbox(DbTx *tx, int64_t entity_id, const char *state, PetitionAfter after,
                     bool restricted, PetitionRow **rows, size_t *n, GError **error)
{
    return db_all(
        tx, restricted ? &petition_store_list_inbox : &petition_store_list_inbox_unrestricted,
        DB_PARAMS(db_int(entity_id), db_text(state), db_int(after.due_at), db_int(after.id)), rows,
        n, error);
}

bool
petition_store_closed(DbTx *tx, int64_t entity_id, PetitionAfter after, bool restricted,
                      PetitionRow **rows, size_t *n, GError **error)
{
    bool from_start = after.due_at == 0 && after.id == 0;

    return db_all(
        tx, restricted ? &petition_store_list_closed : &petition_store_list_closed_unrestricted,
        DB_PARAMS(db_int(entity_id), db_int(from_start ? INT64_MAX : after.due_at),
                  db_int(after.id)),
        rows, n, error);
}

bool
petition_store_triage(DbTx *tx, PetitionAfter after, PetitionRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &petition_store_list_triage,
                  DB_PARAMS(db_int(after.due_at), db_int(after.id)), rows, n, error);
}

bool
petition_store_row_by_id(DbTx *tx, int64_t id, PetitionRow *out, bool *found, GError **error)
{
    return db_maybe(tx, &petition_store_list_row_by_id, DB_PARAMS(db_int(id)), out, found, error);
}

bool
petition_store_row_by_number(DbTx *tx, int64_t number, PetitionRow *out, bool *found,
                             GError **error)
{
    return db_maybe(tx, &petition_store_list_row_by_number, DB_PARAMS(db_int(number)), out, found,
                    error);
}

bool
petition_store_questions(DbTx *tx, int64_t directorate_id, PetitionAfter after,
                         PetitionQuestion **rows, size_t *n, GError **error)
{
    return db_all(tx, &petition_store_list_questions,
                  DB_PARAMS(db_int(directorate_id), db_int(after.due_at), db_int(after.id)), rows,
                  n, error);
}
