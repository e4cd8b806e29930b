/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The petition's SQL: one petition and what is written. Lists stand in petition_store_list.c. What
 * must stay true: every change of a row names the version that was seen. */
#include "feature/petition/petition_store.h"

/* ---- one petition ---- */

#define PETITION_COLUMNS                                                                           \
    "id, version, number, handle, person, type, state, holder, about, channel, lang, entity_id,"   \
    " service_id, place_id, contact, identity_hidden, restricted, provisional, lodged_at,"         \
    " entered_at, assigned_at, accepted_at, due_at, remaining, next_climb_at, next_climb_level,"   \
    " period_set, returns, outcome, closed_at, solved, stars, brief_epoch, brief, frozen,"         \
    " identity_at"

static const DbColumn petition_columns[] = {
    DB_COLUMN(Petition, id),           DB_COLUMN(Petition, version),
    DB_COLUMN(Petition, number),       DB_COLUMN(Petition, handle),
    DB_COLUMN(Petition, person),       DB_COLUMN(Petition, type),
    DB_COLUMN(Petition, state),        DB_COLUMN(Petition, holder),
    DB_COLUMN(Petition, about),        DB_COLUMN(Petition, channel),
    DB_COLUMN(Petition, lang),         DB_MAYBE(Petition, entity_id),
    DB_MAYBE(Petition, service_id),    DB_MAYBE(Petition, place_id),
    DB_COLUMN(Petition, contact),      DB_COLUMN(Petition, identity_hidden),
    DB_COLUMN(Petition, restricted),   DB_COLUMN(Petition, provisional),
    DB_COLUMN(Petition, lodged_at),    DB_COLUMN(Petition, entered_at),
    DB_MAYBE(Petition, assigned_at),   DB_MAYBE(Petition, accepted_at),
    DB_MAYBE(Petition, due_at),        DB_MAYBE(Petition, remaining),
    DB_MAYBE(Petition, next_climb_at), DB_COLUMN(Petition, next_climb_level),
    DB_COLUMN(Petition, period_set),   DB_COLUMN(Petition, returns),
    DB_MAYBE(Petition, outcome),       DB_MAYBE(Petition, closed_at),
    DB_MAYBE(Petition, solved),        DB_MAYBE(Petition, stars),
    DB_COLUMN(Petition, brief_epoch),  DB_MAYBE(Petition, brief),
    DB_COLUMN(Petition, frozen),       DB_MAYBE(Petition, identity_at),
};

static const DbQuery by_number = {
    .sql = "SELECT " PETITION_COLUMNS " FROM petition WHERE number = $1",
    DB_COLUMNS(Petition, petition_columns),
};

static const DbQuery by_id = {
    .sql = "SELECT " PETITION_COLUMNS " FROM petition WHERE id = $1",
    DB_COLUMNS(Petition, petition_columns),
};

static const DbQuery by_command = {
    .sql = "SELECT " PETITION_COLUMNS " FROM petition WHERE submit_command = $1",
    DB_COLUMNS(Petition, petition_columns),
};

static const DbQuery by_handles = {
    .sql = "SELECT " PETITION_COLUMNS " FROM petition"
           " WHERE handle IN ($1, $2, $3, $4, $5, $6, $7, $8) LIMIT 8",
    DB_COLUMNS(Petition, petition_columns),
};

static const DbQuery rows_after = {
    .sql = "SELECT " PETITION_COLUMNS " FROM petition WHERE id > $1 ORDER BY id LIMIT $2",
    DB_COLUMNS(Petition, petition_columns),
};

typedef struct {
    int64_t id, version;
} IdRow;

static const DbColumn id_columns[] = { DB_COLUMN(IdRow, id), DB_COLUMN(IdRow, version) };

static const DbQuery  handle_used = {
     .sql = "SELECT id, version FROM petition WHERE handle = $1",
     DB_COLUMNS(IdRow, id_columns),
};

static const DbQuery number_used = {
    .sql = "SELECT id, version FROM petition WHERE number = $1",
    DB_COLUMNS(IdRow, id_columns),
};

static const DbQuery done_event = {
    .sql = "SELECT id, version FROM event WHERE petition_id = $1 AND command_id = $2",
    DB_COLUMNS(IdRow, id_columns),
};

typedef struct {
    Bytes wrapped;
} KeyRow;

static const DbColumn key_columns[] = { DB_COLUMN(KeyRow, wrapped) };

static const DbQuery  wrapped_key = {
     .sql = "SELECT wrapped FROM petition_key WHERE petition_id = $1",
     DB_COLUMNS(KeyRow, key_columns),
};

static const DbColumn wrapped_columns[] = {
    DB_COLUMN(PetitionWrapped, petition_id),
    DB_COLUMN(PetitionWrapped, epoch),
    DB_COLUMN(PetitionWrapped, wrapped),
};

static const DbQuery wrapped_before = {
    .sql = "SELECT petition_id, epoch, wrapped FROM petition_key"
           " WHERE petition_id > $1 AND epoch < $2 ORDER BY petition_id LIMIT 100",
    DB_COLUMNS(PetitionWrapped, wrapped_columns),
    .scans = true, /* a subcommand's, once for each rotation */
};

static const DbQuery rewrap_key = {
    .sql = "UPDATE petition_key SET epoch = $1, wrapped = $2 WHERE petition_id = $3 AND epoch = $4",
    .table = "petition_key",
};

typedef struct {
    const char *name;
} NameRow;

static const DbColumn name_columns[] = { DB_COLUMN(NameRow, name) };

static const DbQuery  account_name = {
     .sql = "SELECT name FROM account WHERE id = $1",
     DB_COLUMNS(NameRow, name_columns),
};

static const DbColumn consultation_columns[] = {
    DB_COLUMN(PetitionConsultation, id),
    DB_COLUMN(PetitionConsultation, petition_id),
    DB_COLUMN(PetitionConsultation, directorate_id),
    DB_COLUMN(PetitionConsultation, asked_at),
    DB_COLUMN(PetitionConsultation, due_at),
    DB_COLUMN(PetitionConsultation, asked_event),
    DB_MAYBE(PetitionConsultation, answered_event),
    DB_MAYBE(PetitionConsultation, proposed_days),
};

#define CONSULTATION_COLUMNS                                                                       \
    "id, petition_id, directorate_id, asked_at, due_at, asked_event, answered_event, "             \
    "proposed_days"

static const DbQuery consultations = {
    .sql = "SELECT " CONSULTATION_COLUMNS " FROM consultation WHERE petition_id = $1"
           " ORDER BY id LIMIT 100",
    DB_COLUMNS(PetitionConsultation, consultation_columns),
};

static const DbQuery question = {
    .sql = "SELECT " CONSULTATION_COLUMNS " FROM consultation WHERE id = $1",
    DB_COLUMNS(PetitionConsultation, consultation_columns),
};

/* ---- changes ---- */

static const DbQuery insert_petition = {
    .sql = "INSERT INTO petition (id, version, number, submit_command, handle, person, type, state,"
           " holder, about, channel, lang, entity_id, service_id, place_id, contact,"
           " identity_hidden, restricted, provisional, lodged_at, entered_at, assigned_at, due_at,"
           " next_climb_at, next_climb_level, brief_epoch, brief, period_set, returns, identity_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,"
           " $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)",
    .table = "petition",
};

static const DbQuery insert_key = {
    .sql = "INSERT INTO petition_key (petition_id, epoch, wrapped) VALUES ($1, $2, $3)",
    .table = "petition_key",
};

static const DbQuery move = {
    .sql = "UPDATE petition SET version = version + 1, state = $1, holder = $2, accepted_at = $3,"
           " due_at = $4, next_climb_at = $5, next_climb_level = $6, period_set = $7, outcome = $8,"
           " closed_at = $9, solved = $10, stars = $11 WHERE id = $12 AND version = $13",
    .table = "petition",
};

static const DbQuery readdress = {
    .sql = "UPDATE petition SET version = version + 1, state = $1, holder = $2, entity_id = $3,"
           " service_id = $4, assigned_at = $5, due_at = $6, next_climb_at = $7,"
           " next_climb_level = $8, returns = $9, brief_epoch = $10, brief = $11, identity_at = $12"
           " WHERE id = $13 AND version = $14",
    .table = "petition",
};

/* As readdress, and beside it: the entity may be taken away again, with what it had begun. */
static const DbQuery identify = {
    .sql = "UPDATE petition SET version = version + 1, state = $1, holder = $2, entity_id = $3,"
           " service_id = $4, assigned_at = $5, due_at = $6, next_climb_at = $7,"
           " next_climb_level = $8, brief_epoch = $9, brief = $10, identity_at = $11,"
           " provisional = $12, frozen = $13, accepted_at = $14, period_set = $15, outcome = $16,"
           " closed_at = $17 WHERE id = $18 AND version = $19",
    .table = "petition",
};

static const DbQuery touch = {
    .sql = "UPDATE petition SET version = version + 1 WHERE id = $1 AND version = $2",
    .table = "petition",
};

static const DbQuery insert_question = {
    .sql = "INSERT INTO consultation (id, petition_id, directorate_id, asked_at, due_at,"
           " asked_event) VALUES ($1, $2, $3, $4, $5, $6)",
    .table = "consultation",
};

static const DbQuery answer_question = {
    .sql = "UPDATE consultation SET answered_event = $1, proposed_days = $2"
           " WHERE id = $3 AND answered_event IS NULL",
    .table = "consultation",
};

static const DbQuery lapse_questions = {
    .sql = "UPDATE consultation SET answered_event = $1"
           " WHERE petition_id = $2 AND answered_event IS NULL",
    .table = "consultation",
};

static const DbQuery take_attachments = {
    .sql = "UPDATE attachment SET petition_id = $1, event_id = $2, draft_hash = NULL"
           " WHERE draft_hash = $3",
    .table = "attachment",
};

static const DbQuery delete_draft = {
    .sql = "DELETE FROM draft WHERE id_hash = $1",
    .table = "draft",
};

const DbQuery *const petition_queries[] = { &by_number,
                                            &by_id,
                                            &by_command,
                                            &by_handles,
                                            &rows_after,
                                            &handle_used,
                                            &number_used,
                                            &done_event,
                                            &wrapped_key,
                                            &wrapped_before,
                                            &rewrap_key,
                                            &account_name,
                                            &consultations,
                                            &question,
                                            &insert_petition,
                                            &insert_key,
                                            &move,
                                            &readdress,
                                            &identify,
                                            &touch,
                                            &insert_question,
                                            &answer_question,
                                            &lapse_questions,
                                            &take_attachments,
                                            &delete_draft,
                                            &petition_store_list_inbox,
                                            &petition_store_list_inbox_unrestricted,
                                            &petition_store_list_closed,
                                            &petition_store_list_closed_unrestricted,
                                            &petition_store_list_triage,
                                            &petition_store_list_row_by_id,
                                            &petition_store_list_row_by_number,
                                            &petition_store_list_questions,
                                            &petition_store_list_due_identity,
                                            &petition_store_list_provisional,
                                            NULL };

const DbTable        petition_tables[] = {
           { "petition", DB_TABLE_CASE },
           { "petition_key", DB_TABLE_CASE },
           { "consultation", DB_TABLE_CASE },
           { NULL, 0 },
};

/* ---- reading ---- */

bool
petition_store_by_number(DbTx *tx, int64_t number, Petition *out, GError **error)
{
    return db_one(tx, &by_number, DB_PARAMS(db_int(number)), out, error);
}

bool
petition_store_by_id(DbTx *tx, int64_t id, Petition *out, GError **error)
{
    return db_one(tx, &by_id, DB_PARAMS(db_int(id)), out, error);
}

bool
petition_store_by_command(DbTx *tx, Bytes command_id, Petition *out, bool *found, GError **error)
{
    return db_maybe(tx, &by_command, DB_PARAMS(db_bytes(command_id)), out, found, error);
}

bool
petition_store_wrapped_key(DbTx *tx, int64_t petition_id, Bytes *wrapped, GError **error)
{
    KeyRow row = { { NULL, 0 } };
    bool   found;

    if (!db_maybe(tx, &wrapped_key, DB_PARAMS(db_int(petition_id)), &row, &found, error))
        return false;

    *wrapped = found ? row.wrapped : (Bytes){ NULL, 0 };
    return true;
}

bool
petition_store_wrapped_before(DbTx *tx, int64_t after, int64_t epoch, PetitionWrapped **rows,
                              size_t *n, GError **error)
{
    return db_all(tx, &wrapped_before, DB_PARAMS(db_int(after), db_int(epoch)), rows, n, error);
}

void
petition_store_rewrap(WritePlan *plan, const PetitionWrapped *row, Bytes wrapped)
{
    plan_one(plan, &rewrap_key,
             DB_PARAMS(db_int(crypto_key_id(wrapped)), db_bytes(wrapped), db_int(row->petition_id),
                       db_int(row->epoch)));
}

bool
petition_store_by_handles(DbTx *tx, const Bytes *handles, Petition **rows, size_t *n,
                          GError **error)
{
    DbValue params[PETITION_STORE_HANDLES];

    for (size_t i = 0; i < PETITION_STORE_HANDLES; i++)
        params[i] = db_bytes(handles[i]);
    return db_all(tx, &by_handles, params, G_N_ELEMENTS(params), rows, n, error);
}

bool
petition_store_after(DbTx *tx, int64_t after_id, int64_t most, Petition **rows, size_t *n,
                     GError **error)
{
    return db_all(tx, &rows_after, DB_PARAMS(db_int(after_id), db_int(most)), rows, n, error);
}

bool
petition_store_handle_is_used(DbTx *tx, Bytes handle, bool *used, GError **error)
{
    IdRow row;

    return db_maybe(tx, &handle_used, DB_PARAMS(db_bytes(handle)), &row, used, error);
}

bool
petition_store_number_is_used(DbTx *tx, int64_t number, bool *used, GError **error)
{
    IdRow row;

    return db_maybe(tx, &number_used, DB_PARAMS(db_int(number)), &row, used, error);
}

bool
petition_store_consultations(DbTx *tx, int64_t petition_id, PetitionConsultation **rows, size_t *n,
                             GError **error)
{
    return db_all(tx, &consultations, DB_PARAMS(db_int(petition_id)), rows, n, error);
}

bool
petition_store_question(DbTx *tx, int64_t id, PetitionConsultation *out, GError **error)
{
    return db_one(tx, &question, DB_PARAMS(db_int(id)), out, error);
}

bool
petition_store_done(DbTx *tx, int64_t petition_id, Bytes command_id, int64_t *event_id,
                    int64_t *version, GError **error)
{
    IdRow row;

    if (!db_one(tx, &done_event, DB_PARAMS(db_int(petition_id), db_bytes(command_id)), &row, error))
        return false;

    *event_id = row.id;
    *version = row.version;
    return true;
}

bool
petition_store_account_name(DbTx *tx, int64_t account_id, const char **name, GError **error)
{
    NameRow row = { NULL };
    bool    found;

    if (!db_maybe(tx, &account_name, DB_PARAMS(db_int(account_id)), &row, &found, error))
        return false;

    *name = found ? row.name : NULL;
    return true;
}

/* ---- writing ---- */

void
petition_store_insert(WritePlan *plan, const Petition *petition, Bytes command_id)
{
    const Petition *p = petition;

    plan_one(plan, &insert_petition,
             DB_PARAMS(db_int(p->id), db_int(p->version), db_int(p->number), db_bytes(command_id),
                       db_bytes(p->handle), db_bytes(p->person), db_text(p->type),
                       db_text(p->state), db_text(p->holder), db_text(p->about),
                       db_text(p->channel), db_text(p->lang), db_int_or_null(p->entity_id),
                       db_int_or_null(p->service_id), db_int_or_null(p->place_id),
                       db_text(p->contact), db_bool(p->identity_hidden), db_bool(p->restricted),
                       db_bool(p->provisional), db_int(p->lodged_at), db_int(p->entered_at),
                       db_int_or_null(p->assigned_at), db_int_or_null(p->due_at),
                       db_int_or_null(p->next_climb_at), db_int(p->next_climb_level),
                       db_int(p->brief_epoch), db_bytes(p->brief), db_bool(false), db_int(0),
                       db_int_or_null(p->identity_at)));
}

void
petition_store_insert_key(WritePlan *plan, int64_t petition_id, Bytes wrapped)
{
    plan_one(plan, &insert_key,
             DB_PARAMS(db_int(petition_id), db_int(crypto_key_id(wrapped)), db_bytes(wrapped)));
}

void
petition_store_move(WritePlan *plan, const Petition *seen, const Petition *next)
{
    plan_one(plan, &move,
             DB_PARAMS(db_text(next->state), db_text(next->holder),
                       db_int_or_null(next->accepted_at), db_int_or_null(next->due_at),
                       db_int_or_null(next->next_climb_at), db_int(next->next_climb_level),
                       db_bool(next->period_set), db_text(next->outcome),
                       db_int_or_null(next->closed_at), db_text(next->solved),
                       db_int_or_null(next->stars), db_int(seen->id), db_int(seen->version)));
}

void
petition_store_readdress(WritePlan *plan, const Petition *seen, const Petition *next)
{
    plan_one(plan, &readdress,
             DB_PARAMS(db_text(next->state), db_text(next->holder), db_int_or_null(next->entity_id),
                       db_int_or_null(next->service_id), db_int_or_null(next->assigned_at),
                       db_int_or_null(next->due_at), db_int_or_null(next->next_climb_at),
                       db_int(next->next_climb_level), db_int(next->returns),
                       db_int(next->brief_epoch), db_bytes(next->brief),
                       db_int_or_null(next->identity_at), db_int(seen->id), db_int(seen->version)));
}

void
petition_store_identify(WritePlan *plan, const Petition *seen, const Petition *next)
{
    plan_one(plan, &identify,
             DB_PARAMS(db_text(next->state), db_text(next->holder), db_int_or_null(next->entity_id),
                       db_int_or_null(next->service_id), db_int_or_null(next->assigned_at),
                       db_int_or_null(next->due_at), db_int_or_null(next->next_climb_at),
                       db_int(next->next_climb_level), db_int(next->brief_epoch),
                       db_bytes(next->brief), db_int_or_null(next->identity_at),
                       db_bool(next->provisional), db_bool(next->frozen),
                       db_int_or_null(next->accepted_at), db_bool(next->period_set),
                       db_text(next->outcome), db_int_or_null(next->closed_at), db_int(seen->id),
                       db_int(seen->version)));
}

void
petition_store_touch(WritePlan *plan, const Petition *seen, const Petition *next)
{
    (void)next;
    plan_one(plan, &touch, DB_PARAMS(db_int(seen->id), db_int(seen->version)));
}

void
petition_store_insert_question(WritePlan *plan, const PetitionConsultation *asked)
{
    plan_one(plan, &insert_question,
             DB_PARAMS(db_int(asked->id), db_int(asked->petition_id), db_int(asked->directorate_id),
                       db_int(asked->asked_at), db_int(asked->due_at), db_int(asked->asked_event)));
}

void
petition_store_answer_question(WritePlan *plan, int64_t question_id, int64_t event_id,
                               int64_t proposed_days)
{
    plan_one(plan, &answer_question,
             DB_PARAMS(db_int(event_id), db_int_or_null(proposed_days), db_int(question_id)));
}

void
petition_store_lapse_questions(WritePlan *plan, int64_t petition_id, int64_t event_id)
{
    plan_any(plan, &lapse_questions, DB_PARAMS(db_int(event_id), db_int(petition_id)));
}

void
petition_store_take_draft(WritePlan *plan, Bytes draft_hash, int64_t petition_id, int64_t event_id)
{
    plan_any(plan, &take_attachments,
             DB_PARAMS(db_int(petition_id), db_int(event_id), db_bytes(draft_hash)));
    plan_any(plan, &delete_draft, DB_PARAMS(db_bytes(draft_hash)));
}
