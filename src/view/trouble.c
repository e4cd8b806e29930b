/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fills the view of trouble.html from the messages of a status. */
#include "view/trouble.h"

#include "messages.h"
#include "view_html.h"

static int
message_of(Arena *mem, int status, const char *part)
{
    return i18n_find(arena_printf(mem, "error.%d.%s", status, part));
}

static bool
may_carry(const Request *req, int words)
{
    const Page *page = req->page;

    return (words == 500 || words == 503 || words == 401 || words == 429 ||
            words == TROUBLE_OLD_FORM) &&
           req->form != NULL && page != NULL && page->csrf[0] != '\0' &&
           form_may_be_carried(req->form->spec);
}

static const char *
label_of(const Request *req, const char *name)
{
    const FormField *field = form_field(req->form->spec, name);

    if (field == NULL || field->kind != FORM_LONG_TEXT)
        return NULL;
    return field->label_text != NULL ? field->label_text
                                     : i18n_text(i18n_words(req->lang), field->label);
}

static void
carry(Request *req, TroubleView *view)
{
    const char   *name, *value;
    TroubleTyped *typed;
    FormView     *again;
    size_t        n = 0;

    while (form_carried(req->form, n, &name, &value))
        n++;
    typed = ARENA_ARRAY(req->mem, TroubleTyped, n);
    for (size_t i = 0; i < n && form_carried(req->form, i, &name, &value); i++)
        typed[i] = (TroubleTyped){ name, value, label_of(req, name) };
    again = ARENA_NEW(req->mem, FormView);
    *again = (FormView){ .form = req->form, .action = request_target(req) };
    view->again = again;
    view->typed = typed;
    view->n_typed = n;
}

int
trouble_words(Arena *mem, int status)
{
    if (message_of(mem, status, "title") != 0)
        return status;
    return status < 500 || status == 501 || status == 505 ? 400 : 500;
}

/* As who the page is for. */
static const char *
sign_in_path(const Page *page)
{
    return page == NULL || page->sign_in == NULL ? "/sign-in" : page->sign_in;
}

void
trouble_show(Request *req, Response *res, int status, int words, bool own)
{
    int         shown = trouble_words(req->mem, words);
    TroubleView view = {
        .status = status,
        .title = message_of(req->mem, shown, "title"),
        .text = message_of(req->mem, shown, "text"),
        .todo = message_of(req->mem, shown, "todo"),
        .sign_in = status == 401 ? sign_in_path(req->page) : NULL,
    };

    if (req->id != 0)
        view.incident = arena_printf(req->mem, "%" G_GINT64_MODIFIER "x", req->id);
    if (own && may_carry(req, words)) {
        int kept = message_of(req->mem, shown, "kept");

        carry(req, &view);
        view.todo = kept != 0 ? kept : view.todo;
    }
    trouble_html(html_page(req, res, status), &view);
}
