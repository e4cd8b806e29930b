/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What waits for an entity at the unit, by time left. Only columns and briefs are read: ground, proposal
 * and text of a returned one stand in its file. */
#include "feature/office/office_pages.h"
#include "feature/office/office_words.h"
#include "messages.h"
#include "office_html.h"

#include <string.h>

enum { PAGE = 50 };

/* Why it waits here. */
static OfficeBadge
why_of(const PetitionRow *row)
{
    if (row->frozen)
        return (OfficeBadge){ "tone-late", "pause", MSG_IDENTITY_FROZEN };
    if (row->provisional)
        return (OfficeBadge){ "tone-attention", "clock", MSG_IDENTITY_PROVISIONAL };
    if (row->returns > 0)
        return (OfficeBadge){ "tone-attention", "return",
                              row->returns == 1 ? MSG_OFFICE_TRIAGE_RETURNED
                                                : MSG_OFFICE_TRIAGE_RETURNED_TWICE };
    /* Its entity is known, and must not get it. */
    if (strcmp(row->about, "head") == 0)
        return (OfficeBadge){ "tone-none", "person", MSG_OFFICE_TRIAGE_ABOUT_HEAD };
    return (OfficeBadge){ "tone-none", "entity", MSG_OFFICE_TRIAGE_NO_ENTITY };
}

static OfficeTriageRow
row_of(const OfficeReader *reader, const PetitionRow *row)
{
    return (OfficeTriageRow){
        .number = row->number,
        .due = office_words_due(reader, row->state, row->due_at),
        .why = why_of(row),
        .type = office_words_type(row->type),
        .subject = row->subject,
        .place = office_words_place(reader, row->place_id, row->place_words),
        .lodged_at = row->lodged_at,
        .restricted = row->restricted,
    };
}

static bool
read_rows(const OfficeReader *reader, PetitionAfter after, OfficeTriageView *view, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(reader->sys->db, reader->mem, error);
    OfficeTriageRow *shown;
    PetitionRow     *rows;
    size_t           n;

    if (tx == NULL || !petition_triage(reader->sys, tx, reader->who, after, &rows, &n, error))
        return false;
    shown = ARENA_ARRAY(reader->mem, OfficeTriageRow, n);
    for (size_t i = 0; i < n; i++)
        shown[i] = row_of(reader, &rows[i]);
    view->rows = shown;
    view->n_rows = n;
    if (n == PAGE)
        view->next =
            office_words_next(reader, "/office/triage", rows[n - 1].due_at, rows[n - 1].id);
    return true;
}

bool
office_triage_list(Request *req, Response *res, GError **error)
{
    OfficeReader     reader = office_words_reader(req);
    OfficeTriageView view = { .n_rows = 0 };

    if (!read_rows(&reader, office_words_after(req), &view, error))
        return false;
    office_triage_html(html_page(req, res, 200), &view);
    return true;
}
