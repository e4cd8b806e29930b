/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading the rows, with names and types opened; removing; sweeping what drafts left behind. The
 * data key of a file is wrapped by the ring; its row says by which epoch. */
#include "feature/attachment/attachment.h"

#include "base/json.h"
#include "feature/attachment/attachment_disk.h"
#include "feature/attachment/attachment_file.h"
#include "feature/attachment/attachment_open.h"
#include "feature/attachment/attachment_store.h"

#include <string.h>

#define DRAFT_LIFE (25 * HOURS) /* an hour longer than the draft itself */
#define LOOK_BACK (30 * DAYS)   /* for contents that nobody named */

Bytes
attachment_draft_hash(Arena *mem, const char *cookie)
{
    uint8_t id[32], *hash;
    Bytes   part = BYTES_OF(id);

    if (cookie == NULL || !crypto_from_base64(cookie, id, sizeof id))
        return (Bytes){ NULL, 0 };
    hash = arena_alloc(mem, 32);
    crypto_digest(&part, 1, hash);
    return (Bytes){ hash, 32 };
}

bool
attachment_open_key(System *sys, const AttachmentRow *row, CryptoKey *key, GError **error)
{
    return vault_unwrap(sys->vault, VAULT_KEY_ATTACHMENT,
                        (CryptoPlace){ "attachment", "wrapped", row->id }, row->wrapped, key,
                        error);
}

static bool
read_wrapped(System *sys, Arena *mem, int64_t after, AttachmentRow **rows, size_t *n,
             GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    g_auto(CryptoKey) newest = { .id = 0 };

    vault_key(sys->vault, VAULT_KEY_ATTACHMENT, &newest);
    return tx != NULL && attachment_store_wrapped_before(tx, after, newest.id, rows, n, error);
}

/* A row that goes meanwhile is passed over. */
bool
attachment_rewrap(System *sys, Arena *mem, int64_t *after, int64_t *n, GError **error)
{
    WritePlan     *plan = plan_new(mem);
    AttachmentRow *rows;
    size_t         n_rows;

    if (!read_wrapped(sys, mem, *after, &rows, &n_rows, error))
        return false;
    for (size_t i = 0; i < n_rows; i++) {
        Bytes wrapped;

        if (!vault_rewrap(sys->vault, mem, VAULT_KEY_ATTACHMENT,
                          (CryptoPlace){ "attachment", "wrapped", rows[i].id }, rows[i].wrapped,
                          &wrapped, error))
            return false;
        attachment_store_rewrap(plan, &rows[i], wrapped);
        *after = rows[i].id;
    }
    *n = (int64_t)n_rows;
    return n_rows == 0 || db_apply(sys->db, plan, error);
}

bool
attachment_open_row(System *sys, Arena *mem, const AttachmentRow *row, Attachment *out,
                    GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Bytes    meta;
    JsonPair pairs[8];
    size_t   n = 0;

    if (!attachment_open_key(sys, row, &key, error) ||
        !crypto_open(mem, &key, (CryptoPlace){ "attachment", "meta", row->id }, row->meta, &meta,
                     error) ||
        !json_read(mem, (const char *)meta.data, meta.size, pairs, G_N_ELEMENTS(pairs), &n, error))
        return false;
    *out = (Attachment){ .id = row->id,
                         .size = row->size,
                         .petition_id = row->petition_id,
                         .event_id = row->event_id,
                         .created_at = row->created_at,
                         .name = json_find(pairs, n, "name"),
                         .type = json_find(pairs, n, "type"),
                         .sha256 = json_find(pairs, n, "sha256") };
    return true;
}

static bool
open_all(System *sys, DbTx *tx, const AttachmentRow *rows, size_t n_rows, Attachment **out,
         size_t *n, GError **error)
{
    Attachment *opened = ARENA_ARRAY(db_arena(tx), Attachment, n_rows);

    for (size_t i = 0; i < n_rows; i++)
        if (!attachment_open_row(sys, db_arena(tx), &rows[i], &opened[i], error))
            return false;
    *out = opened;
    *n = n_rows;
    return true;
}

bool
attachment_of_draft(System *sys, DbTx *tx, Bytes draft_hash, Attachment **rows, size_t *n,
                    GError **error)
{
    AttachmentRow *found;
    size_t         n_found;

    return attachment_store_of_draft(tx, draft_hash, &found, &n_found, error) &&
           open_all(sys, tx, found, n_found, rows, n, error);
}

bool
attachment_of_petition(System *sys, DbTx *tx, int64_t petition_id, Attachment **rows, size_t *n,
                       GError **error)
{
    AttachmentRow *found;
    size_t         n_found;

    return attachment_store_of_petition(tx, petition_id, &found, &n_found, error) &&
           open_all(sys, tx, found, n_found, rows, n, error);
}

static bool
find_in_draft(System *sys, Arena *mem, Bytes draft_hash, int64_t id, AttachmentRow *row,
              GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    if (tx == NULL || !attachment_store_by_id(tx, id, row, error))
        return false;
    return bytes_equal(row->draft_hash, draft_hash) ||
           fail(error, APP_ERROR_NOT_FOUND, "the attachment is not of this draft");
}

/* The row first, or with it: a file without a row is only space. */
bool
attachment_drop_content(System *sys, Arena *mem, const char *file, GError **error)
{
    WritePlan *plan = plan_new(mem);

    if (!sys->shared) {
        attachment_disk_remove(sys, file);
        return true;
    }
    attachment_store_drop_parts(plan, file);
    return db_apply(sys->db, plan, error);
}

bool
attachment_remove(System *sys, Arena *mem, Bytes draft_hash, int64_t id, GError **error)
{
    WritePlan    *plan = plan_new(mem);
    AttachmentRow row;

    if (!find_in_draft(sys, mem, draft_hash, id, &row, error))
        return false;
    attachment_store_remove(plan, id, draft_hash);
    if (sys->shared)
        attachment_store_drop_parts(plan, row.file);
    if (!db_apply(sys->db, plan, error))
        return false;
    if (!sys->shared)
        attachment_disk_remove(sys, row.file);
    return true;
}

/* ---- sweeping ---- */

static bool
load_expired(System *sys, Arena *mem, AppTime now, AttachmentRow **rows, size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && attachment_store_expired(tx, now - DRAFT_LIFE, rows, n, error);
}

static bool
sweep_drafts(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    AttachmentRow *rows;
    size_t         n;

    if (!load_expired(sys, mem, now, &rows, &n, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        g_autoptr(GError) cause = NULL;

        /* RACE: it was submitted just now, and is no draft's any more. */
        if (!attachment_remove(sys, mem, rows[i].draft_hash, rows[i].id, &cause) &&
            error_code(cause) != APP_ERROR_RACE && error_code(cause) != APP_ERROR_NOT_FOUND) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
    }
    *again = n == 100 ? now : 0;
    return true;
}

/* Files that were written and never named: the process died in between. */
static bool
remove_unnamed(const char *name, void *data, GError **error)
{
    System *sys = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    bool named = true;

    if (tx == NULL || !attachment_store_has_file(tx, name, &named, error))
        return false;
    if (!named)
        attachment_disk_remove(sys, name);
    return true;
}

static bool
read_contents(System *sys, Arena *mem, const AttachmentContent *after, AppTime before,
              AttachmentContent **rows, size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && attachment_store_contents(tx, after, before, rows, n, error);
}

static bool
drop_unnamed(System *sys, AppTime since, AppTime before, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    AttachmentContent *rows, after = { .created_at = since, .file = "" };
    size_t             n;

    do {
        if (!read_contents(sys, mem, &after, before, &rows, &n, error))
            return false;
        for (size_t i = 0; i < n; i++)
            if (rows[i].named_by == 0 && !attachment_drop_content(sys, mem, rows[i].file, error))
                return false;
        if (n > 0)
            after = rows[n - 1];
    } while (n > 0); /* a month's names are some megabytes */
    return true;
}

static bool
sweep_orphans(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    (void)mem, (void)again;
    return sys->shared ? drop_unnamed(sys, now - LOOK_BACK, now - DRAFT_LIFE, error)
                       : attachment_disk_each(sys, now - DRAFT_LIFE, remove_unnamed, sys, error);
}

static const JobSpec jobs[] = {
    { .name = "attachment.sweep", .every = HOURS, .run = sweep_drafts },
    { .name = "attachment.orphans", .every = DAYS, .run = sweep_orphans },
    { .name = NULL },
};

const Feature attachment_feature = { .name = "attachment",
                                     .routes = attachment_routes,
                                     .jobs = jobs };

/* ---- checking ---- */

/* A draft's files outlive it until the next sweep. */
static bool
is_owned(const AttachmentOwned *owned, AppTime now)
{
    return owned->row.petition_id != 0
               ? owned->petition_found != 0
               : owned->draft_found.data != NULL || owned->row.created_at > now - 2 * DRAFT_LIFE;
}

static void
check_one(System *sys, Arena *mem, const AttachmentOwned *owned, const AttachmentCheck *check)
{
    AttachmentFile file =
        attachment_file_look(sys, owned->row.file, owned->row.size, owned->stored);
    Attachment opened;

    if (file == ATTACHMENT_FILE_MISSING)
        check->flaw(ATTACHMENT_FLAW_FILE, owned->row.id, check->data);
    if (file == ATTACHMENT_FILE_CUT)
        check->flaw(ATTACHMENT_FLAW_SIZE, owned->row.id, check->data);
    if (!attachment_open_row(sys, mem, &owned->row, &opened, NULL))
        check->flaw(ATTACHMENT_FLAW_KEY, owned->row.id, check->data);
    if (!is_owned(owned, clock_now(sys->clock)))
        check->flaw(ATTACHMENT_FLAW_OWNER, owned->row.id, check->data);
}

bool
attachment_check(System *sys, DbTx *tx, int64_t *after, size_t *n, const AttachmentCheck *check,
                 GError **error)
{
    AttachmentOwned *rows;

    if (!attachment_store_owned(tx, *after, &rows, n, error))
        return false;
    for (size_t i = 0; i < *n; i++)
        check_one(sys, db_arena(tx), &rows[i], check);
    if (*n > 0)
        *after = rows[*n - 1].row.id;
    return true;
}
