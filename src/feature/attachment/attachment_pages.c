/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /files/{id}: to who may see the petition (an agent while its requester is on the line), or whose
 * draft it is. Decrypted while it is sent,
 * offered for saving, never shown inside a page of ours. */
#include "core/access.h"
#include "core/cookie.h"
#include "feature/attachment/attachment_file.h"
#include "feature/attachment/attachment_open.h"
#include "feature/petition/petition.h"

static bool
may_see_petition(System *sys, DbTx *tx, const Who *who, int64_t petition_id, GError **error)
{
    Petition     petition;
    AccessTarget target;

    if (!petition_by_id(tx, petition_id, &petition, error))
        return false;
    target = (AccessTarget){ .petition_id = petition.id,
                             .entity_id = petition.entity_id,
                             .state = petition.state,
                             .holder = petition.holder,
                             .restricted = petition.restricted };
    int64_t person_id = who->role == ROLE_AGENT ? who->caller_id : who->person_id;
    target.own = who->petition_id == petition.id ||
                 (person_id != 0 && petition_is_of_person(sys, db_arena(tx), &petition, person_id));
    return access_require(who, target.own ? ACTION_READ_STATUS : ACTION_READ, &target, error);
}

static bool
may_see(System *sys, DbTx *tx, Request *req, const AttachmentRow *row, GError **error)
{
    Bytes draft;

    if (row->petition_id != 0)
        return may_see_petition(sys, tx, req->who, row->petition_id, error);
    draft = attachment_draft_hash(req->mem, request_cookie(req, COOKIE_DRAFT));
    return (draft.data != NULL && bytes_equal(draft, row->draft_hash)) ||
           fail(error, APP_ERROR_NOT_FOUND, "a file of another draft");
}

static int64_t
read_some(void *data, uint8_t *out, size_t room)
{
    return attachment_reader_read(data, out, room);
}

static void
close_reader(void *data)
{
    attachment_reader_free(data);
}

static bool
download(Request *req, Response *res, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    g_auto(CryptoKey) key = { .id = 0 };
    AttachmentRow     row;
    Attachment        attachment;
    AttachmentReader *reader;

    if (tx == NULL ||
        !attachment_store_by_id(tx, g_ascii_strtoll(request_param(req, "id"), NULL, 10), &row,
                                error) ||
        !may_see(sys, tx, req, &row, error) ||
        !attachment_open_row(sys, req->mem, &row, &attachment, error) ||
        !attachment_open_key(sys, &row, &key, error))
        return false;
    reader = attachment_reader_new(sys, tx, row.file, &key, error);
    if (reader == NULL)
        return false;
    response_attachment(res, attachment.name);
    response_stream(res, 200, attachment.type, row.size, read_some, close_reader, reader);
    return true;
}

const Route attachment_routes[] = {
    { HTTP_GET, "/files/{id}", download, .needs = PERM_PUBLIC },
    { 0 },
};
