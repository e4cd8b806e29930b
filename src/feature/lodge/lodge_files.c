/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Photos, videos, documents: each is kept as soon as it arrives, can be taken out again, and none is
 * needed. Sending the form without a file goes on. */
#include "core/cookie.h"
#include "feature/attachment/attachment.h"
#include "feature/lodge/lodge_forms.h"
#include "feature/lodge/lodge_pages.h"
#include "lodge_html.h"
#include "messages.h"

static bool
load_files(Request *req, const LodgeDraft *draft, FilesView *view, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    Attachment *rows;
    FileView   *files;
    size_t      n;

    if (tx == NULL || !attachment_of_draft(sys, tx, draft->hash, &rows, &n, error))
        return false;
    files = ARENA_ARRAY(req->mem, FileView, n);
    for (size_t i = 0; i < n; i++)
        files[i] = (FileView){ .id = rows[i].id,
                               .size = rows[i].size,
                               .name = rows[i].name,
                               .image = g_str_has_prefix(rows[i].type, "image/"),
                               .media = g_str_has_prefix(rows[i].type, "video/") ||
                                        g_str_has_prefix(rows[i].type, "audio/") };
    view->files = files;
    view->n_files = n;
    return true;
}

static bool
show(Request *req, Response *res, const LodgeDraft *draft, Form *form, int status, GError **error)
{
    FilesView view = {
        .form = { .form = form, .action = "/new/files", .files = true, .question = true }
    };

    if (!load_files(req, draft, &view, error))
        return false;
    lodge_fill_steps(req, draft, STEP_FILES, &view.steps);
    lodge_files_html(html_page(req, res, status), &view);
    return true;
}

bool
lodge_files_page(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    return !there || show(req, res, &draft, form_blank(req->mem, &lodge_files_form), 200, error);
}

/* Files that were just added are shown before the next question, so that one sees that they are kept. */
bool
lodge_files_save(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    if (!form_ok(req->form))
        return show(req, res, &draft, req->form, 422, error);
    if (form_typed(req->form, "none") == NULL) {
        response_redirect(res, "/new/files?done=files");
        return true;
    }
    draft.files_asked = true;
    return lodge_go_on(req, res, &draft, error);
}

bool
lodge_files_remove(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    response_redirect(res, "/new/files");
    return attachment_remove(req->app, req->mem, draft.hash,
                             g_ascii_strtoll(request_param(req, "id"), NULL, 10), error);
}
