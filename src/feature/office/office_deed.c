/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Acts on a file: form → command → the file again. What must stay true: whatever a command answers,
 * what was typed comes back; and an answer is seen as the requester will see it before it goes. */
#include "feature/office/office_acts.h"
#include "feature/office/office_file.h"
#include "feature/office/office_forms.h"
#include "feature/office/office_pages.h"
#include "feature/office/office_target.h"
#include "feature/petition/petition_refusal.h"
#include "feature/petition/petition_rules.h"
#include "messages.h"
#include "office_html.h"

#include <string.h>

/* ---- one command each ---- */

typedef struct {
    const CommandContext *context;
    PetitionTarget        on;
    Form                 *form;
    PetitionActed        *acted;
    CommandOutcome       *outcome;
} Deed;

static bool
run_accept(const Deed *deed, GError **error)
{
    const PetitionAccept cmd = { .on = deed->on };

    return petition_accept(deed->context, &cmd, deed->acted, deed->outcome, error);
}

static bool
run_consult(const Deed *deed, GError **error)
{
    const OfficeConsultForm *data = deed->form->values;
    const PetitionConsult    cmd = { .on = deed->on,
                                     .directorate_id = office_forms_id(data->directorate),
                                     .question = data->question,
                                     .answer_days = data->answer_days };

    return petition_consult(deed->context, &cmd, deed->acted, deed->outcome, error);
}

static bool
run_period(const Deed *deed, GError **error)
{
    const OfficePeriodForm *data = deed->form->values;
    const PetitionSetPeriod cmd = { .on = deed->on, .due_day = data->due_day };

    return petition_set_period(deed->context, &cmd, deed->acted, deed->outcome, error);
}

static bool
run_return(const Deed *deed, GError **error)
{
    const OfficeReturnForm *data = deed->form->values;
    const PetitionReturn    cmd = { .on = deed->on,
                                    .ground = data->ground,
                                    .proposed_entity_id = office_forms_id(data->proposed_entity),
                                    .legal_text = data->legal_text };

    return petition_return(deed->context, &cmd, deed->acted, deed->outcome, error);
}

static bool
run_update(const Deed *deed, GError **error)
{
    const OfficeUpdateForm *data = deed->form->values;
    const PetitionUpdate    cmd = { .on = deed->on, .text = data->news };

    return petition_update(deed->context, &cmd, deed->acted, deed->outcome, error);
}

static bool
run_close(const Deed *deed, GError **error)
{
    const OfficeCloseForm *data = deed->form->values;
    const PetitionClose cmd = { .on = deed->on, .outcome = data->outcome, .answer = data->answer };

    return petition_close(deed->context, &cmd, deed->acted, deed->outcome, error);
}

static bool
run_note(const Deed *deed, GError **error)
{
    const OfficeNoteForm *data = deed->form->values;
    const PetitionNote    cmd = { .on = deed->on, .text = data->note };

    return petition_note(deed->context, &cmd, deed->acted, deed->outcome, error);
}

/* An entity from the whole list counts more than a suggestion: it was looked for. */
static bool
run_route(const Deed *deed, GError **error)
{
    const OfficeRouteForm *data = deed->form->values;
    PetitionRoute          cmd = { .on = deed->on,
                                   .entity_id = office_forms_id(data->entity),
                                   .note = data->route_note };

    if (cmd.entity_id == 0 && !office_target_read(data->target, &cmd.entity_id, &cmd.service_id)) {
        form_mistake(deed->form, "target", MSG_OFFICE_TARGET_MISSING, NULL, NULL);
        return fail(error, APP_ERROR_INVALID, "no target was chosen");
    }
    return petition_route(deed->context, &cmd, deed->acted, deed->outcome, error);
}

/* `rule`: what the rule calls the field that is `field` in the form, where the names differ. */
static const struct Kind {
    const FormSpec *form;
    Action          action;
    bool (*run)(const Deed *deed, GError **error);
    const char *rule, *field;
} kinds[] = {
    { &office_forms_accept, ACTION_ACCEPT, run_accept, NULL, NULL },
    { &office_forms_consult, ACTION_CONSULT, run_consult, NULL, NULL },
    { &office_forms_period, ACTION_SET_PERIOD, run_period, NULL, NULL },
    { &office_forms_return, ACTION_RETURN, run_return, NULL, NULL },
    { &office_forms_update, ACTION_UPDATE, run_update, "text", "news" },
    { &office_forms_close, ACTION_CLOSE, run_close, NULL, NULL },
    { &office_forms_note, ACTION_NOTE, run_note, "text", "note" },
    { &office_forms_route, ACTION_ROUTE, run_route, "note", "route_note" },
};

static const struct Kind *
kind_of(const FormSpec *form)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].form == form)
            return &kinds[i];
    g_assert_not_reached();
}

/* ---- what came of it ---- */

/* The rule's sentence beside its field; a fresh command id: nothing was done under this one. */
static void
mark_refusal(const Request *req, const struct Kind *kind, const Refusal *refusal)
{
    OfficeReader reader = office_words_reader(req);
    const char  *field = refusal->field == NULL ? "" : refusal->field;

    if (g_strcmp0(field, kind->rule) == 0)
        field = kind->field;
    if (field[0] != '\0' && form_field(kind->form, field) == NULL)
        field = "";
    form_mistake(req->form, field, MSG_OFFICE_SENTENCE,
                 petition_refusal_text(reader.sys, reader.mem, reader.lang, refusal), NULL);
    form_set(req->form, "command", NULL);
}

static bool
show_refused(Request *req, Response *res, int64_t number, GError **error)
{
    return office_file_show(
        req, res, &(OfficeFileAsk){ .number = number, .status = 422, .tried = req->form }, error);
}

static bool
show_conflict(Request *req, Response *res, int64_t number, GError **error)
{
    return office_file_show(req, res,
                            &(OfficeFileAsk){ .number = number,
                                              .status = 409,
                                              .tried = req->form,
                                              .notice = MSG_OFFICE_CONFLICT,
                                              .conflict = true,
                                              .seen_version = office_forms_version(req->form) },
                            error);
}

static bool
show_failure(Request *req, Response *res, int64_t number, const GError *cause, GError **error)
{
    if (!form_ok(req->form))
        return show_refused(req, res, number, error);
    switch (error_code(cause)) {
    case APP_ERROR_CONFLICT:
        return show_conflict(req, res, number, error);
    case APP_ERROR_BUSY:
        return office_file_show(
            req, res,
            &(OfficeFileAsk){
                .number = number, .status = 503, .tried = req->form, .notice = MSG_OFFICE_BUSY },
            error);
    case APP_ERROR_NOT_FOUND:
        return office_file_show(req, res, &(OfficeFileAsk){ .number = number, .tried = req->form },
                                error);
    case APP_ERROR_INVALID:
    case APP_ERROR_UNAUTHENTICATED:
    case APP_ERROR_FORBIDDEN:
    case APP_ERROR_LIMITED:
    case APP_ERROR_TOO_LARGE:
    case APP_ERROR_INTERNAL:
    case APP_ERROR_RACE:
    default:
        g_propagate_error(error, g_error_copy(cause));
        return false;
    }
}

/* A returned file is not this entity's to see any more. */
static void
redirect_done(const Request *req, Response *res, const struct Kind *kind, int64_t number)
{
    const char *name = access_action_name(kind->action);

    if (kind->action == ACTION_RETURN)
        response_redirect(res, arena_printf(req->mem, "/office?done=%s", name));
    else
        response_redirect(res, arena_printf(req->mem, "/office/requests/%s?done=%s",
                                            i18n_ref(req->mem, number), name));
}

bool
office_deed_act(Request *req, Response *res, GError **error)
{
    const struct Kind *kind = kind_of(req->route->form);
    PetitionActed      acted;
    CommandOutcome     outcome = { .repeated = false };
    g_autoptr(GError) cause = NULL;
    int64_t              number;
    const CommandContext context = {
        .sys = req->app,
        .mem = req->mem,
        .by = req->who,
        .command_id = command_id_read(req->mem, form_typed(req->form, "command")),
    };

    if (!office_file_number(req, &number, error))
        return false;
    if (!form_ok(req->form))
        return show_refused(req, res, number, error);

    Deed deed = {
        &context, { number, office_forms_version(req->form), false }, req->form, &acted, &outcome
    };
    if (kind->run(&deed, &cause)) {
        redirect_done(req, res, kind, number);
        return true;
    }
    if (error_code(cause) == APP_ERROR_INVALID && outcome.refusal.message != 0)
        mark_refusal(req, kind, &outcome.refusal);
    return show_failure(req, res, number, cause, error);
}

bool
office_deed_file(Request *req, Response *res, GError **error)
{
    int64_t number;

    return office_file_number(req, &number, error) &&
           office_file_show(req, res, &(OfficeFileAsk){ .number = number }, error);
}

/* ---- the preview ---- */

/* In the requester's language, as the page that follows a request says it. */
static void
fill_preview(const OfficeReader *reader, const PetitionFile *file, Form *form,
             OfficePreviewView *view)
{
    const Petition *petition = &file->petition;
    const Words    *words = i18n_words(petition->lang);
    const char     *entity =
        petition->entity_id == 0
                ? i18n_text(words, MSG_OFFICE_HOLDER_UNIT)
                : reference_label(reader->ref, "entity.name", petition->entity_id, petition->lang);
    const char *until =
        i18n_date(reader->mem, words, reader->sys->zone, petition_rule_rate_by(reader->now));
    const char *outcome = form_typed(form, "outcome");

    *view = (OfficePreviewView){
        .number = petition->number,
        .subject = file->content.subject,
        .form = { .form = form,
                  .action = office_acts_path(reader->mem, petition->number, "close"),
                  .choices = office_acts_outcomes(reader, petition) },
        .lang = i18n_language(words)->key,
        .dir = i18n_language(words)->dir,
        .from = entity,
        .badge = i18n_text(words, MSG_STATUS_ANSWERED_BADGE),
        .sentence =
            i18n_format(reader->mem, words, MSG_STATUS_ANSWERED_SENTENCE, I18N_ARGS(entity, until)),
        .outcome = i18n_text(words, i18n_find_in("outcome.", outcome)),
        .answer = form_typed(form, "answer"),
    };
}

/* What the command would say, without doing it: NOT_FOUND, FORBIDDEN, CONFLICT, or INVALID with the
 * refusal marked in the form. */
static bool
try_close(const OfficeReader *reader, Request *req, int64_t number, OfficePreviewView *view,
          GError **error)
{
    g_autoptr(DbTx) tx = db_begin(reader->sys->db, req->mem, error);
    const OfficeCloseForm *data = req->form->values;
    const PetitionClose    cmd = { .outcome = data->outcome, .answer = data->answer };
    Calendar               calendar = system_calendar(reader->sys);
    RuleContext            rules = { req->mem, &calendar, reader->now };
    const Refusal         *refusal;
    PetitionFile           file;

    if (tx == NULL || !petition_file(reader->sys, tx, reader->who, number, false, &file, error))
        return false;
    if (!office_acts_may(reader, &file.petition, ACTION_CLOSE))
        return fail(error, APP_ERROR_FORBIDDEN, "closing is not theirs");
    if (file.petition.version != office_forms_version(req->form))
        return fail(error, APP_ERROR_CONFLICT, "another version was seen");

    refusal = petition_rule_close(&rules, &file.petition, &cmd);
    if (refusal != NULL) {
        mark_refusal(req, kind_of(&office_forms_close), refusal);
        return fail(error, APP_ERROR_INVALID, "the rule says no");
    }
    fill_preview(reader, &file, req->form, view);
    return true;
}

bool
office_deed_preview(Request *req, Response *res, GError **error)
{
    OfficeReader      reader = office_words_reader(req);
    OfficePreviewView view;
    g_autoptr(GError) cause = NULL;
    int64_t number;

    if (!office_file_number(req, &number, error))
        return false;
    if (!form_ok(req->form))
        return show_refused(req, res, number, error);
    if (!try_close(&reader, req, number, &view, &cause))
        return show_failure(req, res, number, cause, error);

    office_preview_html(html_page(req, res, 200), &view);
    return true;
}
