/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one screen: the caller at the beginning, the request in the middle, what is said at the end. */
#include "feature/desk/desk_pages.h"

#include "base/text.h"
#include "desk_html.h"
#include "feature/account/account.h"
#include "feature/desk/desk_draft.h"
#include "feature/desk/desk_forms.h"
#include "messages.h"

#include <string.h>

/* ---- the screen ---- */

static const FormView *
form_of(Request *req, Form *form, const char *action)
{
    FormView *view = ARENA_NEW(req->mem, FormView);

    *view = (FormView){ .form = form, .action = action, .choices = desk_lodge_choices(req) };
    return view;
}

static bool
fill_caller(Request *req, const DeskCaller *caller, DeskView *view, GError **error)
{
    DeskCallerView *shown = ARENA_NEW(req->mem, DeskCallerView);

    shown->caller = *caller;
    view->caller = shown;
    return desk_requests_of(req, caller->person_id, &shown->requests, &shown->n_requests, error);
}

static void
fill_find(Request *req, Form *form, DeskView *view)
{
    if (form == NULL) {
        form = form_blank(req->mem, &desk_forms_find);
        form_set(form, "document_type", desk_forms_document_types[0]);
    }
    view->find = *form_of(req, form, "/desk/find");
    view->find.prefix = "find"; /* whom the agent registers has a document as well */
    view->find_words = form_typed(form, "who");
    view->find_mistaken = !form_ok(form);
}

/* What was typed for this caller and not sent, or a blank form. */
static bool
fill_draft(Request *req, const DeskCaller *caller, DeskScreen *screen, bool *kept, GError **error)
{
    DeskAnswers answers = { .json = NULL };

    screen->lodge = desk_lodge_blank(req);
    return desk_draft_fill(req, caller, screen->lodge, &answers, kept, error) &&
           desk_lodge_restore(req, &answers, &screen->fields, error);
}

static void
fill_lodge(Request *req, const DeskScreen *screen, DeskView *view)
{
    Form     *form = screen->lodge;
    FormView *shown = ARENA_NEW(req->mem, FormView);

    *shown = *form_of(req, form, "/desk/requests");
    if (view->caller != NULL)
        shown->autosave = "/desk/draft";
    view->lodge = shown;
    view->pick = form_typed(form, "pick");
    view->entity_q = form_typed(form, "entity_q");
    view->n = "{n}";
    view->time = "{time}";
    view->fields = desk_lodge_fields(req, view->pick, screen->fields);
    if (form_mistake_of(form, "entity_q") != NULL)
        desk_lodge_find(req, view->entity_q, &view->found);
}

bool
desk_pages_screen(Request *req, Response *res, const DeskScreen *given, GError **error)
{
    DeskScreen  shown = *given, *screen = &shown;
    const Who  *who = req->who;
    const char *said = request_query(req, "said");
    DeskView    view = { .agent = who->name, .nobody = screen->nobody };
    DeskCaller  caller;

    if (said != NULL)
        view.said = i18n_find_in("desk.said.", said);
    fill_find(req, screen->find, &view);
    if (screen->identity != NULL) {
        view.identity = form_of(req, screen->identity, "/desk/register");
    } else if (desk_caller_read(req, &caller) && !fill_caller(req, &caller, &view, error)) {
        return false;
    }
    if (view.caller != NULL && screen->lodge == NULL &&
        !fill_draft(req, &caller, screen, &view.kept, error))
        return false;
    if (screen->lodge != NULL) /* what was typed outlives the call */
        fill_lodge(req, screen, &view);
    desk_screen_html(html_page(req, res, screen->status), &view);
    return true;
}

bool
desk_pages_show(Request *req, Response *res, GError **error)
{
    return desk_pages_screen(req, res, &(DeskScreen){ .status = 200 }, error);
}

bool
desk_pages_back(Request *req, Response *res, GError **error)
{
    (void)req, (void)error;
    response_redirect(res, "/desk");
    return true;
}

/* ---- finding and registering ---- */

static Form *
identity_blank(Request *req, const char *who, const char *document_type)
{
    Form *form = form_blank(req->mem, &account_identity_form);

    form_set(form, "document_type", document_type);
    if (who != NULL && who[0] != '\0')
        form_set(form, text_phone(req->mem, who) != NULL ? "phone" : "document_number", who);
    return form;
}

static const char *
document_type_of(const Form *form)
{
    const DeskFindForm *data = form->values;

    return data->document_type == NULL ? desk_forms_document_types[0] : data->document_type;
}

bool
desk_pages_find(Request *req, Response *res, GError **error)
{
    const DeskFindForm *data = req->form->values;
    DeskScreen          again = { .find = req->form, .status = 422 };
    DeskFound           found;
    int64_t             person_id;

    if (!form_ok(req->form))
        return desk_pages_screen(req, res, &again, error);
    if (!desk_caller_find(req, data->who, document_type_of(req->form), &found, &person_id, error))
        return false;
    if (found == DESK_FOUND_ONE) {
        response_redirect(res, "/desk");
        return desk_caller_begin(req, res, person_id, error);
    }

    desk_caller_end(res); /* whoever was on the line before is not the one who is looked for */
    if (found == DESK_FOUND_SEVERAL) {
        form_mistake(req->form, "who", MSG_DESK_FIND_SEVERAL, NULL, NULL);
    } else {
        again.nobody = true;
        again.status = 200;
    }
    again.identity = identity_blank(req, found == DESK_FOUND_SEVERAL ? NULL : data->who,
                                    document_type_of(req->form));
    return desk_pages_screen(req, res, &again, error);
}

bool
desk_pages_register_page(Request *req, Response *res, GError **error)
{
    DeskCaller caller = { .phone = NULL };
    DeskScreen screen = { .status = 200 };

    if (!desk_caller_read(req, &caller))
        caller.phone = NULL;
    screen.identity = identity_blank(req, caller.phone, desk_forms_document_types[0]);
    return desk_pages_screen(req, res, &screen, error);
}

bool
desk_pages_register(Request *req, Response *res, GError **error)
{
    int64_t person_id;
    g_autoptr(GError) cause = NULL;

    if (!form_ok(req->form))
        return desk_pages_screen(req, res, &(DeskScreen){ .identity = req->form, .status = 422 },
                                 error);
    if (account_register(req->app, req->mem, req->who, req->form,
                         command_id_read(req->mem, form_typed(req->form, "command")), &person_id,
                         &cause)) {
        response_redirect(res, "/desk?said=registered");
        return desk_caller_begin(req, res, person_id, error);
    }
    if (!form_ok(req->form))
        return desk_pages_screen(req, res, &(DeskScreen){ .identity = req->form, .status = 422 },
                                 error);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
desk_pages_end(Request *req, Response *res, GError **error)
{
    (void)req, (void)error;
    desk_caller_end(res);
    response_redirect(res, "/desk?said=ended");
    return true;
}
