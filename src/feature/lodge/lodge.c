/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The start page and the short questions. Each question is a page of its own that works without
 * scripts; every answer is saved in the draft before the next question is shown. */
#include "feature/lodge/lodge.h"

#include "core/access.h"
#include "core/cookie.h"
#include "core/limits.h"
#include "feature/attachment/attachment.h"
#include "feature/lodge/lodge_forms.h"
#include "feature/lodge/lodge_pages.h"
#include "lodge_html.h"
#include "messages.h"

#include <string.h>

#define DRAFT_SECONDS (24 * 3600)

/* ---- what all share ---- */

bool
lodge_open(Request *req, LodgeDraft *draft, bool *there, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    g_autoptr(GError) cause = NULL;

    if (tx == NULL)
        return false;
    *there = lodge_draft_open(sys, tx, request_cookie(req, COOKIE_DRAFT), draft, &cause);
    if (*there || error_code(cause) == APP_ERROR_NOT_FOUND)
        return true;
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
lodge_load(Request *req, Response *res, LodgeDraft *draft, bool *there, GError **error)
{
    if (!lodge_open(req, draft, there, error))
        return false;
    if (!*there)
        response_redirect(res, "/new?done=draft_gone");
    return true;
}

bool
lodge_has_fields(const Request *req, const LodgeDraft *draft)
{
    size_t n = 0;

    if (draft->service_id != 0)
        reference_fields(system_reference(req->app), draft->service_id, &n);
    return n > 0;
}

static char *
step_path(Arena *mem, LodgeStep step)
{
    return arena_printf(mem, "/new/%s", lodge_step_name(step));
}

bool
lodge_go_on(Request *req, Response *res, LodgeDraft *draft, GError **error)
{
    if (!lodge_draft_save(req->app, req->mem, request_cookie(req, COOKIE_DRAFT), draft, error))
        return false;
    response_redirect(
        res, step_path(req->mem, lodge_step_first_open(draft, lodge_has_fields(req, draft))));
    return true;
}

void
lodge_fill_steps(Request *req, const LodgeDraft *draft, LodgeStep step, StepsView *out)
{
    bool has_fields = lodge_has_fields(req, draft);

    lodge_step_count(draft, step, has_fields, &out->place, &out->all);
    out->back =
        step == STEP_TYPE ? "/" : step_path(req->mem, lodge_step_before(draft, step, has_fields));
}

/* ---- start ---- */

static bool
start(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    StartView  view = {
         .inquiry_days = 3, .praise_days = 3, .suggestion_days = 20, .complaint_days = 10
    };

    if (!lodge_open(req, &draft, &view.draft, error))
        return false;
    lodge_start_html(html_page(req, res, 200), &view);
    return true;
}

static const char *
known_type(const char *type)
{
    static const char *const types[] = { "inquiry", "praise", "suggestion", "complaint" };

    for (size_t i = 0; type != NULL && i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i], type) == 0)
            return types[i];
    return NULL;
}

/* Go on with what is there, or begin; ?fresh=1 and another type begin anew. */
static bool
begin(Request *req, Response *res, GError **error)
{
    System     *sys = req->app;
    LodgeDraft  draft;
    const char *type = known_type(request_query(req, "type"));
    bool        there = false;
    char        cookie[44];

    if (!lodge_open(req, &draft, &there, error))
        return false;
    if (!there || request_query(req, "fresh") != NULL ||
        (type != NULL && g_strcmp0(type, draft.type) != 0)) {
        draft = (LodgeDraft){ .type = type, .identity_hidden = true };
        if (!lodge_draft_new(sys, req->mem, &draft, cookie, error))
            return false;
        response_cookie(res, COOKIE_DRAFT, cookie, DRAFT_SECONDS);
    }
    response_redirect(
        res, step_path(req->mem, lodge_step_first_open(&draft, lodge_has_fields(req, &draft))));
    return true;
}

static bool
privacy(Request *req, Response *res, GError **error)
{
    (void)error;
    lodge_privacy_html(html_page(req, res, 200));
    return true;
}

/* ---- one question with one field ---- */

static bool
show_question(Request *req, Response *res, const LodgeDraft *draft, LodgeStep step, Form *form,
              const Choices *choices, int status)
{
    QuestionView view = { .form = { .form = form,
                                    .action = step_path(req->mem, step),
                                    .question = true,
                                    .choices = choices },
                          .field = form->spec->fields[0].name };

    lodge_fill_steps(req, draft, step, &view.steps);
    lodge_question_html(html_page(req, res, status), &view);
    return true;
}

static bool
question_page(Request *req, Response *res, LodgeStep step, const FormSpec *spec,
              const Choices *choices, const char *(*answer)(const LodgeDraft *draft),
              GError       **error)
{
    LodgeDraft draft;
    Form      *form = form_blank(req->mem, spec);
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    if (answer(&draft) != NULL)
        form_set(form, spec->fields[0].name, answer(&draft));
    return show_question(req, res, &draft, step, form, choices, 200);
}

/* The draft and a form without mistakes, or the question again; *ready says which. */
static bool
take_answer(Request *req, Response *res, LodgeStep step, const Choices *choices, LodgeDraft *draft,
            bool *ready, GError **error)
{
    *ready = false;
    if (!lodge_load(req, res, draft, ready, error))
        return false;
    if (!*ready || form_ok(req->form))
        return true;
    *ready = false;
    return show_question(req, res, draft, step, req->form, choices, 422);
}

static const Choices *
type_choices(Request *req)
{
    static const char *const codes[] = { "complaint", "inquiry", "suggestion", "praise" };
    Choice                  *choices = ARENA_ARRAY(req->mem, Choice, G_N_ELEMENTS(codes));
    Choices                 *lists = ARENA_ARRAY(req->mem, Choices, 2);
    const Words             *words = i18n_words(req->lang);

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        choices[i] =
            (Choice){ .value = codes[i],
                      .icon = codes[i],
                      .label = i18n_text(words, i18n_find_in("type.", codes[i])),
                      .hint = i18n_text(words, i18n_find_in("lodge.type.example.", codes[i])) };
    lists[0] = (Choices){ .field = "type", .choices = choices, .n = G_N_ELEMENTS(codes) };
    return lists;
}

static const char *
answer_type(const LodgeDraft *draft)
{
    return draft->type;
}

static bool
type_page(Request *req, Response *res, GError **error)
{
    return question_page(req, res, STEP_TYPE, &lodge_type_form, type_choices(req), answer_type,
                         error);
}

static bool
type_save(Request *req, Response *res, GError **error)
{
    const TypeForm *data = req->form->values;
    LodgeDraft      draft;
    bool            ready;

    if (!take_answer(req, res, STEP_TYPE, type_choices(req), &draft, &ready, error))
        return false;
    if (!ready)
        return true;
    draft.type = data->type;
    return lodge_go_on(req, res, &draft, error);
}

static const char *
answer_identity(const LodgeDraft *draft)
{
    return draft->identity_hidden ? "hidden" : "shown";
}

static bool
identity_page(Request *req, Response *res, GError **error)
{
    return question_page(req, res, STEP_IDENTITY, &lodge_identity_form, NULL, answer_identity,
                         error);
}

static bool
identity_save(Request *req, Response *res, GError **error)
{
    const IdentityForm *data = req->form->values;
    LodgeDraft          draft;
    bool                ready;

    if (!take_answer(req, res, STEP_IDENTITY, NULL, &draft, &ready, error))
        return false;
    if (!ready)
        return true;
    draft.identity_asked = true;
    draft.identity_hidden = strcmp(data->identity, "hidden") == 0;
    return lodge_go_on(req, res, &draft, error);
}

static const char *
answer_about(const LodgeDraft *draft)
{
    return draft->about == NULL ? "service" : draft->about;
}

static bool
about_page(Request *req, Response *res, GError **error)
{
    return question_page(req, res, STEP_ABOUT, &lodge_about_form, NULL, answer_about, error);
}

static bool
about_save(Request *req, Response *res, GError **error)
{
    const AboutForm *data = req->form->values;
    LodgeDraft       draft;
    bool             ready;

    if (!take_answer(req, res, STEP_ABOUT, NULL, &draft, &ready, error))
        return false;
    if (!ready)
        return true;
    draft.about = data->about;
    return lodge_go_on(req, res, &draft, error);
}

static const char *
answer_contact(const LodgeDraft *draft)
{
    return draft->contact == NULL ? "sms" : draft->contact;
}

static bool
contact_page(Request *req, Response *res, GError **error)
{
    return question_page(req, res, STEP_CONTACT, &lodge_contact_form, NULL, answer_contact, error);
}

static bool
contact_save(Request *req, Response *res, GError **error)
{
    const ContactForm *data = req->form->values;
    LodgeDraft         draft;
    bool               ready;

    if (!take_answer(req, res, STEP_CONTACT, NULL, &draft, &ready, error))
        return false;
    if (!ready)
        return true;
    draft.contact = data->contact;
    return lodge_go_on(req, res, &draft, error);
}

static const JobSpec jobs[] = {
    { .name = "lodge.sweep", .every = HOURS, .run = lodge_draft_sweep },
    { .name = NULL },
};

static const Route routes[] = {
    { HTTP_GET, "/", start, .needs = PERM_PUBLIC, .quick = true },
    { HTTP_GET, "/privacy", privacy, .needs = PERM_PUBLIC },
    { HTTP_GET, "/new", begin, .needs = PERM_VISITOR, .limit = LIMIT_PAGE },
    { HTTP_GET, "/new/type", type_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/type", type_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_type_form },
    { HTTP_GET, "/new/identity", identity_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/identity", identity_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_identity_form },
    { HTTP_GET, "/new/entity", lodge_entity_page, .needs = PERM_VISITOR, .limit = LIMIT_FIND },
    { HTTP_POST, "/new/entity", lodge_entity_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_pick_form },
    { HTTP_GET, "/find/suggest", lodge_suggest, .needs = PERM_PUBLIC, .limit = LIMIT_FIND },
    { HTTP_GET, "/new/about", about_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/about", about_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_about_form },
    { HTTP_GET, "/new/text", lodge_text_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/text", lodge_text_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_text_form },
    { HTTP_POST, "/new/text/keep", lodge_text_keep, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_text_form },
    { HTTP_GET, "/new/fields", lodge_fields_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/fields", lodge_fields_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_fields_form },
    { HTTP_GET, "/new/place", lodge_place_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/place", lodge_place_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_place_form },
    { HTTP_GET, "/new/files", lodge_files_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/files", lodge_files_save, .needs = PERM_VISITOR, .limit = LIMIT_UPLOAD,
      .form = &lodge_files_form, .upload = &attachment_upload },
    { HTTP_POST, "/new/files/{id}/remove", lodge_files_remove, .needs = PERM_VISITOR,
      .limit = LIMIT_PAGE, .form = &lodge_no_form },
    { HTTP_GET, "/new/contact", contact_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/contact", contact_save, .needs = PERM_VISITOR, .limit = LIMIT_PAGE,
      .form = &lodge_contact_form },
    { HTTP_GET, "/new/check", lodge_check_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/new/send", lodge_send, .needs = PERM_VISITOR, .limit = LIMIT_SUBMIT,
      .form = &lodge_no_form },
    { HTTP_GET, "/receipt/{number}", lodge_receipt, .needs = PERM_FOLLOW, .quick = true },
    { 0 },
};

const Feature lodge_feature = { .name = "lodge", .routes = routes, .jobs = jobs };
