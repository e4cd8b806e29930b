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

void
trouble_show(Request *req, Response *res, int status)
{
    bool        known = message_of(req->mem, status, "title") != 0;
    int         shown = known ? status : 500;
    TroubleView view = {
        .status = status,
        .title = message_of(req->mem, shown, "title"),
        .text = message_of(req->mem, shown, "text"),
        .todo = message_of(req->mem, shown, "todo"),
        .sign_in = status == 401,
    };

    if (req->id != 0)
        view.incident = arena_printf(req->mem, "%" G_GINT64_MODIFIER "x", req->id);
    trouble_html(html_page(req, res, status), &view);
}
