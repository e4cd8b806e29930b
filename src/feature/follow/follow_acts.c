/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What requesters do with their own petition: rate, withdraw, add. What must stay true: number and code
 * alone let nobody act, and whatever is refused comes back with everything that was typed. */
#include "feature/follow/follow_pages.h"

#include "base/number.h"
#include "feature/follow/follow_forms.h"
#include "feature/petition/petition_refusal.h"
#include "follow_html.h"
#include "messages.h"

typedef struct {
    CommandContext context;
    PetitionTarget on;
    CommandOutcome outcome;
    PetitionActed  acted;
    GError        *cause; /* of what failed; settle's to keep */
} Act;

/* Theirs by being signed in: a cookie of number and code does not make a file one's own. */
static bool
begin(Request *req, const char *version, Act *act, GError **error)
{
    System    *sys = req->app;
    const Who *who = req->who;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    Petition petition;
    int64_t  number;

    if (tx == NULL)
        return false;
    if (!number_parse(request_param(req, "number"), &number))
        return fail(error, APP_ERROR_NOT_FOUND, "no petition's number");
    if (!petition_by_number(tx, number, &petition, error))
        return false;

    *act =
        (Act){ .context = { .sys = sys,
                            .mem = req->mem,
                            .by = who,
                            .command_id =
                                command_id_read(req->mem, form_typed(req->form, "command")) },
               .on = { .number = number,
                       .seen_version = follow_forms_number(version),
                       .own = petition_is_of_person(sys, req->mem, &petition, who->person_id) } };
    return true;
}

/* Done: to the petition's page with `notice`. Refused: the reason stands in the form, and *again is the
 * status to show it with. Everything else is an error. */
static bool
settle(Request *req, Response *res, Act *act, const char *notice, int *again, GError **error)
{
    g_autoptr(GError) cause = act->cause;
    const Refusal *refusal = &act->outcome.refusal;

    *again = 0;
    if (cause == NULL) {
        response_redirect(res, follow_pages_path(req->mem, act->on.number,
                                                 arena_printf(req->mem, "?done=%s", notice)));
        return true;
    }
    if (error_code(cause) == APP_ERROR_INVALID && refusal->message != 0) {
        bool known = refusal->field != NULL && form_field(req->form->spec, refusal->field) != NULL;

        form_mistake(req->form, known ? refusal->field : "", MSG_REFUSAL_PLAIN,
                     petition_refusal_text(req->app, req->mem, req->lang, refusal), NULL);
        *again = 422;
        return true;
    }
    if (error_code(cause) == APP_ERROR_CONFLICT) {
        form_mistake(req->form, "", MSG_FOLLOW_CHANGED, NULL, NULL);
        *again = 409;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

/* ---- rating ---- */

bool
follow_acts_rate(Request *req, Response *res, GError **error)
{
    const FollowRateForm *data = req->form->values;
    PetitionRate          cmd;
    Act                   act;
    int                   again;

    if (!form_ok(req->form))
        return follow_pages_show_with(req, res, req->form, 422, error);
    if (!begin(req, data->version, &act, error))
        return false;

    cmd = (PetitionRate){ .on = act.on,
                          .solved = data->solved,
                          .stars = follow_forms_number(data->stars),
                          .words = data->words };
    if (!petition_rate(&act.context, &cmd, &act.acted, &act.outcome, &act.cause))
        g_assert(act.cause != NULL);
    if (!settle(req, res, &act, "rated", &again, error))
        return false;
    return again == 0 || follow_pages_show_with(req, res, req->form, again, error);
}

/* ---- pages with a form of their own ---- */

typedef void (*Show)(Html *page, const FollowActView *view);

static bool
show(Request *req, Response *res, Form *form, const char *rest, Show html, int status,
     GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    PetitionFile  file;
    bool          own;
    FollowActView view = { .form = { .form = form } };

    if (tx == NULL || !follow_pages_load(req, tx, &file, &own, error))
        return false;
    if (!own)
        return fail(error, APP_ERROR_NOT_FOUND, "only proved by number and code");

    form_set(form, "version",
             arena_printf(req->mem, "%" G_GINT64_FORMAT, (gint64)file.petition.version));
    view.form.action = follow_pages_path(req->mem, file.petition.number, rest);
    view.status = follow_status_of(sys, &file.petition, req->lang, req->now);
    view.subject = file.content.subject;
    html(html_page(req, res, status), &view);
    return true;
}

static bool
show_withdraw(Request *req, Response *res, Form *form, int status, GError **error)
{
    return show(req, res, form, "/withdraw", follow_withdraw_html, status, error);
}

bool
follow_acts_withdraw_page(Request *req, Response *res, GError **error)
{
    return show_withdraw(req, res, form_blank(req->mem, &follow_forms_withdraw), 200, error);
}

bool
follow_acts_withdraw(Request *req, Response *res, GError **error)
{
    const FollowWithdrawForm *data = req->form->values;
    PetitionWithdraw          cmd;
    Act                       act;
    int                       again;

    if (!form_ok(req->form))
        return show_withdraw(req, res, req->form, 422, error);
    if (!begin(req, data->version, &act, error))
        return false;

    cmd = (PetitionWithdraw){ .on = act.on, .why = data->why, .words = data->words };
    if (!petition_withdraw(&act.context, &cmd, &act.acted, &act.outcome, &act.cause))
        g_assert(act.cause != NULL);
    if (!settle(req, res, &act, "withdrawn", &again, error))
        return false;
    return again == 0 || show_withdraw(req, res, req->form, again, error);
}

static bool
show_add(Request *req, Response *res, Form *form, int status, GError **error)
{
    return show(req, res, form, "/add", follow_add_html, status, error);
}

bool
follow_acts_add_page(Request *req, Response *res, GError **error)
{
    return show_add(req, res, form_blank(req->mem, &follow_forms_add), 200, error);
}

bool
follow_acts_add(Request *req, Response *res, GError **error)
{
    const FollowAddForm   *data = req->form->values;
    PetitionAddInformation cmd;
    Act                    act;
    int                    again;

    if (!form_ok(req->form))
        return show_add(req, res, req->form, 422, error);
    if (!begin(req, data->version, &act, error))
        return false;

    cmd = (PetitionAddInformation){ .on = act.on, .text = data->text };
    if (!petition_add_information(&act.context, &cmd, &act.acted, &act.outcome, &act.cause))
        g_assert(act.cause != NULL);
    if (!settle(req, res, &act, "added", &again, error))
        return false;
    return again == 0 || show_add(req, res, req->form, again, error);
}
