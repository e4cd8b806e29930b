/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who did what, in sentences. What must stay true: each event says who can see it, and the words of
 * the office are marked as such, so that nobody takes a note for an answer. */
#include "feature/office/office_history.h"

#include "messages.h"

#include <string.h>

enum { MOST_DETAILS = 4 };

typedef struct {
    const OfficeReader  *reader;
    const Petition      *petition;
    const PetitionEvent *event;
    const char         **items;
    size_t               n;
} Details;

static void
add(Details *details, const char *sentence)
{
    g_assert(details->n < MOST_DETAILS);
    if (sentence != NULL && sentence[0] != '\0')
        details->items[details->n++] = sentence;
}

static void
add_format(Details *details, int message, const char *argument)
{
    if (argument != NULL && argument[0] != '\0')
        add(details, i18n_format(details->reader->mem, details->reader->words, message,
                                 I18N_ARGS(argument)));
}

static const char *
date_of(const Details *details, AppTime time)
{
    return i18n_date(details->reader->mem, details->reader->words, details->reader->sys->zone,
                     time);
}

static const char *
words_of(const Details *details, const char *prefix, const char *code)
{
    int message = code == NULL ? 0 : i18n_find_in(prefix, code);

    return message == 0 ? NULL : i18n_text(details->reader->words, message);
}

/* ---- one kind each ---- */

static void
tell_submit(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_CHANNEL,
               words_of(details, "channel.", details->petition->channel));
}

static void
tell_route(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_TO,
               office_words_entity(details->reader, details->event->entity_to));
}

static void
tell_due(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_DUE, date_of(details, details->event->due_at));
}

static void
tell_consult(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_TO,
               office_words_directorate(details->reader, details->event->directorate_id));
    if (details->event->days > 0)
        add_format(details, MSG_OFFICE_EVENT_WITHIN,
                   office_words_days(details->reader, details->event->days));
}

static void
tell_consult_answer(Details *details)
{
    add(details, office_words_directorate(details->reader, details->event->directorate_id));
    if (details->event->days > 0)
        add_format(details, MSG_OFFICE_EVENT_PROPOSED_DAYS,
                   office_words_days(details->reader, details->event->days));
}

static void
tell_return(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_FROM,
               office_words_entity(details->reader, details->event->entity_from));
    add_format(details, MSG_OFFICE_EVENT_GROUND,
               words_of(details, "ground.", details->event->ground));
    add_format(details, MSG_OFFICE_EVENT_PROPOSED,
               office_words_entity(details->reader, details->event->entity_to));
    add_format(details, MSG_OFFICE_EVENT_LAW, details->event->legal_text);
}

static void
tell_close(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_OUTCOME,
               words_of(details, "outcome.", details->event->outcome));
}

static void
tell_rate(Details *details)
{
    add_format(details, MSG_OFFICE_EVENT_SOLVED,
               words_of(details, "word.", details->event->solved));
    if (details->event->stars > 0)
        add_format(details, MSG_OFFICE_EVENT_STARS,
                   i18n_number(details->reader->mem, details->event->stars));
}

static void
tell_withdraw(Details *details)
{
    add(details, words_of(details, "office.why.", details->event->why));
}

static const struct {
    const char *kind;
    void (*tell)(Details *details);
} tellers[] = {
    { "submit", tell_submit },   { "route", tell_route },
    { "accept", tell_due },      { "set_period", tell_due },
    { "consult", tell_consult }, { "consult_answer", tell_consult_answer },
    { "return", tell_return },   { "close", tell_close },
    { "rate", tell_rate },       { "withdraw", tell_withdraw },
};

/* ---- who sees it ---- */

/* The requester sees the step of these, not what the office wrote. */
static bool
is_step_only(const PetitionEvent *event)
{
    return strcmp(event->kind, "consult") == 0 || strcmp(event->kind, "consult_answer") == 0 ||
           (strcmp(event->kind, "route") == 0 && event->text != NULL);
}

static int
mark_of(const PetitionEvent *event)
{
    if (strcmp(event->visibility, "requester") == 0)
        return is_step_only(event) ? MSG_OFFICE_SEEN_STEP : MSG_OFFICE_SEEN_YES;
    return strcmp(event->visibility, "unit") == 0 ? MSG_OFFICE_SEEN_UNIT : MSG_OFFICE_SEEN_NO;
}

static int
title_of(const char *kind)
{
    int title = i18n_find_in("office.event.", kind);

    return title != 0 ? title : i18n_find_in("action.", kind);
}

static OfficeEvent
event_of(const OfficeReader *reader, const PetitionFile *file, const PetitionEvent *event)
{
    Details details = { .reader = reader,
                        .petition = &file->petition,
                        .event = event,
                        .items = ARENA_ARRAY(reader->mem, const char *, MOST_DETAILS) };

    for (size_t i = 0; i < G_N_ELEMENTS(tellers); i++)
        if (strcmp(tellers[i].kind, event->kind) == 0)
            tellers[i].tell(&details);

    return (OfficeEvent){
        .title = title_of(event->kind),
        .role = i18n_find_in("role.", event->actor_role),
        .mark = mark_of(event),
        .who = event->actor_name,
        .on_behalf = event->on_behalf != NULL,
        .internal = strcmp(event->kind, "note") == 0,
        .seen = strcmp(event->visibility, "requester") == 0,
        .at = event->at,
        .details = { details.items, details.n },
        .text = event->text,
    };
}

OfficeEvent *
office_history_events(const OfficeReader *reader, const PetitionFile *file, int64_t after_version,
                      size_t *n)
{
    OfficeEvent *events = ARENA_ARRAY(reader->mem, OfficeEvent, file->n_events);

    *n = 0;
    for (size_t i = file->n_events; i > 0; i--)
        if (file->events[i - 1].version > after_version)
            events[(*n)++] = event_of(reader, file, &file->events[i - 1]);
    return events;
}

/* ---- consultations ---- */

OfficeConsultation
office_history_consultation(const OfficeReader *reader, const PetitionConsultation *asked)
{
    OfficeConsultation shown = {
        .directorate = office_words_directorate(reader, asked->directorate_id),
        .question = asked->question,
        .answer = asked->answer,
        .asked_at = asked->asked_at,
        .due_at = asked->due_at,
        .due = office_words_due(reader, "in_progress", asked->due_at),
        .answered = asked->answered_event != 0,
    };

    if (asked->proposed_days > 0)
        shown.proposed = office_words_days(reader, asked->proposed_days);
    return shown;
}

OfficeConsultation *
office_history_consultations(const OfficeReader *reader, const PetitionFile *file, size_t *n)
{
    OfficeConsultation *shown = ARENA_ARRAY(reader->mem, OfficeConsultation, file->n_consultations);

    for (*n = 0; *n < file->n_consultations; (*n)++)
        shown[*n] = office_history_consultation(
            reader, &file->consultations[file->n_consultations - 1 - *n]);
    return shown;
}
