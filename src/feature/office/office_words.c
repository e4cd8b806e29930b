/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words and tones. What must stay true: a tone never stands without words that say the same. */
#include "feature/office/office_words.h"

#include "feature/office/office_forms.h"
#include "messages.h"

#include <string.h>

OfficeReader
office_words_reader(const Request *req)
{
    System *sys = req->app;

    return (OfficeReader){
        .sys = sys,
        .mem = req->mem,
        .who = req->who,
        .words = i18n_words(req->lang),
        .lang = req->lang,
        .ref = system_reference(sys),
        .now = clock_now(sys->clock),
    };
}

/* ---- lists ---- */

PetitionAfter
office_words_after(const Request *req)
{
    const char *due = request_query(req, "due"), *id = request_query(req, "id");

    return (PetitionAfter){ due == NULL ? 0 : g_ascii_strtoll(due, NULL, 10),
                            id == NULL ? 0 : g_ascii_strtoll(id, NULL, 10) };
}

const char *
office_words_next(const OfficeReader *reader, const char *path, AppTime due_at, int64_t id)
{
    return arena_printf(reader->mem, "%s%cdue=%" G_GINT64_FORMAT "&id=%" G_GINT64_FORMAT, path,
                        strchr(path, '?') == NULL ? '?' : '&', (gint64)due_at, (gint64)id);
}

/* ---- time ---- */

OfficeDue
office_words_due(const OfficeReader *reader, const char *state, AppTime due_at)
{
    int64_t     left = due_at - reader->now;
    int64_t     soon = strcmp(state, "assigned") == 0 ? DAYS : 2 * DAYS;
    const char *words = i18n_left(reader->mem, reader->words, left);

    if (due_at == 0)
        return (OfficeDue){ "tone-none", "pause", i18n_text(reader->words, MSG_LEFT_RESTING) };
    if (left < 0)
        return (OfficeDue){ "tone-late", "late", words };
    return (OfficeDue){ left < soon ? "tone-attention" : "tone-progress", "clock", words };
}

OfficeDue
office_words_due_or_end(const OfficeReader *reader, const char *state, AppTime due_at,
                        AppTime closed_at)
{
    if (closed_at == 0)
        return office_words_due(reader, state, due_at);
    return (OfficeDue){ "tone-none", "flag",
                        i18n_date(reader->mem, reader->words, reader->sys->zone, closed_at) };
}

const char *
office_words_days(const OfficeReader *reader, int64_t working_days)
{
    return i18n_plural(reader->mem, reader->words, MSG_WORD_WORKING_DAYS, working_days, NULL, 0);
}

/* ---- codes ---- */

OfficeBadge
office_words_state(const char *state)
{
    static const struct {
        const char *state, *tone, *icon;
    } looks[] = {
        { "received", "tone-info", "info" },
        { "assigned", "tone-info", "entity" },
        { "in_progress", "tone-progress", "clock" },
        { "awaiting_requester", "tone-none", "pause" },
        { "scheduled", "tone-progress", "calendar" },
        { "joined", "tone-none", "list" },
        { "closed", "tone-done", "check" },
        { "withdrawn", "tone-none", "flag" },
    };
    OfficeBadge badge = { "tone-none", "info", i18n_find_in("state.", state) };

    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        if (strcmp(looks[i].state, state) == 0) {
            badge.tone = looks[i].tone;
            badge.icon = looks[i].icon;
        }
    return badge;
}

int
office_words_type(const char *type)
{
    return i18n_find_in("type.", type);
}

/* ---- names ---- */

const char *
office_words_entity(const OfficeReader *reader, int64_t id)
{
    return reference_label(reader->ref, "entity.name", id, reader->lang);
}

const char *
office_words_service(const OfficeReader *reader, int64_t id)
{
    return reference_label(reader->ref, "service.name", id, reader->lang);
}

const char *
office_words_directorate(const OfficeReader *reader, int64_t id)
{
    return reference_label(reader->ref, "directorate.name", id, reader->lang);
}

const char *
office_words_place(const OfficeReader *reader, int64_t id, const char *words)
{
    int64_t     above = reference_governorate(reader->ref, id);
    const char *place = reference_label(reader->ref, "place.name", id, reader->lang);
    const char *governorate = reference_label(reader->ref, "place.name", above, reader->lang);

    if (id == 0)
        return words;
    if (above == id || above == 0)
        return place;
    return i18n_format(reader->mem, reader->words, MSG_OFFICE_PLACE, I18N_ARGS(governorate, place));
}

OfficeRow
office_words_row(const OfficeReader *reader, const PetitionRow *row)
{
    return (OfficeRow){
        .due = office_words_due_or_end(reader, row->state, row->due_at, row->closed_at),
        .state = office_words_state(row->state),
        .subject = row->subject,
        .service = office_words_service(reader, row->service_id),
        .place = office_words_place(reader, row->place_id, row->place_words),
        .number = row->number,
        .type = office_words_type(row->type),
        .restricted = row->restricted,
    };
}

/* ---- what was typed ---- */

static const char *
target_words(const OfficeReader *reader, const char *code)
{
    char       *end = NULL;
    int64_t     entity = g_ascii_strtoll(code, &end, 10);
    int64_t     service = *end == '-' ? g_ascii_strtoll(end + 1, NULL, 10) : 0;
    const char *name = office_words_entity(reader, entity);

    if (service == 0)
        return name;
    return i18n_format(reader->mem, reader->words, MSG_OFFICE_TARGET,
                       I18N_ARGS(name, office_words_service(reader, service)));
}

static const char *
choice_words(const OfficeReader *reader, const char *field, const char *code)
{
    if (strcmp(field, "ground") == 0)
        return i18n_text(reader->words, i18n_find_in("ground.", code));
    if (strcmp(field, "outcome") == 0)
        return i18n_text(reader->words, i18n_find_in("outcome.", code));
    if (strcmp(field, "directorate") == 0)
        return office_words_directorate(reader, office_forms_id(code));
    return target_words(reader, code);
}

/* Day, month and year as they stand in their three inputs. */
static const char *
date_words(const OfficeReader *reader, const Form *form, const char *field)
{
    const char *day = form_typed(form, arena_printf(reader->mem, "%s-day", field));
    const char *month = form_typed(form, arena_printf(reader->mem, "%s-month", field));
    const char *year = form_typed(form, arena_printf(reader->mem, "%s-year", field));

    if (day == NULL || month == NULL || year == NULL)
        return form_typed(form, field);
    return arena_printf(reader->mem, "%s/%s/%s", day, month, year);
}

OfficeFact *
office_words_typed(const OfficeReader *reader, const Form *form, size_t *n)
{
    OfficeFact *facts = ARENA_ARRAY(reader->mem, OfficeFact, form->spec->n_fields);

    *n = 0;
    for (size_t i = 0; i < form->spec->n_fields; i++) {
        const FormField *field = &form->spec->fields[i];
        const char      *typed = form_typed(form, field->name);

        if (field->kind == FORM_DATE)
            typed = date_words(reader, form, field->name);
        if (field->label == 0 || typed == NULL || typed[0] == '\0')
            continue;
        if (field->kind == FORM_CHOICE)
            typed = choice_words(reader, field->name, typed);
        facts[(*n)++] = (OfficeFact){ .label = field->label, .text = typed };
    }
    return facts;
}
