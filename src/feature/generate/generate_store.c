/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/generate/generate_store.h"

#include "feature/generate/generate.h"

typedef struct {
    int64_t id;
} IdRow;

static const DbColumn id_columns[] = { DB_COLUMN(IdRow, id) };

static const DbQuery  question = {
     .sql = "SELECT id FROM consultation WHERE petition_id = $1 ORDER BY id DESC LIMIT 1",
     DB_COLUMNS(IdRow, id_columns),
};

static const DbQuery account = {
    .sql = "SELECT id FROM account WHERE login = $1",
    DB_COLUMNS(IdRow, id_columns),
};

const DbQuery *const generate_queries[] = { &question, &account, NULL };

bool
generate_store_question(DbTx *tx, int64_t petition_id, int64_t *id, GError **error)
{
    IdRow row;

    if (!db_one(tx, &question, DB_PARAMS(db_int(petition_id)), &row, error))
        return false;
    *id = row.id;
    return true;
}

bool
generate_store_account(DbTx *tx, const char *login, int64_t *id, bool *found, GError **error)
{
    IdRow row = { .id = 0 };

    if (!db_maybe(tx, &account, DB_PARAMS(db_text(login)), &row, found, error))
        return false;
    *id = row.id;
    return true;
}
