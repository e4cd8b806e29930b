/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is read out to the caller. What must stay true: only the caller's own requests are shown, while
 * the call lasts; to the agent everything else looks absent. */
#include "base/number.h"
#include "desk_html.h"
#include "feature/attachment/attachment.h"
#include "feature/desk/desk_forms.h"
#include "feature/desk/desk_pages.h"
#include "feature/petition/petition_refusal.h"
#include "messages.h"

#include <string.h>

#define MOST_SHOWN 10

/* The file of the path, when it is the caller's; NOT_FOUND. */
static bool
load(Request *req, DbTx *tx, PetitionFile *file, GError **error)
{
    System    *sys = req->app;
    DeskCaller caller;
    Petition   petition;
    int64_t    number;

    if (!desk_caller_read(req, &caller) || !number_parse(request_param(req, "number"), &number))
        return fail(error, APP_ERROR_NOT_FOUND, "no call, or no number");
    if (!petition_by_number(tx, number, &petition, error))
        return false;
    if (!petition_is_of_person(sys, req->mem, &petition, caller.person_id))
        return fail(error, APP_ERROR_NOT_FOUND, "not the caller's");
    return petition_file(sys, tx, req->who, number, true, file, error);
}

/* ---- the caller's list ---- */

static bool
fill_row(Request *req, DbTx *tx, const Petition *petition, DeskRequestRow *row, GError **error)
{
    System      *sys = req->app;
    PetitionFile file;

    if (!petition_file(sys, tx, req->who, petition->number, true, &file, error))
        return false;
    *row = (DeskRequestRow){ .status = follow_status_of(sys, petition, req->lang, req->now),
                             .type = i18n_find_in("type.", petition->type),
                             .subject = file.content.subject,
                             .lodged_at = petition->lodged_at };
    return true;
}

bool
desk_requests_of(Request *req, int64_t person_id, const DeskRequestRow **rows, size_t *n,
                 GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    DeskRequestRow *made;
    Petition       *petitions;

    if (tx == NULL || !petition_of_person(sys, tx, person_id, &petitions, n, MOST_SHOWN, error))
        return false;

    made = ARENA_ARRAY(req->mem, DeskRequestRow, *n);
    for (size_t i = 0; i < *n; i++)
        if (!fill_row(req, tx, &petitions[i], &made[i], error))
            return false;
    *rows = made;
    return true;
}

/* ---- one of them ---- */

static void
fill(Request *req, const PetitionFile *file, Form *form, DeskRequestView *view)
{
    System              *sys = req->app;
    const PetitionEvent *answer = follow_steps_answer(file);
    char                 number[NUMBER_TEXT_SIZE];

    number_format(file->petition.number, number);
    view->status = follow_status_of(sys, &file->petition, req->lang, req->now);
    view->timeline = follow_steps_of(sys, req->mem, file, &view->status, req->lang);
    view->type = i18n_find_in("type.", file->petition.type);
    view->complaint = strcmp(file->petition.type, "complaint") == 0;
    view->subject = file->content.subject;
    view->answer = answer == NULL ? NULL : answer->text;
    view->outcome = view->status.outcome;
    view->may_add = view->status.open || !form_ok(form);
    view->form = (FormView){ .form = form,
                             .action = arena_printf(req->mem, "/desk/requests/%s/add", number) };
}

static bool
fill_files(Request *req, DbTx *tx, const PetitionFile *file, DeskRequestView *view, GError **error)
{
    Attachment *rows;
    DeskFile   *files;

    if (!attachment_of_petition(req->app, tx, file->petition.id, &rows, &view->n_files, error))
        return false;
    files = ARENA_ARRAY(req->mem, DeskFile, view->n_files);
    for (size_t i = 0; i < view->n_files; i++)
        files[i] = (DeskFile){ rows[i].id, rows[i].size, rows[i].name };
    view->files = files;
    return true;
}

static bool
show(Request *req, Response *res, Form *form, int status, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    DeskRequestView view = { .answer = NULL };
    PetitionFile    file;

    if (tx == NULL || !load(req, tx, &file, error) || !fill_files(req, tx, &file, &view, error))
        return false;
    fill(req, &file, form, &view);
    desk_request_html(html_page(req, res, status), &view);
    return true;
}

bool
desk_requests_show(Request *req, Response *res, GError **error)
{
    return show(req, res, form_blank(req->mem, &desk_forms_add), 200, error);
}

bool
desk_requests_receipt(Request *req, Response *res, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    DeskRequestView view = { .answer = NULL };
    PetitionFile    file;
    char            code[VAULT_CODE_LENGTH + 1];

    if (tx == NULL || !load(req, tx, &file, error))
        return false;
    fill(req, &file, form_blank(req->mem, &desk_forms_add), &view);
    vault_tracking_code(sys->vault, file.petition.id, code);
    view.code = arena_printf(req->mem, "%.5s-%s", code, code + 5);
    desk_receipt_html(html_page(req, res, 200), &view);
    return true;
}

/* ---- adding for the caller ---- */

static bool
is_callers(Request *req, int64_t *number, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    PetitionFile file;

    if (tx == NULL || !load(req, tx, &file, error))
        return false;
    *number = file.petition.number;
    return true;
}

bool
desk_requests_add(Request *req, Response *res, GError **error)
{
    const DeskAddForm     *data = req->form->values;
    CommandContext         context = { .sys = req->app,
                                       .mem = req->mem,
                                       .by = req->who,
                                       .command_id =
                                           command_id_read(req->mem, form_typed(req->form, "command")) };
    PetitionAddInformation cmd = { .on = { .own = true }, .text = data->text };
    PetitionActed          acted;
    CommandOutcome         outcome = { .repeated = false };
    g_autoptr(GError) cause = NULL;

    if (!is_callers(req, &cmd.on.number, error))
        return false;
    if (!form_ok(req->form))
        return show(req, res, req->form, 422, error);
    if (petition_add_information(&context, &cmd, &acted, &outcome, &cause)) {
        char number[NUMBER_TEXT_SIZE];

        number_format(cmd.on.number, number);
        response_redirect(res, arena_printf(req->mem, "/desk/requests/%s?done=added", number));
        return true;
    }
    if (error_code(cause) == APP_ERROR_INVALID && outcome.refusal.message != 0) {
        form_mistake(req->form, "text", MSG_REFUSAL_PLAIN,
                     petition_refusal_text(req->app, req->mem, req->lang, &outcome.refusal), NULL);
        return show(req, res, req->form, 422, error);
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}
