/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/check/check_store.h"

#include "feature/check/check.h"

typedef struct {
    int64_t n;
} CountRow;

static const DbColumn count_columns[] = { DB_COLUMN(CountRow, n) };

static const DbQuery  count_all = {
     .sql = "SELECT count(*) AS n FROM petition",
     DB_COLUMNS(CountRow, count_columns),
     .scans = true, /* `sawt check` says how far it is */
};

static const DbColumn key_columns[] = { DB_COLUMN(CheckKeyRow, petition_id),
                                        DB_COLUMN(CheckKeyRow, wrapped) };

static const DbQuery  keys = {
     .sql = "SELECT petition_id, wrapped FROM petition_key"
             " WHERE petition_id > $1 AND petition_id <= $2 ORDER BY petition_id",
     DB_COLUMNS(CheckKeyRow, key_columns),
};

static const DbColumn message_columns[] = {
    DB_COLUMN(CheckMessageRow, id),           DB_MAYBE(CheckMessageRow, petition_id),
    DB_MAYBE(CheckMessageRow, event_id),      DB_MAYBE(CheckMessageRow, event_petition),
    DB_MAYBE(CheckMessageRow, event_version), DB_COLUMN(CheckMessageRow, message),
    DB_MAYBE(CheckMessageRow, kind),
};

static const DbQuery messages = {
    .sql = "SELECT o.id, o.petition_id, o.event_id, e.petition_id AS event_petition,"
           " e.version AS event_version, o.message, e.kind"
           " FROM outbox o LEFT JOIN event e ON e.id = o.event_id"
           " WHERE o.petition_id > $1 AND o.petition_id <= $2 ORDER BY o.petition_id, o.id",
    DB_COLUMNS(CheckMessageRow, message_columns),
};

static const DbColumn question_columns[] = {
    DB_COLUMN(CheckQuestionRow, id),
    DB_COLUMN(CheckQuestionRow, petition_id),
    DB_COLUMN(CheckQuestionRow, directorate_id),
    DB_MAYBE(CheckQuestionRow, answered_event),
    DB_MAYBE(CheckQuestionRow, asked_petition),
    DB_MAYBE(CheckQuestionRow, asked_directorate),
    DB_MAYBE(CheckQuestionRow, asked_kind),
    DB_MAYBE(CheckQuestionRow, answered_petition),
};

static const DbQuery questions = {
    .sql = "SELECT c.id, c.petition_id, c.directorate_id, c.answered_event,"
           " a.petition_id AS asked_petition, a.directorate_id AS asked_directorate,"
           " a.kind AS asked_kind, b.petition_id AS answered_petition"
           " FROM consultation c LEFT JOIN event a ON a.id = c.asked_event"
           " LEFT JOIN event b ON b.id = c.answered_event"
           " WHERE c.petition_id > $1 AND c.petition_id <= $2 ORDER BY c.petition_id, c.id",
    DB_COLUMNS(CheckQuestionRow, question_columns),
};

static const DbColumn counted_columns[] = {
    DB_COLUMN(CheckCountedRow, id),         DB_COLUMN(CheckCountedRow, at),
    DB_MAYBE(CheckCountedRow, entity_from), DB_MAYBE(CheckCountedRow, entity_to),
    DB_MAYBE(CheckCountedRow, place_id),    DB_COLUMN(CheckCountedRow, kind),
    DB_COLUMN(CheckCountedRow, type),       DB_COLUMN(CheckCountedRow, channel),
};

static const DbQuery counted = {
    .sql = "SELECT e.id, e.at, e.entity_from, e.entity_to, p.place_id, e.kind, p.type, p.channel"
           " FROM event e JOIN petition p ON p.id = e.petition_id WHERE e.id >= $1 ORDER BY e.id",
    DB_COLUMNS(CheckCountedRow, counted_columns),
};

static const DbQuery sent_drafts = {
    .sql = "SELECT p.id AS n FROM draft d JOIN petition p ON p.submit_command = d.command_id",
    DB_COLUMNS(CountRow, count_columns),
    .scans = true, /* drafts: a day's worth */
};

static const DbColumn handle_columns[] = {
    DB_COLUMN(CheckHandleRow, id),     DB_COLUMN(CheckHandleRow, version),
    DB_COLUMN(CheckHandleRow, number), DB_COLUMN(CheckHandleRow, handle),
    DB_COLUMN(CheckHandleRow, person),
};

static const DbQuery by_handles = {
    .sql = "SELECT id, version, number, handle, person FROM petition WHERE handle IN ($1, $2, $3,"
           " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) LIMIT 16",
    DB_COLUMNS(CheckHandleRow, handle_columns),
};

static const DbQuery handles_after = {
    .sql = "SELECT id, version, number, handle, person FROM petition WHERE id > $1"
           " ORDER BY id LIMIT 2000",
    DB_COLUMNS(CheckHandleRow, handle_columns),
};

typedef struct {
    int64_t version, number;
} VersionRow;

static const DbColumn version_columns[] = { DB_COLUMN(VersionRow, version),
                                            DB_COLUMN(VersionRow, number) };

static const DbQuery  version_of = {
     .sql = "SELECT version, number FROM petition WHERE id = $1",
     DB_COLUMNS(VersionRow, version_columns),
};

const DbQuery *const check_queries[] = { &count_all,  &keys,        &messages,   &questions,
                                         &counted,    &sent_drafts, &by_handles, &handles_after,
                                         &version_of, NULL };

bool
check_store_count(DbTx *tx, int64_t *petitions, GError **error)
{
    CountRow row;

    if (!db_one(tx, &count_all, DB_NO_PARAMS, &row, error))
        return false;
    *petitions = row.n;
    return true;
}

bool
check_store_keys(DbTx *tx, const CheckRange *range, CheckKeyRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &keys, DB_PARAMS(db_int(range->after), db_int(range->upto)), rows, n, error);
}

bool
check_store_messages(DbTx *tx, const CheckRange *range, DbRowFunc row, void *data, GError **error)
{
    return db_each(tx, &messages, DB_PARAMS(db_int(range->after), db_int(range->upto)), row, data,
                   error);
}

bool
check_store_questions(DbTx *tx, const CheckRange *range, DbRowFunc row, void *data, GError **error)
{
    return db_each(tx, &questions, DB_PARAMS(db_int(range->after), db_int(range->upto)), row, data,
                   error);
}

bool
check_store_counted(DbTx *tx, int64_t from, DbRowFunc row, void *data, GError **error)
{
    return db_each(tx, &counted, DB_PARAMS(db_int(from)), row, data, error);
}

bool
check_store_sent_drafts(DbTx *tx, DbRowFunc row, void *data, GError **error)
{
    return db_each(tx, &sent_drafts, DB_NO_PARAMS, row, data, error);
}

/* The last one is asked for again where there are fewer. */
bool
check_store_by_handles(DbTx *tx, const uint8_t (*handles)[16], size_t n, CheckHandleRow **rows,
                       size_t *n_rows, GError **error)
{
    DbValue params[CHECK_HANDLES];

    g_assert(n > 0 && n <= CHECK_HANDLES);
    for (size_t i = 0; i < CHECK_HANDLES; i++)
        params[i] = db_bytes((Bytes){ handles[MIN(i, n - 1)], 16 });
    return db_all(tx, &by_handles, params, CHECK_HANDLES, rows, n_rows, error);
}

bool
check_store_handles(DbTx *tx, int64_t after, CheckHandleRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &handles_after, DB_PARAMS(db_int(after)), rows, n, error);
}

bool
check_store_version(DbTx *tx, int64_t id, int64_t *version, int64_t *number, GError **error)
{
    VersionRow row = { .version = 0 };
    bool       found;

    if (!db_maybe(tx, &version_of, DB_PARAMS(db_int(id)), &row, &found, error))
        return false;
    *version = row.version;
    *number = row.number;
    return true;
}
