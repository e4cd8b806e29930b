/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only SQL of attachments. */
#pragma once

#include "feature/attachment/attachment.h"

typedef struct AttachmentRow {
    int64_t     id, petition_id, event_id, epoch, size, created_at;
    const char *file;
    Bytes       draft_hash, wrapped, meta;
} AttachmentRow;

bool attachment_store_by_id(DbTx *tx, int64_t id, AttachmentRow *out, GError **error) MUST_USE;
bool attachment_store_of_draft(DbTx *tx, Bytes draft_hash, AttachmentRow **rows, size_t *n,
                               GError **error) MUST_USE;
bool attachment_store_of_petition(DbTx *tx, int64_t petition_id, AttachmentRow **rows, size_t *n,
                                  GError **error) MUST_USE;
/* Drafts' files from before `before`, at most 100. */
bool attachment_store_expired(DbTx *tx, AppTime before, AttachmentRow **rows, size_t *n,
                              GError **error) MUST_USE;
/* Is there a row that names this file? */
bool attachment_store_has_file(DbTx *tx, const char *file, bool *has, GError **error) MUST_USE;

/* Those whose key an epoch before `epoch` wraps, behind an id, at most 100. */
bool attachment_store_wrapped_before(DbTx *tx, int64_t after, int64_t epoch, AttachmentRow **rows,
                                     size_t *n, GError **error) MUST_USE;
/* If it is still there, as it was read. */
void attachment_store_rewrap(WritePlan *plan, const AttachmentRow *row, Bytes wrapped);
/* With whether what it belongs to is there (a petition, or a draft), by id behind `after`, at most 200. */
typedef struct AttachmentOwned {
    AttachmentRow row;
    int64_t       petition_found; /* its id, or 0 */
    int64_t       stored;         /* bytes of it in the database, or 0 */
    Bytes         draft_found;
} AttachmentOwned;
bool attachment_store_owned(DbTx *tx, int64_t after, AttachmentOwned **rows, size_t *n,
                            GError **error) MUST_USE;

void attachment_store_add(WritePlan *plan, const AttachmentRow *row);
/* Only while it is the draft's. */
void attachment_store_remove(WritePlan *plan, int64_t id, Bytes draft_hash);

/* ---- content in the database ---- */

#define ATTACHMENT_PART ((size_t)256 * 1024)

void
attachment_store_add_part(WritePlan *plan, const char *file, int64_t part, AppTime now, Bytes data);
bool attachment_store_part(DbTx *tx, const char *file, int64_t part, Bytes *data, bool *found,
                           GError **error) MUST_USE;
void attachment_store_drop_parts(WritePlan *plan, const char *file);
/* Contents that were begun behind (`created_at`, `file`) and before `before`, in this order, at most 500;
 * with the row that names them, or 0. */
typedef struct {
    int64_t     created_at, named_by;
    const char *file;
} AttachmentContent;
bool attachment_store_contents(DbTx *tx, const AttachmentContent *after, AppTime before,
                               AttachmentContent **rows, size_t *n, GError **error) MUST_USE;
