/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Puts the file on a page. What must stay true: of the requester there is a number and no more, and
 * what somebody typed comes back to them whatever became of the file meanwhile. */
#include "feature/office/office_file.h"

#include "base/number.h"
#include "core/outbox.h"
#include "feature/attachment/attachment.h"
#include "feature/office/office_acts.h"
#include "feature/office/office_forms.h"
#include "feature/office/office_history.h"
#include "feature/petition/petition_fields.h"
#include "feature/petition/petition_rules.h"
#include "messages.h"
#include "office_html.h"

#include <string.h>

bool
office_file_number(const Request *req, int64_t *number, GError **error)
{
    return number_parse(request_param(req, "number"), number) ||
           fail(error, APP_ERROR_NOT_FOUND, "no number of a petition");
}

/* ---- what was written ---- */

typedef struct {
    OfficeFact *items;
    size_t      n;
} Facts;

static void
add_text(Facts *facts, int label, const char *text)
{
    if (text != NULL && text[0] != '\0')
        facts->items[facts->n++] = (OfficeFact){ .label = label, .text = text };
}

static void
add_time(Facts *facts, int label, AppTime at)
{
    if (at != 0)
        facts->items[facts->n++] = (OfficeFact){ .label = label, .at = at };
}

static const char *
coded(const OfficeReader *reader, const char *prefix, const char *code)
{
    int message = code == NULL ? 0 : i18n_find_in(prefix, code);

    return message == 0 ? NULL : i18n_text(reader->words, message);
}

const OfficeFact *
office_file_facts(const OfficeReader *reader, const PetitionFile *file, size_t *n)
{
    const Petition        *petition = &file->petition;
    const PetitionContent *content = &file->content;
    Facts                  facts = { ARENA_ARRAY(reader->mem, OfficeFact, 10), 0 };

    add_text(&facts, MSG_OFFICE_FACT_WANTED, content->wanted);
    add_text(&facts, MSG_OFFICE_FACT_HAPPENED, content->happened);
    if (strcmp(petition->about, "service") != 0)
        add_text(&facts, MSG_OFFICE_FACT_ABOUT, coded(reader, "office.about.", petition->about));
    add_text(&facts, MSG_WORD_SERVICE, office_words_service(reader, petition->service_id));
    add_text(&facts, MSG_WORD_PLACE, office_words_place(reader, petition->place_id, NULL));
    add_text(&facts, MSG_OFFICE_FACT_PLACE_WORDS, content->place_words);
    if (content->entity_id != petition->entity_id)
        add_text(&facts, MSG_OFFICE_FACT_NAMED, office_words_entity(reader, content->entity_id));
    add_text(&facts, MSG_OFFICE_FACT_CHANNEL, coded(reader, "channel.", petition->channel));
    if (petition->entered_at - petition->lodged_at > DAYS)
        add_time(&facts, MSG_OFFICE_FACT_ENTERED, petition->entered_at);
    *n = facts.n;
    return facts.items;
}

const OfficeFact *
office_file_answers(const OfficeReader *reader, const PetitionFile *file, size_t *n)
{
    const PetitionFieldsAsk ask = { reader->ref, reader->mem, reader->lang, 0, false };
    const PetitionContent  *content = &file->content;
    OfficeFact             *facts = ARENA_ARRAY(reader->mem, OfficeFact, content->n_answers);

    for (*n = 0; *n < content->n_answers; (*n)++) {
        const PetitionAnswer *answer = &content->answers[*n];
        const ServiceField   *field =
            reference_field_of(reader->ref, content->service_id, answer->code, answer->version);
        const char *label = field == NULL ? ""
                                          : reference_label(reader->ref, "service_field.label",
                                                            field->id, reader->lang);

        facts[*n] = (OfficeFact){ .name = label[0] == '\0' ? answer->code : label,
                                  .text = field == NULL
                                              ? answer->value
                                              : petition_fields_said(&ask, field, answer->value) };
    }
    return facts;
}

static const char *
file_icon(const char *type)
{
    static const struct {
        const char *prefix, *icon;
    } icons[] = { { "image/", "image" }, { "video/", "video" }, { "audio/", "audio" } };

    for (size_t i = 0; i < G_N_ELEMENTS(icons); i++)
        if (g_str_has_prefix(type, icons[i].prefix))
            return icons[i].icon;
    return "file";
}

static bool
fill_files(const OfficeReader *reader, DbTx *tx, int64_t petition_id, OfficeFileView *view,
           GError **error)
{
    Attachment       *rows;
    OfficeAttachment *files;

    if (!attachment_of_petition(reader->sys, tx, petition_id, &rows, &view->n_files, error))
        return false;
    files = ARENA_ARRAY(reader->mem, OfficeAttachment, view->n_files);
    for (size_t i = 0; i < view->n_files; i++)
        files[i] = (OfficeAttachment){ .id = rows[i].id,
                                       .size = rows[i].size,
                                       .name = rows[i].name,
                                       .icon = file_icon(rows[i].type) };
    view->files = files;
    return true;
}

/* ---- clock and holder ---- */

static void
add_dates(const OfficeReader *reader, const Petition *petition, const Calendar *calendar,
          Facts *facts)
{
    add_time(facts, MSG_OFFICE_CLOCK_LODGED, petition->lodged_at);
    add_time(facts, MSG_OFFICE_CLOCK_ASSIGNED, petition->assigned_at);
    if (strcmp(petition->state, "received") == 0)
        add_time(facts,
                 petition->frozen             ? MSG_OFFICE_CLOCK_PROVE_BY
                 : petition->identity_at != 0 ? MSG_OFFICE_CLOCK_VERIFY_BY
                                              : MSG_OFFICE_CLOCK_TRIAGE_BY,
                 petition->due_at);
    if (strcmp(petition->state, "assigned") == 0) {
        add_time(facts, MSG_OFFICE_CLOCK_ACCEPT_BY, petition->due_at);
        add_time(facts, MSG_OFFICE_CLOCK_WOULD_BE,
                 petition_rule_due(calendar, petition->type, petition->service_id,
                                   petition->assigned_at));
    }
    if (strcmp(petition->state, "in_progress") == 0)
        add_time(facts, petition->period_set ? MSG_OFFICE_CLOCK_SET : MSG_OFFICE_CLOCK_DEFAULT,
                 petition->due_at);
    add_time(facts, MSG_OFFICE_CLOCK_ENDED, petition->closed_at);
    if (petition->returns > 0)
        add_text(
            facts, MSG_OFFICE_CLOCK_RETURNS,
            i18n_plural(reader->mem, reader->words, MSG_OFFICE_TIMES, petition->returns, NULL, 0));
}

static void
fill_clock(const OfficeReader *reader, const Petition *petition, OfficeClock *clock)
{
    Calendar calendar = system_calendar(reader->sys);
    Facts    facts = { ARENA_ARRAY(reader->mem, OfficeFact, 8), 0 };
    bool     runs = petition->assigned_at != 0 && petition->due_at != 0 && petition->closed_at == 0;

    clock->due =
        office_words_due_or_end(reader, petition->state, petition->due_at, petition->closed_at);
    if (runs) {
        clock->all = calendar_working_days(&calendar, petition->assigned_at, petition->due_at);
        clock->gone = calendar_working_days(&calendar, petition->assigned_at, reader->now);
        clock->all = MAX(clock->all, 0);
        clock->gone = CLAMP(clock->gone, 0, clock->all);
    }
    add_dates(reader, petition, &calendar, &facts);
    clock->facts = facts.items;
    clock->n_facts = facts.n;
}

/* The directorates that have not answered yet. */
static const char *
asked_directorates(const OfficeReader *reader, const PetitionFile *file)
{
    const char *names = NULL;

    for (size_t i = 0; i < file->n_consultations; i++) {
        const char *name = office_words_directorate(reader, file->consultations[i].directorate_id);

        if (file->consultations[i].answered_event != 0)
            continue;
        names = names == NULL ? name
                              : i18n_format(reader->mem, reader->words, MSG_OFFICE_AND,
                                            I18N_ARGS(names, name));
    }
    return names == NULL ? "" : names;
}

static const char *
holder_words(const OfficeReader *reader, const PetitionFile *file)
{
    const Petition *petition = &file->petition;

    if (strcmp(petition->holder, "entity") == 0)
        return office_words_entity(reader, petition->entity_id);
    if (strcmp(petition->holder, "directorate") == 0)
        return asked_directorates(reader, file);
    return coded(reader, "office.holder.", petition->holder);
}

/* ---- messages ---- */

static OfficeMessage
message_of(const OutboxRow *row)
{
    bool sms = strcmp(row->channel, "sms") == 0, call = strcmp(row->channel, "call") == 0;
    bool done = strcmp(row->fate, "sent") == 0 || strcmp(row->fate, "done") == 0;
    bool waiting = strcmp(row->fate, "waiting") == 0;
    int  title = i18n_find_in("office.event.", row->message);

    return (OfficeMessage){
        .title = title != 0 ? title : MSG_OFFICE_MESSAGE_NEWS,
        .channel = i18n_find_in("outbox.channel.", row->channel),
        .fate = i18n_find_in("outbox.fate.", row->fate),
        .icon = sms    ? "sms"
                : call ? "phone"
                       : "mail",
        .fate_tone = done      ? "tone-done"
                     : waiting ? "tone-progress"
                               : "tone-late",
        .fate_icon = done      ? "check"
                     : waiting ? "clock"
                               : "warning",
        .at = row->done_at != 0 ? row->done_at : row->created_at,
        .tries = row->tries,
    };
}

static bool
fill_messages(const OfficeReader *reader, DbTx *tx, int64_t petition_id, OfficeFileView *view,
              GError **error)
{
    OutboxRow     *rows;
    OfficeMessage *messages;
    size_t         n;

    if (!outbox_of_petition(tx, petition_id, &rows, &n, error))
        return false;
    messages = ARENA_ARRAY(reader->mem, OfficeMessage, n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].recipient, "requester") == 0)
            messages[view->n_messages++] = message_of(&rows[i]);
    view->messages = messages;
    return true;
}

/* ---- the page ---- */

static void
fill_head(const OfficeReader *reader, const PetitionFile *file, OfficeFileView *view)
{
    const Petition *petition = &file->petition;
    bool            unit = reader->who->role == ROLE_UNIT;

    view->number = petition->number;
    view->type = office_words_type(petition->type);
    view->state = office_words_state(petition->state);
    view->subject = file->content.subject;
    view->text = file->content.text;
    view->identity_hidden = petition->identity_hidden;
    view->restricted = petition->restricted;
    view->provisional = petition->provisional && !petition->frozen;
    view->frozen = petition->frozen;
    view->back = unit ? "/office/triage" : "/office";
    view->back_label = unit ? MSG_SCREEN_TRIAGE : MSG_SCREEN_INBOX;
    view->facts = office_file_facts(reader, file, &view->n_facts);
    view->answers = office_file_answers(reader, file, &view->n_answers);
}

/* Is there still a form in which the typed words stand? */
static bool
has_tried(const OfficeFileView *view)
{
    const OfficeAct *const acts[] = { view->accept, view->consult, view->period, view->send_back,
                                      view->update, view->close,   view->note,   view->route };

    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++)
        if (acts[i] != NULL && acts[i]->form.form == view->tried->form)
            return true;
    return false;
}

static void
fill_tried(const OfficeReader *reader, const PetitionFile *file, const OfficeFileAsk *ask,
           OfficeFileView *view)
{
    FormView *tried = ARENA_NEW(reader->mem, FormView);

    tried->form = ask->tried;
    view->tried = tried;
    view->notice = ask->notice;
    if (ask->conflict) {
        form_set(ask->tried, "version",
                 arena_printf(reader->mem, "%" G_GINT64_FORMAT, (gint64)file->petition.version));
        view->changes =
            office_history_events(reader, file, MAX(ask->seen_version, 0), &view->n_changes);
    }
    if (ask->conflict || !has_tried(view))
        view->typed = office_words_typed(reader, ask->tried, &view->n_typed);
}

static bool
fill_file(const OfficeReader *reader, const Request *req, DbTx *tx, const OfficeFileAsk *ask,
          OfficeFileView *view, GError **error)
{
    const char  *words = request_query(req, "q");
    PetitionFile file;

    if (!petition_file(reader->sys, tx, reader->who, ask->number, false, &file, error) ||
        !fill_files(reader, tx, file.petition.id, view, error) ||
        !fill_messages(reader, tx, file.petition.id, view, error))
        return false;

    fill_head(reader, &file, view);
    fill_clock(reader, &file.petition, &view->clock);
    view->holder = holder_words(reader, &file);
    view->events = office_history_events(reader, &file, 0, &view->n_events);
    view->consultations = office_history_consultations(reader, &file, &view->n_consultations);
    office_acts_fill(reader, &file, ask->tried, words != NULL && words[0] != '\0' ? words : NULL,
                     view);
    if (ask->tried != NULL)
        fill_tried(reader, &file, ask, view);
    return true;
}

static bool
show_lost(const OfficeReader *reader, Request *req, Response *res, const Form *tried)
{
    OfficeLostView view = { .n_typed = 0 };

    view.typed = office_words_typed(reader, tried, &view.n_typed);
    office_lost_html(html_page(req, res, 404), &view);
    return true;
}

bool
office_file_show(Request *req, Response *res, const OfficeFileAsk *ask, GError **error)
{
    OfficeReader reader = office_words_reader(req);
    g_autoptr(DbTx) tx = db_begin(reader.sys->db, req->mem, error);
    g_autoptr(GError) cause = NULL;
    OfficeFileView view = { .number = ask->number };

    if (tx == NULL)
        return false;
    if (fill_file(&reader, req, tx, ask, &view, &cause)) {
        office_file_html(html_page(req, res, ask->status == 0 ? 200 : ask->status), &view);
        return true;
    }
    if (ask->tried != NULL && error_code(cause) == APP_ERROR_NOT_FOUND)
        return show_lost(&reader, req, res, ask->tried);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}
