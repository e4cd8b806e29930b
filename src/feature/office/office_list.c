/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inbox, closed files, search: one table. Filters and pages are addresses. */
#include "feature/office/office_pages.h"
#include "feature/office/office_words.h"
#include "messages.h"
#include "office_html.h"

#include <string.h>

enum { PAGE = 50 }; /* of petition's lists */

static const struct {
    const char  *name, *href, *icon;
    PetitionList list;
    int          label;
} lists[] = {
    { "open", "/office", "list", PETITION_LIST_OPEN, MSG_WORD_ALL },
    { "assigned", "/office?list=assigned", "bell", PETITION_LIST_ASSIGNED,
      MSG_OFFICE_LIST_ASSIGNED },
    { "progress", "/office?list=progress", "clock", PETITION_LIST_PROGRESS,
      MSG_OFFICE_LIST_PROGRESS },
};

static int64_t
query_int(const Request *req, const char *name)
{
    const char *text = request_query(req, name);

    return text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
}

static OfficeRow *
rows_of(const OfficeReader *reader, const PetitionRow *rows, size_t n)
{
    OfficeRow *shown = ARENA_ARRAY(reader->mem, OfficeRow, n);

    for (size_t i = 0; i < n; i++)
        shown[i] = office_words_row(reader, &rows[i]);
    return shown;
}

/* The address of the page behind these rows, or NULL. */
static const char *
next_of(const OfficeReader *reader, const char *path, const PetitionRow *rows, size_t n)
{
    return n < PAGE ? NULL : office_words_next(reader, path, rows[n - 1].due_at, rows[n - 1].id);
}

static bool
read_inbox(const OfficeReader *reader, PetitionList list, PetitionAfter after, const char *path,
           OfficeInboxView *view, GError **error)
{
    g_autoptr(DbTx) tx = list == PETITION_LIST_CLOSED
                             ? system_begin_stale(reader->sys, reader->who, reader->mem, error)
                             : db_begin(reader->sys->db, reader->mem, error);
    PetitionRow *rows;
    size_t       n;

    if (tx == NULL || !petition_inbox(reader->sys, tx, reader->who, list, after, &rows, &n, error))
        return false;
    view->list.rows = rows_of(reader, rows, n);
    view->list.n_rows = n;
    view->next = next_of(reader, path, rows, n);
    return true;
}

static size_t
list_index(const char *name)
{
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(lists); i++)
        if (strcmp(lists[i].name, name) == 0)
            return i;
    return 0;
}

bool
office_list_inbox(Request *req, Response *res, GError **error)
{
    OfficeReader    reader = office_words_reader(req);
    size_t          chosen = list_index(request_query(req, "list"));
    OfficeFilter   *filters = ARENA_ARRAY(req->mem, OfficeFilter, G_N_ELEMENTS(lists));
    OfficeInboxView view = { .list = { .caption = MSG_OFFICE_INBOX_CAPTION, .time = MSG_WORD_TIME },
                             .title = MSG_SCREEN_INBOX,
                             .order = MSG_OFFICE_INBOX_ORDER,
                             .empty = MSG_OFFICE_INBOX_EMPTY,
                             .filters = filters,
                             .n_filters = G_N_ELEMENTS(lists) };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        filters[i] = (OfficeFilter){ lists[i].href, lists[i].icon, lists[i].label, i == chosen };
    if (!read_inbox(&reader, lists[chosen].list, office_words_after(req), lists[chosen].href, &view,
                    error))
        return false;
    office_inbox_html(html_page(req, res, 200), &view);
    return true;
}

bool
office_list_closed(Request *req, Response *res, GError **error)
{
    OfficeReader    reader = office_words_reader(req);
    OfficeInboxView view = { .list = { .caption = MSG_OFFICE_CLOSED_CAPTION,
                                       .time = MSG_OFFICE_CLOSED_TIME },
                             .title = MSG_OFFICE_CLOSED_TITLE,
                             .order = MSG_OFFICE_CLOSED_ORDER,
                             .empty = MSG_OFFICE_CLOSED_EMPTY };

    if (!read_inbox(&reader, PETITION_LIST_CLOSED, office_words_after(req), "/office/closed", &view,
                    error))
        return false;
    office_inbox_html(html_page(req, res, 200), &view);
    return true;
}

bool
office_list_search(Request *req, Response *res, GError **error)
{
    OfficeReader     reader = office_words_reader(req);
    const char      *q = request_query(req, "q");
    OfficeSearchView view = { .q = q == NULL ? "" : q,
                              .asked = q != NULL && q[0] != '\0',
                              .list = { .caption = MSG_OFFICE_SEARCH_CAPTION,
                                        .time = MSG_WORD_TIME } };
    g_autoptr(DbTx) tx = NULL;
    PetitionRow *rows = NULL;
    size_t       n = 0;

    if (view.asked) {
        tx = system_begin_stale(reader.sys, reader.who, req->mem, error);
        if (tx == NULL || !petition_search(reader.sys, tx, reader.who, q, query_int(req, "before"),
                                           &rows, &n, error))
            return false;
    }
    view.list.rows = rows_of(&reader, rows, n);
    view.list.n_rows = n;
    view.before = n == PAGE ? rows[n - 1].id : 0;
    office_search_html(html_page(req, res, 200), &view);
    return true;
}
