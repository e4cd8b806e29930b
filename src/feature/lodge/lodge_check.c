/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All answers with the way to change each; sending; the receipt. The command id is the draft's, and
 * the page carries it, so that a second tap, a reload, a second tab, or the same form sent again after
 * its answer was lost gives the same number. */
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "core/cookie.h"
#include "core/session.h"
#include "feature/attachment/attachment.h"
#include "feature/lodge/lodge_forms.h"
#include "feature/lodge/lodge_pages.h"
#include "feature/petition/petition_fields.h"
#include "feature/petition/petition_refusal.h"
#include "feature/petition/petition_rules.h"
#include "lodge_html.h"
#include "messages.h"

#include <string.h>

#define FOLLOW_SECONDS (30 * 60)
#define MOST_ANSWERS 64

typedef struct {
    Request          *req;
    const LodgeDraft *draft;
    const Words      *words;
    AnswerView       *answers;
    size_t            n;
} Answers;

static void
add(Answers *answers, int label, LodgeStep step, const char *text, bool said)
{
    if (text == NULL || answers->n == MOST_ANSWERS)
        return;
    answers->answers[answers->n++] =
        (AnswerView){ .label = label,
                      .text = text,
                      .said = said,
                      .change = arena_printf(answers->req->mem, "/new/%s", lodge_step_name(step)) };
}

static void
add_word(Answers *answers, int label, LodgeStep step, const char *prefix, const char *code)
{
    if (code != NULL && lodge_step_asked(answers->draft, step, true))
        add(answers, label, step, i18n_text(answers->words, i18n_find_in(prefix, code)), false);
}

static const char *
entity_text(const Answers *answers)
{
    const LodgeDraft *draft = answers->draft;
    const Reference  *ref = system_reference(answers->req->app);
    const char *entity = reference_label(ref, "entity.name", draft->entity_id, answers->req->lang);

    if (draft->entity_id == 0)
        return i18n_text(answers->words, MSG_LODGE_ENTITY_NOT_KNOWN);
    if (draft->service_id == 0)
        return entity;
    return arena_printf(
        answers->req->mem, "%s – %s", entity,
        reference_label(ref, "service.name", draft->service_id, answers->req->lang));
}

static bool
add_fields(Answers *answers, GError **error)
{
    const PetitionFieldsAsk ask = { .reference = system_reference(answers->req->app),
                                    .mem = answers->req->mem,
                                    .lang = answers->req->lang };
    PetitionAnswer         *given;
    size_t                  n;

    if (!lodge_fields_answers(answers->req, answers->draft, &given, &n, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        const ServiceField *field = reference_field_of(ask.reference, answers->draft->service_id,
                                                       given[i].code, given[i].version);

        if (field == NULL)
            continue;
        add(answers, 0, STEP_FIELDS, petition_fields_said(&ask, field, given[i].value), true);
        answers->answers[answers->n - 1].title =
            reference_label(ask.reference, "service_field.label", field->id, ask.lang);
    }
    return true;
}

static bool
add_files(Answers *answers, GError **error)
{
    Request *req = answers->req;
    System  *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    Attachment *rows;
    size_t      n;

    if (tx == NULL || !attachment_of_draft(sys, tx, answers->draft->hash, &rows, &n, error))
        return false;
    add(answers, MSG_FIELD_FILES, STEP_FILES,
        i18n_plural(req->mem, answers->words, MSG_LODGE_FILES_COUNT, (int64_t)n, NULL, 0), false);
    return true;
}

static const char *
place_text(const Answers *answers)
{
    const char *name = reference_label(system_reference(answers->req->app), "place.name",
                                       answers->draft->place_id, answers->req->lang);

    return name[0] == '\0' ? NULL : name;
}

static bool
collect(Answers *answers, GError **error)
{
    const LodgeDraft *draft = answers->draft;

    add_word(answers, MSG_WORD_TYPE, STEP_TYPE, "type.", draft->type);
    add_word(answers, MSG_LODGE_IDENTITY_SHORT, STEP_IDENTITY, "choice.identity.",
             draft->identity_hidden ? "hidden" : "shown");
    add(answers, MSG_WORD_ENTITY, STEP_ENTITY, entity_text(answers), false);
    add_word(answers, MSG_LODGE_ABOUT_SHORT, STEP_ABOUT, "choice.about.", draft->about);
    add(answers, MSG_FIELD_SUBJECT, STEP_TEXT, draft->subject, true);
    add(answers, MSG_FIELD_TEXT, STEP_TEXT, draft->text, true);
    add(answers, MSG_FIELD_WANTED, STEP_TEXT, draft->wanted, true);
    add(answers, MSG_FIELD_HAPPENED, STEP_TEXT, draft->happened, true);
    if (!add_fields(answers, error))
        return false;
    add(answers, MSG_FIELD_PLACE, STEP_PLACE, place_text(answers), false);
    add(answers, MSG_FIELD_PLACE_WORDS, STEP_PLACE, draft->place_words, true);
    if (lodge_step_asked(draft, STEP_FILES, true) && !add_files(answers, error))
        return false;
    add_word(answers, MSG_LODGE_CONTACT_SHORT, STEP_CONTACT, "choice.contact.", draft->contact);
    return true;
}

static bool
show_check(Request *req, Response *res, const LodgeDraft *draft, Form *form, int status,
           GError **error)
{
    const Who *who = req->who;
    Answers    answers = { .req = req,
                           .draft = draft,
                           .words = i18n_words(req->lang),
                           .answers = ARENA_ARRAY(req->mem, AnswerView, MOST_ANSWERS) };
    CheckView  view = { .form = { .form = form, .action = "/new/send" },
                        .signed_in = who->person_id != 0,
                        .complaint = g_strcmp0(draft->type, "complaint") == 0 };

    if (!collect(&answers, error))
        return false;
    view.answers = answers.answers;
    view.n_answers = answers.n;
    lodge_fill_steps(req, draft, STEP_CHECK, &view.steps);
    lodge_check_html(html_page(req, res, status), &view);
    return true;
}

/* A question that was skipped comes first. */
static bool
is_whole(Request *req, Response *res, const LodgeDraft *draft)
{
    LodgeStep open = lodge_step_first_open(draft, lodge_has_fields(req, draft));

    if (open != STEP_CHECK)
        response_redirect(res, arena_printf(req->mem, "/new/%s", lodge_step_name(open)));
    return open == STEP_CHECK;
}

bool
lodge_check_page(Request *req, Response *res, GError **error)
{
    Form      *form = form_blank(req->mem, &lodge_no_form);
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there || !is_whole(req, res, &draft))
        return true;
    form_set(form, "command", text_hex(req->mem, draft.command_id));
    return show_check(req, res, &draft, form, 200, error);
}

/* ---- sending ---- */

/* Who is not known yet proves it now, and comes back here; nothing that was written is lost. */
static void
ask_who(Response *res, const LodgeDraft *draft)
{
    response_redirect(res, strcmp(draft->type, "complaint") == 0
                               ? "/sign-in?next=/new/check"
                               : "/sign-in?next=/new/check&light=1");
}

static bool
fill_command(Request *req, const LodgeDraft *draft, PetitionSubmit *cmd, GError **error)
{
    const Who      *who = req->who;
    PetitionAnswer *answers;

    *cmd = (PetitionSubmit){ .person_id = who->person_id,
                             .type = draft->type,
                             .about = draft->about == NULL ? "service" : draft->about,
                             .entity_id = draft->entity_id,
                             .service_id = draft->service_id,
                             .place_id = draft->place_id,
                             .subject = draft->subject,
                             .text = draft->text,
                             .wanted = draft->wanted,
                             .place_words = draft->place_words,
                             .happened = draft->happened,
                             .contact = draft->contact == NULL ? "sms" : draft->contact,
                             .channel = "website",
                             .lang = req->lang,
                             .identity_hidden = draft->identity_hidden,
                             .draft_hash = draft->hash };
    if (!lodge_fields_answers(req, draft, &answers, &cmd->n_answers, error))
        return false;
    cmd->answers = answers;
    return true;
}

static bool
answer_receipt(Request *req, Response *res, const PetitionReceipt *receipt)
{
    char number[NUMBER_TEXT_SIZE];

    number_format(receipt->number, number);
    response_cookie(res, COOKIE_FOLLOW, session_follow_cookie(req->app, req->mem, receipt->id),
                    FOLLOW_SECONDS);
    response_redirect(res, arena_printf(req->mem, "/receipt/%s", number));
    return true;
}

static bool
is_own(System *sys, DbTx *tx, const Who *who, const Petition *petition)
{
    return who->petition_id == petition->id ||
           (who->person_id != 0 &&
            petition_is_of_person(sys, db_arena(tx), petition, who->person_id));
}

/* What the form of this page has become; nobody gets another's. */
static bool
find_sent(Request *req, Petition *petition, bool *found, GError **error)
{
    System *sys = req->app;
    Bytes   command = command_id_read(req->mem, form_typed(req->form, "command"));
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);

    if (tx == NULL || !petition_by_command(tx, command, petition, found, error))
        return false;
    *found = *found && is_own(sys, tx, req->who, petition);
    return true;
}

/* Nothing is sent but what the page showed: another tab may have begun anew. */
static bool
is_shown(const Request *req, const LodgeDraft *draft)
{
    const char *command = form_typed(req->form, "command");

    return command == NULL || bytes_equal(command_id_read(req->mem, command), draft->command_id);
}

/* The draft of this form is gone: the first tap sent it, this is the second. Its answer may never have
 * arrived, so the form itself says which one it was, not a cookie. `other`: where to when it was never
 * sent. */
static bool
answer_repeat(Request *req, Response *res, const char *other, GError **error)
{
    Petition petition;
    bool     found;

    if (!find_sent(req, &petition, &found, error))
        return false;
    if (!found) {
        response_redirect(res, other);
        return true;
    }
    return answer_receipt(req, res,
                          &(PetitionReceipt){ .id = petition.id, .number = petition.number });
}

static bool
submit(Request *req, Response *res, const LodgeDraft *draft, GError **error)
{
    CommandContext context = {
        .sys = req->app, .mem = req->mem, .by = req->who, .command_id = draft->command_id
    };
    PetitionSubmit  cmd;
    PetitionReceipt receipt;
    CommandOutcome  outcome = { .repeated = false };
    g_autoptr(GError) cause = NULL;

    if (!fill_command(req, draft, &cmd, error))
        return false;
    if (petition_submit(&context, &cmd, &receipt, &outcome, &cause))
        return answer_receipt(req, res, &receipt);
    if (outcome.refusal.message == MSG_REFUSAL_IDENTITY_NEEDED) {
        response_redirect(res, "/sign-in/identity?next=/new/check");
        return true;
    }
    if (error_code(cause) == APP_ERROR_INVALID && outcome.refusal.message != 0) {
        form_mistake(req->form, "", MSG_REFUSAL_PLAIN,
                     petition_refusal_text(req->app, req->mem, req->lang, &outcome.refusal), NULL);
        return show_check(req, res, draft, req->form, 422, error);
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
lodge_send(Request *req, Response *res, GError **error)
{
    const Who *who = req->who;
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return answer_repeat(req, res, "/new?done=draft_gone", error);
    if (!is_shown(req, &draft))
        return answer_repeat(req, res, "/new/check", error);
    if (!is_whole(req, res, &draft))
        return true;
    if (who->person_id != 0)
        return submit(req, res, &draft, error);
    ask_who(res, &draft);
    return true;
}

/* ---- receipt ---- */

/* What the receipt said on the day, whatever has become of the request since. */
static AppTime
promised(System *sys, const Petition *petition)
{
    Calendar calendar = system_calendar(sys);

    if (petition->assigned_at == 0)
        return petition_rule_triage_by(&calendar, petition->lodged_at);
    return petition_rule_accept_by(&calendar, petition->assigned_at);
}

/* Who has just sent it holds its id in the follow cookie: one look instead of two. */
static bool
find_petition(DbTx *tx, const Who *who, int64_t number, Petition *out, GError **error)
{
    if (who->petition_id != 0 && petition_by_id(tx, who->petition_id, out, NULL) &&
        out->number == number)
        return true;
    return petition_by_number(tx, number, out, error);
}

bool
lodge_receipt(Request *req, Response *res, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    char        code[VAULT_CODE_LENGTH + 1], text[NUMBER_TEXT_SIZE];
    ReceiptView view = { .type = 0 };
    int64_t     number;
    Petition    petition;

    if (tx == NULL)
        return false;
    if (!number_parse(request_param(req, "number"), &number))
        return fail(error, APP_ERROR_NOT_FOUND, "no number");
    if (!find_petition(tx, req->who, number, &petition, error))
        return false;
    if (!is_own(sys, tx, req->who, &petition))
        return fail(error, APP_ERROR_NOT_FOUND, "a foreign receipt");
    vault_tracking_code(sys->vault, petition.id, code);
    number_format(petition.number, text);
    view.type = i18n_find_in("lodge.received.", petition.type);
    view.number_text = arena_copy(req->mem, text);
    view.code = arena_printf(req->mem, "%.5s-%s", code, code + 5);
    view.entity =
        reference_label(system_reference(sys), "entity.name", petition.entity_id, req->lang);
    view.link = arena_printf(req->mem, "%s/f/%s/%s", sys->address, text, code);
    view.lodged_at = petition.lodged_at;
    view.assigned = petition.entity_id != 0;
    view.held = !view.assigned && petition.identity_at != 0 && !petition.frozen;
    view.triage = !view.assigned && !view.held;
    view.due_at = promised(sys, &petition);
    lodge_receipt_html(html_page(req, res, 200), &view);
    return true;
}
