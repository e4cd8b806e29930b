/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A technical directorate: its open questions, one of them with its request, and the answer. */
#include "feature/office/office_file.h"
#include "feature/office/office_forms.h"
#include "feature/office/office_history.h"
#include "feature/office/office_pages.h"
#include "feature/petition/petition_refusal.h"
#include "messages.h"
#include "office_html.h"

#include "base/number.h"

#include <string.h>

enum { PAGE = 50 };

/* ---- the list ---- */

static OfficeQuestionRow
row_of(const OfficeReader *reader, const PetitionQuestion *question)
{
    return (OfficeQuestionRow){
        .id = question->id,
        .number = question->number,
        .due = office_words_due(reader, "in_progress", question->due_at),
        .subject = question->subject,
        .type = office_words_type(question->type),
        .asked_at = question->asked_at,
    };
}

static bool
read_rows(const OfficeReader *reader, PetitionAfter after, OfficeQuestionsView *view,
          GError **error)
{
    g_autoptr(DbTx) tx = db_begin(reader->sys->db, reader->mem, error);
    OfficeQuestionRow *shown;
    PetitionQuestion  *rows;
    size_t             n;

    if (tx == NULL || !petition_questions(reader->sys, tx, reader->who, after, &rows, &n, error))
        return false;
    shown = ARENA_ARRAY(reader->mem, OfficeQuestionRow, n);
    for (size_t i = 0; i < n; i++)
        shown[i] = row_of(reader, &rows[i]);
    view->rows = shown;
    view->n_rows = n;
    if (n == PAGE)
        view->next =
            office_words_next(reader, "/office/questions", rows[n - 1].due_at, rows[n - 1].id);
    return true;
}

bool
office_question_list(Request *req, Response *res, GError **error)
{
    OfficeReader        reader = office_words_reader(req);
    OfficeQuestionsView view = { .n_rows = 0 };

    if (!read_rows(&reader, office_words_after(req), &view, error))
        return false;
    office_questions_html(html_page(req, res, 200), &view);
    return true;
}

/* ---- one question ---- */

static const PetitionConsultation *
find_asked(const PetitionFile *file, int64_t id)
{
    for (size_t i = 0; i < file->n_consultations; i++)
        if (file->consultations[i].id == id)
            return &file->consultations[i];
    return NULL;
}

static bool
fill_question(const OfficeReader *reader, DbTx *tx, int64_t id, int64_t number,
              OfficeQuestionView *view, GError **error)
{
    const PetitionConsultation *asked;
    PetitionFile                file;

    if (!petition_file(reader->sys, tx, reader->who, number, false, &file, error))
        return false;
    asked = find_asked(&file, id);
    if (asked == NULL)
        return fail(error, APP_ERROR_NOT_FOUND, "the question is another petition's");

    view->number = number;
    view->type = office_words_type(file.petition.type);
    view->subject = file.content.subject;
    view->text = file.content.text;
    view->facts = office_file_facts(reader, &file, &view->n_facts);
    view->answers = office_file_answers(reader, &file, &view->n_answers);
    view->asked = office_history_consultation(reader, asked);
    return true;
}

static void
fill_form(const OfficeReader *reader, int64_t id, Form *form, OfficeQuestionView *view)
{
    const FormMistake *mistake = form_mistake_of(form, "");

    form_set(form, "number", i18n_ref(reader->mem, view->number));
    view->form = (FormView){
        .form = form,
        .action = arena_printf(reader->mem, "/office/questions/%" G_GINT64_FORMAT, (gint64)id),
    };
    if (mistake != NULL)
        view->refused = form_view_sentence(reader->mem, reader->words, form, mistake);
}

/* `number` 0: not known yet. */
static bool
show_question(Request *req, Response *res, Form *form, int64_t number, int status, GError **error)
{
    OfficeReader reader = office_words_reader(req);
    int64_t      id = office_forms_id(request_param(req, "id"));
    g_autoptr(DbTx) tx = db_begin(reader.sys->db, req->mem, error);
    OfficeQuestionView view = { .number = 0 };

    if (tx == NULL ||
        (number == 0 && !petition_question_number(tx, reader.who, id, &number, error)) ||
        !fill_question(&reader, tx, id, number, &view, error))
        return false;
    fill_form(&reader, id, form, &view);
    office_question_html(html_page(req, res, status), &view);
    return true;
}

bool
office_question_page(Request *req, Response *res, GError **error)
{
    return show_question(req, res, form_blank(req->mem, &office_forms_reply), 0, 200, error);
}

/* ---- the answer ---- */

static void
mark_refusal(const Request *req, const Refusal *refusal)
{
    OfficeReader reader = office_words_reader(req);
    const char  *field = refusal->field == NULL ? "" : refusal->field;

    if (strcmp(field, "answer") == 0)
        field = "reply";
    form_mistake(req->form, field, MSG_OFFICE_SENTENCE,
                 petition_refusal_text(reader.sys, reader.mem, reader.lang, refusal), NULL);
    form_set(req->form, "command", NULL);
}

/* No version is asked: what else happens to the file is not the directorate's to know, and whether
 * the question is still open the rule looks at itself. */
bool
office_question_reply(Request *req, Response *res, GError **error)
{
    const OfficeReplyForm *data = req->form->values;
    PetitionActed          acted;
    CommandOutcome         outcome = { .repeated = false };
    g_autoptr(GError) cause = NULL;
    int64_t              number;
    const CommandContext context = {
        .sys = req->app,
        .mem = req->mem,
        .by = req->who,
        .command_id = command_id_read(req->mem, form_typed(req->form, "command")),
    };

    if (form_typed(req->form, "number") == NULL ||
        !number_parse(form_typed(req->form, "number"), &number))
        return fail(error, APP_ERROR_NOT_FOUND, "no number of a petition");
    if (!form_ok(req->form))
        return show_question(req, res, req->form, number, 422, error);

    const PetitionConsultAnswer cmd = { .on = { .number = number },
                                        .consultation_id =
                                            office_forms_id(request_param(req, "id")),
                                        .answer = data->reply,
                                        .proposed_days = data->proposed_days };
    if (petition_consult_answer(&context, &cmd, &acted, &outcome, &cause)) {
        response_redirect(res, "/office/questions?done=consult_answer");
        return true;
    }
    if (error_code(cause) != APP_ERROR_INVALID || outcome.refusal.message == 0) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    mark_refusal(req, &outcome.refusal);
    return show_question(req, res, req->form, number, 422, error);
}
