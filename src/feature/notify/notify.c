/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is told what: one table of kinds of event. The rows are written in the event's own plan, so that
 * what happened and that somebody must be told cannot part. */
#include "feature/notify/notify.h"

#include "base/number.h"
#include "feature/notify/notify_send.h"
#include "feature/petition/petition.h"
#include "messages.h"
#include "view/i18n.h"

#include <string.h>

/* What tells the requester, and whether it is worth a call to those who asked for calls. */
static const struct {
    const char *kind;
    bool        call;
} told[] = {
    { "submit", false },  { "route", false },  { "accept", false }, { "set_period", false },
    { "update", false },  { "close", true },   { "freeze", true },  { "lapse", true },
    { "release", false }, { "verify", false },
};

bool
notify_is_told(const char *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++)
        if (strcmp(told[i].kind, kind) == 0)
            return true;
    return false;
}

static const char *
channel_for(const Event *event, bool call)
{
    if (strcmp(event->contact, "call") == 0)
        return call ? "call" : "sms"; /* a mobile is always proved: it hears of the small steps */
    return strcmp(event->contact, "email") == 0 ? "email" : "sms";
}

const char *
notify_dedupe(Arena *mem, int64_t event_id, const char *recipient, const char *channel)
{
    return arena_printf(mem, "e%" G_GINT64_FORMAT ":%s:%s", (gint64)event_id, recipient, channel);
}

/* What the system does about an identity tells only when the request went to an entity by it: a
 * release may leave it with the unit. */
static bool
is_silent(const Event *event)
{
    return (strcmp(event->kind, "verify") == 0 || strcmp(event->kind, "release") == 0) &&
           event->entity_to == event->entity_from;
}

/* A petition that was read out by telephone needs no message for its own number. */
static bool
notify_on_event(Prepare *prepare, const Event *event, GError **error)
{
    (void)error;
    if (prepare->quiet)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) {
        OutboxMessage message;

        if (strcmp(told[i].kind, event->kind) != 0 || event->contact == NULL || is_silent(event))
            continue;
        message = (OutboxMessage){ .petition_id = event->petition_id,
                                   .event_id = event->id,
                                   .recipient = "requester",
                                   .message = event->kind,
                                   .channel = channel_for(event, told[i].call),
                                   .lang = event->lang,
                                   .at = prepare->recorded_at };
        message.dedupe = notify_dedupe(prepare->mem, event->id, message.recipient, message.channel);
        outbox_add(prepare, &message);
    }
    return true;
}

/* ---- texts ---- */

typedef struct {
    const Petition *petition;
    const EventRow *event;
    const Words    *words;
    const char     *number, *entity, *date, *outcome, *link;
} MessageParts;

bool
notify_event(DbTx *tx, const OutboxRow *row, const EventRow **event, GError **error)
{
    EventRow *found = ARENA_ARRAY(db_arena(tx), EventRow, 1);
    bool      is_there;

    *event = NULL;
    if (row->event_id == 0)
        return true;
    if (!event_by_id(tx, row->petition_id, row->event_id, found, &is_there, error))
        return false;
    if (is_there)
        *event = found;
    return true;
}

static const char *
follow_link(System *sys, Arena *mem, const Petition *petition, const char *number)
{
    char code[VAULT_CODE_LENGTH + 1];

    vault_tracking_code(sys->vault, petition->id, code);
    return arena_printf(mem, "%s/f/%s/%s", sys->address, number, code);
}

static void
fill_parts(System *sys, Arena *mem, const OutboxRow *row, MessageParts *parts)
{
    const Reference *ref = system_reference(sys);
    const Petition  *petition = parts->petition;
    int64_t entity = parts->event != NULL && parts->event->entity_to != 0 ? parts->event->entity_to
                                                                          : petition->entity_id;
    AppTime due = parts->event != NULL ? parts->event->due_at : petition->due_at;
    const char *outcome = parts->event != NULL ? parts->event->outcome : petition->outcome;
    char        number[NUMBER_TEXT_SIZE];

    number_format(petition->number, number);
    parts->number = arena_copy(mem, number);
    parts->entity = reference_label(ref, "entity.name", entity, row->lang);
    parts->date = i18n_date(mem, parts->words, sys->zone, due);
    parts->outcome =
        outcome == NULL ? "" : i18n_text(parts->words, i18n_find_in("outcome.", outcome));
    parts->link = follow_link(sys, mem, petition, parts->number);
}

static const char *
format_text(Arena *mem, const OutboxRow *row, const MessageParts *parts)
{
    const char *const number_link[] = { parts->number, parts->link };
    const char *const number_entity_link[] = { parts->number, parts->entity, parts->link };
    const char *const number_date_link[] = { parts->number, parts->date, parts->link };
    const char *const number_outcome_link[] = { parts->number, parts->outcome, parts->link };

    /* Restricted: only that there is news. */
    if (parts->petition->restricted && strcmp(row->message, "submit") != 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_NEWS, number_link, 2);
    if (strcmp(row->message, "submit") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_SUBMIT, number_link, 2);
    if (strcmp(row->message, "route") == 0 || strcmp(row->message, "release") == 0 ||
        strcmp(row->message, "verify") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_ROUTE, number_entity_link, 3);
    if (strcmp(row->message, "accept") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_ACCEPT, number_date_link, 3);
    if (strcmp(row->message, "set_period") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_SET_PERIOD, number_date_link, 3);
    if (strcmp(row->message, "freeze") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_FREEZE, number_date_link, 3);
    if (strcmp(row->message, "lapse") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_LAPSE, number_link, 2);
    if (strcmp(row->message, "close") == 0)
        return i18n_format(mem, parts->words, MSG_MESSAGE_CLOSE, number_outcome_link, 3);
    return i18n_format(mem, parts->words, MSG_MESSAGE_NEWS, number_link, 2);
}

bool
notify_text(System *sys, DbTx *tx, const OutboxRow *row, const char **subject, const char **text,
            GError **error)
{
    Arena       *mem = db_arena(tx);
    Petition     petition;
    MessageParts parts = { .petition = &petition, .words = i18n_words(row->lang) };

    if (!petition_by_id(tx, row->petition_id, &petition, error) ||
        !notify_event(tx, row, &parts.event, error))
        return false;
    fill_parts(sys, mem, row, &parts);
    *subject = i18n_format(mem, parts.words, MSG_MESSAGE_SUBJECT, I18N_ARGS(parts.number));
    *text = format_text(mem, row, &parts);
    return true;
}

/* Woken by whoever writes a message; the time is the net for what another node wrote. */
static const JobSpec jobs[] = {
    { .name = "notify.sms",
      .every = 30 * SECONDS,
      .run = notify_send_sms,
      .wanted = notify_send_has_sms,
      .alone = true,
      .on_wake = true },
    { .name = "notify.email",
      .every = 30 * SECONDS,
      .run = notify_send_email,
      .wanted = notify_send_has_email,
      .alone = true,
      .on_wake = true },
    { .name = NULL },
};

const Feature notify_feature = {
    .name = "notify",
    .routes = notify_routes,
    .jobs = jobs,
    .listener = notify_on_event,
};
