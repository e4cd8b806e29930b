/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The outbox page of trial mode: what would have reached telephones and mailboxes. */
#include "core/access.h"
#include "feature/notify/notify_send.h"
#include "feature/notify/notify_views.h"
#include "messages.h"
#include "notify_html.h"

#include <string.h>

#define PAGE 50

static bool
fill_message(System *sys, DbTx *tx, const OutboxRow *row, OutboxMessageView *out, GError **error)
{
    const char *subject;

    if (!notify_text(sys, tx, row, &subject, &out->text, error))
        return false;
    out->sms = strcmp(row->channel, "sms") == 0;
    out->email = strcmp(row->channel, "email") == 0;
    out->call = strcmp(row->channel, "call") == 0;
    out->sent = strcmp(row->fate, "sent") == 0 || strcmp(row->fate, "done") == 0;
    out->waiting = strcmp(row->fate, "waiting") == 0;
    out->dead = !out->sent && !out->waiting;
    out->channel = i18n_find_in("outbox.channel.", row->channel);
    out->fate = i18n_find_in("outbox.fate.", row->fate);
    out->lang = row->lang;
    out->created_at = row->created_at;
    return true;
}

static bool
outbox(Request *req, Response *res, GError **error)
{
    System     *sys = req->app;
    const char *before = request_query(req, "before");
    g_autoptr(DbTx) tx = system_begin_stale(sys, req->who, req->mem, error);
    OutboxView         view = { .n_messages = 0 };
    OutboxMessageView *messages;
    OutboxRow         *rows;
    size_t             n;

    if (tx == NULL || !outbox_recent(tx, before == NULL ? 0 : g_ascii_strtoll(before, NULL, 10),
                                     &rows, &n, error))
        return false;

    messages = ARENA_ARRAY(req->mem, OutboxMessageView, n);
    for (size_t i = 0; i < n; i++)
        if (!fill_message(sys, tx, &rows[i], &messages[i], error))
            return false;
    view.messages = messages;
    view.n_messages = n;
    view.older = n == PAGE ? rows[n - 1].id : 0;
    notify_outbox_html(html_page(req, res, 200), &view);
    return true;
}

const Route notify_routes[] = {
    { HTTP_GET, "/outbox", outbox, .needs = PERM_TRIAL },
    { 0 },
};
