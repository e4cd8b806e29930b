/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What waits for an entity at the unit, oldest first. */
#include "feature/office/office_pages.h"
#include "feature/office/office_target.h"
#include "messages.h"
#include "office_html.h"

#include "base/text.h"

enum { PAGE = 50, EXCERPT = 280 };

static void
fill_return(const OfficeReader *reader, const PetitionEvent *returned, OfficeTriageRow *row)
{
    row->ground = i18n_find_in("ground.", returned->ground);
    row->from = office_words_entity(reader, returned->entity_from);
    row->proposed = office_words_entity(reader, returned->entity_to);
    row->legal_text = returned->legal_text;
}

/* The whole file is opened: ground, proposal and text stand in its history. */
static bool
fill_row(const OfficeReader *reader, DbTx *tx, const PetitionRow *row, OfficeTriageRow *shown,
         GError **error)
{
    const PetitionEvent *returned;
    PetitionFile         file;

    if (!petition_file(reader->sys, tx, reader->who, row->number, false, &file, error))
        return false;
    *shown = (OfficeTriageRow){
        .number = row->number,
        .due = office_words_due(reader, row->state, row->due_at),
        .type = office_words_type(row->type),
        .subject = file.content.subject,
        .text = text_ellipsis(reader->mem, file.content.text, EXCERPT),
        .place = office_words_place(reader, row->place_id, row->place_words),
        .lodged_at = row->lodged_at,
        .restricted = row->restricted,
        .suggested = office_target_best(reader, &file),
    };
    returned = office_target_return(&file);
    if (returned != NULL)
        fill_return(reader, returned, shown);
    return true;
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
        if (!fill_row(reader, tx, &rows[i], &shown[i], error))
            return false;
    view->rows = shown;
    view->n_rows = n;
    if (n == PAGE)
        view->next = arena_printf(reader->mem,
                                  "/office/triage?due=%" G_GINT64_FORMAT "&id=%" G_GINT64_FORMAT,
                                  (gint64)rows[n - 1].due_at, (gint64)rows[n - 1].id);
    return true;
}

bool
office_triage_list(Request *req, Response *res, GError **error)
{
    OfficeReader  reader = office_words_reader(req);
    const char   *due = request_query(req, "due"), *id = request_query(req, "id");
    PetitionAfter after = { due == NULL ? 0 : g_ascii_strtoll(due, NULL, 10),
                            id == NULL ? 0 : g_ascii_strtoll(id, NULL, 10) };
    OfficeTriageView view = { .n_rows = 0 };

    if (!read_rows(&reader, after, &view, error))
        return false;
    office_triage_html(html_page(req, res, 200), &view);
    return true;
}
