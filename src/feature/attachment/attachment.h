/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files of a request: streamed in, checked (signature, libmagic and extension agree), encrypted while
 * they are hashed, kept under a random name below the store's directory or in the database; first a
 * draft's, then, by the submission's own plan, the petition's. Downloads only, never shown inline. */
#pragma once

#include "core/command.h"
#include "db/db_move.h"
#include "feature/feature.h"

#define ATTACHMENT_MOST 10
#define ATTACHMENT_MOST_BYTES (100LL * 1024 * 1024)

typedef struct Attachment {
    int64_t     id, size, petition_id, event_id, created_at;
    const char *name, *type; /* opened; the name as the person's device called it */
    const char *sha256;      /* of the content, in hexadecimal */
} Attachment;

/* The upload of a multipart form whose files belong to the draft of the browser's draft cookie. What
 * is refused (kind, size, number, not clean) is a mistake of the form's field, with what would be right.
 * What the draft has already, by name and content, is not added again: the form was sent twice. */
extern const Upload attachment_upload;

/* The key of a draft's row, for the id in the browser's cookie; {NULL, 0} when it is none. */
Bytes attachment_draft_hash(Arena *mem, const char *cookie);

bool  attachment_of_draft(System *sys, DbTx *tx, Bytes draft_hash, Attachment **rows, size_t *n,
                          GError **error) MUST_USE;
bool  attachment_of_petition(System *sys, DbTx *tx, int64_t petition_id, Attachment **rows,
                             size_t *n, GError **error) MUST_USE;
/* Take a file out of a draft again. NOT_FOUND when it is not the draft's. */
bool
attachment_remove(System *sys, Arena *mem, Bytes draft_hash, int64_t id, GError **error) MUST_USE;

/* As vault_rewrap_persons, of attachments' data keys. */
bool
attachment_rewrap(System *sys, Arena *mem, int64_t *after, int64_t *n, GError **error) MUST_USE;
/* For `sawt check`: look at the next rows behind `*after`, which becomes the last one's id; `*n`: how many
 * there were. `flaw` is called for whatever is wrong with one. */
typedef enum {
    ATTACHMENT_FLAW_FILE,  /* not there           */
    ATTACHMENT_FLAW_SIZE,  /* longer or cut short */
    ATTACHMENT_FLAW_KEY,   /* key or name does not open */
    ATTACHMENT_FLAW_OWNER, /* neither a petition nor a draft has it */
} AttachmentFlaw;
typedef void (*AttachmentFlawFunc)(AttachmentFlaw flaw, int64_t id, void *data);
typedef struct {
    AttachmentFlawFunc flaw;
    void              *data;
} AttachmentCheck;
bool attachment_check(System *sys, DbTx *tx, int64_t *after, size_t *n,
                      const AttachmentCheck *check, GError **error) MUST_USE;

/* Route: GET /files/{id}. Job: sweep of drafts' files that expired. */
extern const Feature        attachment_feature;
extern const DbQuery *const attachment_queries[];
extern const DbTable        attachment_tables[];
/* What lies in files on SQLite is rows on PostgreSQL: for `sawt migrate-store`. */
extern const DbContents attachment_contents[];
