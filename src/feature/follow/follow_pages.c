/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The requester's pages. What they may see was decided by petition_file; here it is put into words. */
#include "feature/follow/follow_pages.h"

#include "base/number.h"
#include "core/access.h"
#include "feature/attachment/attachment.h"
#include "feature/follow/follow_forms.h"
#include "follow_html.h"
#include "messages.h"

#include <string.h>

#define MOST_MINE 50

char *
follow_pages_path(Arena *mem, int64_t number, const char *rest)
{
    char text[NUMBER_TEXT_SIZE];

    number_format(number, text);
    return arena_printf(mem, "/follow/%s%s", text, rest);
}

bool
follow_pages_load(Request *req, DbTx *tx, PetitionFile *file, bool *own, GError **error)
{
    System    *sys = req->app;
    const Who *who = req->who;
    int64_t    number;

    if (!number_parse(request_param(req, "number"), &number))
        return fail(error, APP_ERROR_NOT_FOUND, "no petition's number");
    if (!petition_file(sys, tx, who, number, true, file, error))
        return false;

    *own = who->person_id != 0 &&
           petition_is_of_person(sys, req->mem, &file->petition, who->person_id);
    return true;
}

/* ---- one petition ---- */

static const char *
symbol_of(const Attachment *file)
{
    static const char *const kinds[] = { "image", "video", "audio" };

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(file->type, kinds[i]))
            return kinds[i];
    return "file";
}

static bool
fill_files(Request *req, DbTx *tx, int64_t petition_id, FollowView *view, GError **error)
{
    FollowFileView *files;
    Attachment     *rows;

    if (!attachment_of_petition(req->app, tx, petition_id, &rows, &view->n_files, error))
        return false;

    files = ARENA_ARRAY(req->mem, FollowFileView, view->n_files);
    for (size_t i = 0; i < view->n_files; i++)
        files[i] = (FollowFileView){ .id = rows[i].id,
                                     .size = rows[i].size,
                                     .name = rows[i].name,
                                     .symbol = symbol_of(&rows[i]) };
    view->files = files;
    return true;
}

static FollowSaidView
said_of(Request *req, const PetitionFile *file)
{
    const Reference       *ref = system_reference(req->app);
    const PetitionContent *content = &file->content;

    return (FollowSaidView){
        .text = content->text,
        .wanted = content->wanted,
        .happened = content->happened,
        .place_words = content->place_words,
        .entity = reference_label(ref, "entity.name", content->entity_id, req->lang),
        .service = reference_label(ref, "service.name", content->service_id, req->lang),
        .place = reference_label(ref, "place.name", file->petition.place_id, req->lang)
    };
}

static const FollowAnswerView *
answer_of(Arena *mem, const PetitionFile *file)
{
    const PetitionEvent *event = follow_steps_answer(file);
    FollowAnswerView    *answer;

    if (event == NULL)
        return NULL;
    answer = ARENA_NEW(mem, FollowAnswerView);
    *answer = (FollowAnswerView){ .text = event->text,
                                  .at = event->at,
                                  .outcome = i18n_find_in("outcome.", event->outcome) };
    return answer;
}

/* Five rows of stars would push the question away: they are a list. */
static const Choices *
star_choices(Request *req)
{
    static const char *const stars[] = { "5", "4", "3", "2", "1" };
    const Words             *words = i18n_words(req->lang);
    Choice                  *choices = ARENA_ARRAY(req->mem, Choice, G_N_ELEMENTS(stars));
    Choices                 *lists = ARENA_ARRAY(req->mem, Choices, 2);

    for (size_t i = 0; i < G_N_ELEMENTS(stars); i++)
        choices[i] = (Choice){ .value = stars[i],
                               .label = i18n_text(words, i18n_find_in("choice.stars.", stars[i])) };
    lists[0] = (Choices){
        .field = "stars", .choices = choices, .n = G_N_ELEMENTS(stars), .as_list = true
    };
    return lists;
}

static FormView *
rate_form(Request *req, const PetitionFile *file, Form *form)
{
    FormView *view = ARENA_NEW(req->mem, FormView);

    if (form == NULL)
        form = form_blank(req->mem, &follow_forms_rate);
    form_set(form, "version",
             arena_printf(req->mem, "%" G_GINT64_FORMAT, (gint64)file->petition.version));
    *view = (FormView){ .form = form,
                        .action = follow_pages_path(req->mem, file->petition.number, "/rate"),
                        .choices = star_choices(req) };
    return view;
}

/* What they may do now; a form that came back is shown whatever the state has become. */
static void
fill_acts(Request *req, const PetitionFile *file, Form *rate, FollowView *view)
{
    const char *solved = file->petition.solved;

    view->may_act = view->own && view->status.open;
    view->may_prove = view->own && view->status.frozen;
    if (rate != NULL || (view->own && view->status.answered && solved == NULL))
        view->rate = rate_form(req, file, rate);
    view->rated = solved == NULL ? 0 : i18n_find_in("follow.solved.", solved);
}

bool
follow_pages_show_with(Request *req, Response *res, Form *rate, int status, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    FollowView   view = { .n_files = 0 };
    PetitionFile file;

    if (tx == NULL || !follow_pages_load(req, tx, &file, &view.own, error) ||
        !fill_files(req, tx, file.petition.id, &view, error))
        return false;

    view.status = follow_status_of(sys, &file.petition, req->lang, req->now);
    view.timeline = follow_steps_of(sys, req->mem, &file, &view.status, req->lang);
    view.type = i18n_find_in("type.", file.petition.type);
    view.subject = file.content.subject;
    view.lodged_at = file.petition.lodged_at;
    view.said = said_of(req, &file);
    view.answer = answer_of(req->mem, &file);
    fill_acts(req, &file, rate, &view);
    follow_show_html(html_page(req, res, status), &view);
    return true;
}

bool
follow_pages_show(Request *req, Response *res, GError **error)
{
    return follow_pages_show_with(req, res, NULL, 200, error);
}

bool
follow_pages_back(Request *req, Response *res, GError **error)
{
    int64_t number;

    if (!number_parse(request_param(req, "number"), &number))
        return fail(error, APP_ERROR_NOT_FOUND, "no petition's number");
    response_redirect(res, follow_pages_path(req->mem, number, ""));
    return true;
}

/* ---- all of a person's ---- */

static bool
fill_row(Request *req, DbTx *tx, const Petition *petition, FollowMineRow *row, GError **error)
{
    System      *sys = req->app;
    PetitionFile file;

    if (!petition_file(sys, tx, req->who, petition->number, true, &file, error))
        return false;
    *row = (FollowMineRow){ .status = follow_status_of(sys, petition, req->lang, req->now),
                            .type = i18n_find_in("type.", petition->type),
                            .subject = file.content.subject,
                            .lodged_at = petition->lodged_at };
    return true;
}

bool
follow_pages_mine(Request *req, Response *res, GError **error)
{
    System    *sys = req->app;
    const Who *who = req->who;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    FollowMineView view = { .n_rows = 0 };
    FollowMineRow *rows;
    Petition      *petitions;

    if (tx == NULL ||
        !petition_of_person(sys, tx, who->person_id, &petitions, &view.n_rows, MOST_MINE, error))
        return false;

    rows = ARENA_ARRAY(req->mem, FollowMineRow, view.n_rows);
    for (size_t i = 0; i < view.n_rows; i++)
        if (!fill_row(req, tx, &petitions[i], &rows[i], error))
            return false;
    view.rows = rows;
    follow_mine_html(html_page(req, res, 200), &view);
    return true;
}
