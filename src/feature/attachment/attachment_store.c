/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/attachment/attachment_store.h"

#define ALL "id, petition_id, event_id, epoch, size, created_at, file, draft_hash, wrapped, meta"

static const DbColumn columns[] = {
    DB_COLUMN(AttachmentRow, id),      DB_MAYBE(AttachmentRow, petition_id),
    DB_MAYBE(AttachmentRow, event_id), DB_COLUMN(AttachmentRow, epoch),
    DB_COLUMN(AttachmentRow, size),    DB_COLUMN(AttachmentRow, created_at),
    DB_COLUMN(AttachmentRow, file),    DB_MAYBE(AttachmentRow, draft_hash),
    DB_COLUMN(AttachmentRow, wrapped), DB_COLUMN(AttachmentRow, meta),
};

static const DbQuery by_id = {
    .sql = "SELECT " ALL " FROM attachment WHERE id = $1",
    DB_COLUMNS(AttachmentRow, columns),
};

static const DbQuery of_draft = {
    .sql = "SELECT " ALL " FROM attachment WHERE draft_hash = $1 LIMIT 100",
    DB_COLUMNS(AttachmentRow, columns),
};

static const DbQuery of_petition = {
    .sql = "SELECT " ALL " FROM attachment WHERE petition_id = $1 ORDER BY id LIMIT 100",
    DB_COLUMNS(AttachmentRow, columns),
};

static const DbQuery expired = {
    .sql =
        "SELECT " ALL " FROM attachment WHERE draft_hash IS NOT NULL AND created_at < $1 LIMIT 100",
    DB_COLUMNS(AttachmentRow, columns),
    .scans = true, /* the partial index of drafts' files only: a day's worth */
};

static const DbQuery wrapped_before = {
    .sql = "SELECT " ALL " FROM attachment WHERE id > $1 AND epoch < $2 ORDER BY id LIMIT 100",
    DB_COLUMNS(AttachmentRow, columns),
    .scans = true, /* a subcommand's, once for each rotation */
};

static const DbColumn owned_columns[] = {
    DB_COLUMN(AttachmentOwned, row.id),        DB_MAYBE(AttachmentOwned, row.petition_id),
    DB_MAYBE(AttachmentOwned, row.event_id),   DB_COLUMN(AttachmentOwned, row.epoch),
    DB_COLUMN(AttachmentOwned, row.size),      DB_COLUMN(AttachmentOwned, row.created_at),
    DB_COLUMN(AttachmentOwned, row.file),      DB_MAYBE(AttachmentOwned, row.draft_hash),
    DB_COLUMN(AttachmentOwned, row.wrapped),   DB_COLUMN(AttachmentOwned, row.meta),
    DB_MAYBE(AttachmentOwned, petition_found), DB_MAYBE(AttachmentOwned, draft_found),
    DB_MAYBE(AttachmentOwned, stored),
};

static const DbQuery owned = {
    .sql = "SELECT a.id, a.petition_id, a.event_id, a.epoch, a.size, a.created_at, a.file,"
           " a.draft_hash, a.wrapped, a.meta, p.id AS petition_found, d.id_hash AS draft_found,"
           " (SELECT CAST(sum(length(t.data)) AS BIGINT) FROM attachment_part t"
           " WHERE t.file = a.file) AS stored"
           " FROM attachment a LEFT JOIN petition p ON p.id = a.petition_id"
           " LEFT JOIN draft d ON d.id_hash = a.draft_hash WHERE a.id > $1 ORDER BY a.id LIMIT 200",
    DB_COLUMNS(AttachmentOwned, owned_columns),
};

static const DbQuery rewrap = {
    .sql = "UPDATE attachment SET epoch = $1, wrapped = $2 WHERE id = $3 AND epoch = $4",
    .table = "attachment",
};

typedef struct {
    int64_t id;
} FileId;

static const DbColumn file_columns[] = { DB_COLUMN(FileId, id) };

static const DbQuery  by_file = {
     .sql = "SELECT id FROM attachment WHERE file = $1",
     DB_COLUMNS(FileId, file_columns),
};

static const DbQuery add = {
    .sql = "INSERT INTO attachment (id, draft_hash, wrapped, epoch, meta, file, size, created_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .table = "attachment",
};

static const DbQuery drop = {
    .sql = "DELETE FROM attachment WHERE id = $1 AND draft_hash = $2",
    .table = "attachment",
};

bool
attachment_store_by_id(DbTx *tx, int64_t id, AttachmentRow *out, GError **error)
{
    return db_one(tx, &by_id, DB_PARAMS(db_int(id)), out, error);
}

bool
attachment_store_of_draft(DbTx *tx, Bytes draft_hash, AttachmentRow **rows, size_t *n,
                          GError **error)
{
    return db_all(tx, &of_draft, DB_PARAMS(db_bytes(draft_hash)), rows, n, error);
}

bool
attachment_store_of_petition(DbTx *tx, int64_t petition_id, AttachmentRow **rows, size_t *n,
                             GError **error)
{
    return db_all(tx, &of_petition, DB_PARAMS(db_int(petition_id)), rows, n, error);
}

bool
attachment_store_expired(DbTx *tx, AppTime before, AttachmentRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &expired, DB_PARAMS(db_int(before)), rows, n, error);
}

bool
attachment_store_has_file(DbTx *tx, const char *file, bool *has, GError **error)
{
    FileId found;

    return db_maybe(tx, &by_file, DB_PARAMS(db_text(file)), &found, has, error);
}

bool
attachment_store_wrapped_before(DbTx *tx, int64_t after, int64_t epoch, AttachmentRow **rows,
                                size_t *n, GError **error)
{
    return db_all(tx, &wrapped_before, DB_PARAMS(db_int(after), db_int(epoch)), rows, n, error);
}

bool
attachment_store_owned(DbTx *tx, int64_t after, AttachmentOwned **rows, size_t *n, GError **error)
{
    return db_all(tx, &owned, DB_PARAMS(db_int(after)), rows, n, error);
}

void
attachment_store_rewrap(WritePlan *plan, const AttachmentRow *row, Bytes wrapped)
{
    plan_any(plan, &rewrap,
             DB_PARAMS(db_int(crypto_key_id(wrapped)), db_bytes(wrapped), db_int(row->id),
                       db_int(row->epoch)));
}

void
attachment_store_add(WritePlan *plan, const AttachmentRow *row)
{
    plan_one(plan, &add,
             DB_PARAMS(db_int(row->id), db_bytes(row->draft_hash), db_bytes(row->wrapped),
                       db_int(row->epoch), db_bytes(row->meta), db_text(row->file),
                       db_int(row->size), db_int(row->created_at)));
    plan_witness(plan, &by_id, DB_PARAMS(db_int(row->id)));
}

void
attachment_store_remove(WritePlan *plan, int64_t id, Bytes draft_hash)
{
    plan_one(plan, &drop, DB_PARAMS(db_int(id), db_bytes(draft_hash)));
}

/* ---- content in the database ---- */

static const DbQuery add_part = {
    .sql = "INSERT INTO attachment_part (file, part, created_at, data) VALUES ($1, $2, $3, $4)",
    .table = "attachment_part",
};

typedef struct {
    Bytes data;
} PartRow;

static const DbColumn part_columns[] = { DB_COLUMN(PartRow, data) };

static const DbQuery  part_of = {
     .sql = "SELECT data FROM attachment_part WHERE file = $1 AND part = $2",
     DB_COLUMNS(PartRow, part_columns),
};

static const DbQuery drop_parts = {
    .sql = "DELETE FROM attachment_part WHERE file = $1",
    .table = "attachment_part",
};

static const DbColumn content_columns[] = {
    DB_COLUMN(AttachmentContent, created_at),
    DB_COLUMN(AttachmentContent, file),
    DB_MAYBE(AttachmentContent, named_by),
};

static const DbQuery contents = {
    .sql = "SELECT t.created_at, t.file, a.id AS named_by FROM attachment_part t"
           " LEFT JOIN attachment a ON a.file = t.file"
           " WHERE t.part = 0 AND (t.created_at, t.file) > ($1, $2) AND t.created_at < $3"
           " ORDER BY t.created_at, t.file LIMIT 500",
    DB_COLUMNS(AttachmentContent, content_columns),
};

void
attachment_store_add_part(WritePlan *plan, const char *file, int64_t part, AppTime now, Bytes data)
{
    plan_one(plan, &add_part, DB_PARAMS(db_text(file), db_int(part), db_int(now), db_bytes(data)));
    plan_witness(plan, &part_of, DB_PARAMS(db_text(file), db_int(part)));
}

bool
attachment_store_part(DbTx *tx, const char *file, int64_t part, Bytes *data, bool *found,
                      GError **error)
{
    PartRow row;

    if (!db_maybe(tx, &part_of, DB_PARAMS(db_text(file), db_int(part)), &row, found, error))
        return false;
    *data = *found ? row.data : (Bytes){ NULL, 0 };
    return true;
}

void
attachment_store_drop_parts(WritePlan *plan, const char *file)
{
    plan_any(plan, &drop_parts, DB_PARAMS(db_text(file)));
}

bool
attachment_store_contents(DbTx *tx, const AttachmentContent *after, AppTime before,
                          AttachmentContent **rows, size_t *n, GError **error)
{
    return db_all(tx, &contents,
                  DB_PARAMS(db_int(after->created_at), db_text(after->file), db_int(before)), rows,
                  n, error);
}

const DbQuery *const attachment_queries[] = {
    &by_id,  &of_draft, &of_petition, &expired, &by_file,    &add,      &drop, &wrapped_before,
    &rewrap, &owned,    &add_part,    &part_of, &drop_parts, &contents, NULL,
};

const DbTable attachment_tables[] = {
    { "attachment", DB_TABLE_MACHINERY },
    { "attachment_part", DB_TABLE_MACHINERY },
    { NULL, 0 },
};

const DbContents attachment_contents[] = {
    { .table = "attachment_part",
      .names = "SELECT file, created_at FROM attachment",
      .folder = "files",
      .piece = ATTACHMENT_PART },
    { .table = NULL },
};
