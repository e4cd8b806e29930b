/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two questions with several fields: what it is about in words, and where. */
#include "core/cookie.h"
#include "feature/lodge/lodge_forms.h"
#include "feature/lodge/lodge_pages.h"
#include "lodge_html.h"
#include "messages.h"

#include <string.h>

/* Complaints and suggestions are also asked what solution is wanted, and when it happened. */
static bool
asks_whole(const LodgeDraft *draft)
{
    return g_strcmp0(draft->type, "inquiry") != 0 && g_strcmp0(draft->type, "praise") != 0;
}

static bool
show_text(Request *req, Response *res, const LodgeDraft *draft, Form *form, int status)
{
    TextView view = {
        .form = { .form = form, .action = "/new/text", .autosave = "/new/text/keep" },
        .whole = asks_whole(draft),
        .time = "{time}",
    };

    lodge_fill_steps(req, draft, STEP_TEXT, &view.steps);
    lodge_text_html(html_page(req, res, status), &view);
    return true;
}

static void
set_typed(Form *form, const char *name, const char *value)
{
    if (value != NULL)
        form_set(form, name, value);
}

bool
lodge_text_page(Request *req, Response *res, GError **error)
{
    Form      *form = form_blank(req->mem, &lodge_text_form);
    LodgeDraft draft;
    bool       there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    set_typed(form, "subject", draft.subject);
    set_typed(form, "text", draft.text);
    set_typed(form, "wanted", draft.wanted);
    set_typed(form, "happened", draft.happened);
    return show_text(req, res, &draft, form, 200);
}

static void
take_text(LodgeDraft *draft, const Form *form)
{
    draft->subject = form_typed(form, "subject");
    draft->text = form_typed(form, "text");
    draft->wanted = form_typed(form, "wanted");
    draft->happened = form_typed(form, "happened");
}

bool
lodge_text_save(Request *req, Response *res, GError **error)
{
    const TextForm *data = req->form->values;
    LodgeDraft      draft;
    bool            there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    if (!form_ok(req->form))
        return show_text(req, res, &draft, req->form, 422);
    draft.subject = data->subject;
    draft.text = data->text;
    draft.wanted = data->wanted;
    draft.happened = data->happened;
    return lodge_go_on(req, res, &draft, error);
}

/* What is typed so far, right or not: the telephone may close the page at any moment. The page says what
 * the answer says: a success only when it is kept. */
bool
lodge_text_keep(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;

    if (!lodge_open(req, &draft, &there, error))
        return false;
    if (!there)
        return fail(error, APP_ERROR_NOT_FOUND, "the draft is gone");
    response_body(res, 204, "text/plain");
    if (form_typed(req->form, "text") == NULL)
        return true;
    take_text(&draft, req->form);
    return lodge_draft_save(req->app, req->mem, request_cookie(req, COOKIE_DRAFT), &draft, error);
}

/* ---- place ---- */

static size_t
count_places(const Reference *ref)
{
    size_t              n, all = 0;
    const Place *const *governorates = reference_places(ref, 0, &n);

    for (size_t i = 0; i < n; i++) {
        size_t districts;

        reference_places(ref, governorates[i]->id, &districts);
        all += 1 + districts;
    }
    return all;
}

/* One list: each governorate, then its districts with its name before theirs. */
static const Choices *
place_choices(Request *req)
{
    const Reference    *ref = system_reference(req->app);
    size_t              n_governorates, n = 0;
    const Place *const *governorates = reference_places(ref, 0, &n_governorates);
    Choice             *choices = ARENA_ARRAY(req->mem, Choice, count_places(ref));
    Choices            *lists = ARENA_ARRAY(req->mem, Choices, 2);

    for (size_t i = 0; i < n_governorates; i++) {
        size_t              n_districts;
        const Place *const *districts = reference_places(ref, governorates[i]->id, &n_districts);
        const char *name = reference_label(ref, "place.name", governorates[i]->id, req->lang);

        choices[n++] = (Choice){ .value = governorates[i]->code, .label = name };
        for (size_t d = 0; d < n_districts; d++)
            choices[n++] =
                (Choice){ .value = districts[d]->code,
                          .label = arena_printf(
                              req->mem, "%s – %s", name,
                              reference_label(ref, "place.name", districts[d]->id, req->lang)) };
    }
    lists[0] = (Choices){ .field = "place", .choices = choices, .n = n, .as_list = true };
    return lists;
}

static bool
show_place(Request *req, Response *res, const LodgeDraft *draft, Form *form, int status)
{
    TextView view = { .form = {
                          .form = form, .action = "/new/place", .choices = place_choices(req) } };

    lodge_fill_steps(req, draft, STEP_PLACE, &view.steps);
    lodge_place_html(html_page(req, res, status), &view);
    return true;
}

bool
lodge_place_page(Request *req, Response *res, GError **error)
{
    Form        *form = form_blank(req->mem, &lodge_place_form);
    const Place *place;
    LodgeDraft   draft;
    bool         there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    place = reference_place(system_reference(req->app), draft.place_id);
    if (place != NULL)
        form_set(form, "place", place->code);
    set_typed(form, "place_words", draft.place_words);
    return show_place(req, res, &draft, form, 200);
}

bool
lodge_place_save(Request *req, Response *res, GError **error)
{
    const PlaceForm *data = req->form->values;
    const Place     *place;
    LodgeDraft       draft;
    bool             there;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    if (!form_ok(req->form))
        return show_place(req, res, &draft, req->form, 422);
    place = data->place == NULL ? NULL
                                : reference_place_by_code(system_reference(req->app), data->place);
    if (data->place != NULL && place == NULL) {
        form_mistake(req->form, "place", MSG_LODGE_PLACE_UNKNOWN, NULL, NULL);
        return show_place(req, res, &draft, req->form, 422);
    }
    draft.place_asked = true;
    draft.place_id = place == NULL ? 0 : place->id;
    draft.place_words = data->place_words;
    return lodge_go_on(req, res, &draft, error);
}
