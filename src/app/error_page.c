/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page is the view's; here is what it does not know: which words, who wants JSON, and what is
 * noted of a peer. */
#include "app/error_page.h"

#include "base/json.h"
#include "base/log.h"
#include "http/form.h"
#include "view/form_view.h"
#include "view/trouble.h"

static int
word(Arena *mem, int status, const char *part)
{
    return i18n_find(arena_printf(mem, "error.%d.%s", trouble_words(mem, status), part));
}

/* What a page would say beside the fields. */
static void
write_mistakes(Json *json, const Request *req, const Words *words)
{
    json_array_begin(json, "mistakes");
    for (const FormMistake *at = req->form->mistakes; at != NULL; at = at->next) {
        json_object_begin(json, NULL);
        json_text(json, "field", at->field);
        json_text(json, "text", form_view_sentence(req->mem, words, req->form, at));
        json_object_end(json);
    }
    json_array_end(json);
}

static void
write_json(Request *req, Response *res, int status, int told)
{
    const Words *words = i18n_words(req->lang);
    GString     *text = g_string_new(NULL);
    Json         json;

    json_init(&json, text);
    json_object_begin(&json, NULL);
    json_int(&json, "status", status);
    json_text(&json, "title", i18n_text(words, word(req->mem, told, "title")));
    json_text(&json, "detail", i18n_text(words, word(req->mem, told, "text")));
    if (status == 422 && req->form != NULL && !form_ok(req->form))
        write_mistakes(&json, req, words);
    json_text(&json, "request", arena_printf(req->mem, "%" G_GINT64_FORMAT, (gint64)req->id));
    json_object_end(&json);
    buffer_add(response_body(res, status, "application/problem+json"), text->str, text->len);
    g_string_free(text, TRUE);
}

/* What a peer does that no page of ours does by itself: a form from elsewhere, too much, too often. */
static void
note_peer(const Request *req, const GError *error)
{
    AppError code = error_code(error);

    if (code == APP_ERROR_FORBIDDEN || code == APP_ERROR_LIMITED || code == APP_ERROR_TOO_LARGE)
        log_peer("request.refused", LOG_INT("request", req->id),
                 LOG_INT("status", error_status(code)),
                 LOG_CODE("route", req->route == NULL ? "" : req->route->path),
                 LOG_CODE("error", error == NULL ? "" : error->message));
}

void
error_page_write(Request *req, Response *res, const GError *error, bool old_form, bool own)
{
    int refused = request_refused(req);
    int status = refused != 0 ? refused : error_status(error_code(error));
    int told = old_form ? TROUBLE_OLD_FORM : status;

    if (!old_form)
        note_peer(req, error);
    if (status == 503 && response_find(res, "Retry-After") == NULL)
        response_header(res, "Retry-After", "5");
    if (request_wants_json(req))
        write_json(req, res, status, told);
    else
        trouble_show(req, res, status, told, own);
}
