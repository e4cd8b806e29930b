/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A row is claimed, its address asked from the vault, its text made, and the gateway's answer becomes
 * its fate. What must stay true:
 * - a gateway that is down costs one call: what was claimed with it goes back untried, and the channel
 *   rests until its breaker lets one row try;
 * - that a gateway is down counts against a message only when it came as a surprise: an outage of days
 *   kills no message, a message that a healthy gateway cannot take dies after `retry_most` tries;
 * - what was handed over without an answer is sent once more this way at most, and then the other way
 *   when there is one: hearing of it twice is better than never;
 * - one row that cannot be read does not keep the others;
 * - nobody is told today of what a replay says was years ago. */
#include "feature/notify/notify_send.h"

#include "base/log.h"
#include "core/vault.h"
#include "feature/notify/notify_gateway.h"
#include "feature/petition/petition.h"
#include "messages.h"
#include "view/i18n.h"

#include <string.h>

#define CLAIM 20
#define SENDING (20 * SECONDS) /* with a last call far below the lease of a minute */
#define REPLAYED DAYS          /* between an act and its record */
#define LONGEST_REST (2 * MINUTES)
#define UNANSWERED "no_answer_in_time" /* stays on the row until it is sent */

/* What a message needs. */
typedef struct {
    Contact     contact;
    const char *subject, *text;
    bool        replayed;
} Letter;

typedef GatewayAnswer (*Hand)(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter,
                              const char **reason);

typedef struct {
    const char *name;
    Hand        hand;
    Breaker    *breaker;
} Channel;

static GatewayAnswer
hand_sms(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter, const char **reason)
{
    (void)row;
    return notify_gateway_sms(&sys->gateways, mem, letter->contact.phone, letter->text, reason);
}

static GatewayAnswer
hand_mail(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter, const char **reason)
{
    NotifyMail mail = { .id = row->id,
                        .from = sys->gateways.mail_from,
                        .from_name = i18n_text(i18n_words(row->lang), MSG_MESSAGE_SENDER),
                        .to = letter->contact.email,
                        .subject = letter->subject,
                        .text = letter->text,
                        .lang = row->lang,
                        .at = clock_now(sys->clock) };

    return notify_gateway_mail(&sys->gateways, mem, &mail, reason);
}

/* ---- fates ---- */

static AppTime
next_try(System *sys, const OutboxRow *row)
{
    return clock_now(sys->clock) +
           breaker_pause(row->tries, sys->gateways.retry_first, sys->gateways.retry_longest);
}

/* The other way to the person, when there is one. */
static const char *
other_channel(System *sys, const OutboxRow *row, const Letter *letter)
{
    const Gateways *gateways = &sys->gateways;

    if (letter == NULL)
        return NULL;
    if (strcmp(row->channel, "email") == 0)
        return gateways->sms_url != NULL && letter->contact.phone != NULL ? "sms" : NULL;
    return gateways->mail_url != NULL && letter->contact.email != NULL ? "email" : NULL;
}

static bool
give_up(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter, const char *reason,
        GError **error)
{
    const char *other = other_channel(sys, row, letter);

    if (other == NULL)
        return outbox_settle(sys, mem, row, "dead", 0, reason, error);
    return outbox_fall_back(sys, mem, row, reason, other,
                            notify_dedupe(mem, row->event_id, row->recipient, other), error);
}

static bool
was_unanswered(const OutboxRow *row)
{
    return row->error != NULL && strcmp(row->error, UNANSWERED) == 0;
}

static bool
wait_or_give_up(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter,
                const char *reason, GError **error)
{
    if (row->tries >= sys->gateways.retry_most)
        return give_up(sys, mem, row, letter, reason, error);
    return outbox_settle(sys, mem, row, "waiting", next_try(sys, row),
                         was_unanswered(row) ? UNANSWERED : reason, error);
}

/* Once it may be sent again; then nobody knows, unless there is another way. */
static bool
doubt(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter, GError **error)
{
    if (!was_unanswered(row) && row->tries < sys->gateways.retry_most)
        return outbox_settle(sys, mem, row, "waiting", next_try(sys, row), UNANSWERED, error);
    if (other_channel(sys, row, letter) != NULL)
        return give_up(sys, mem, row, letter, UNANSWERED, error);
    return outbox_settle(sys, mem, row, "unknown", 0, UNANSWERED, error);
}

static bool
settle(System *sys, Arena *mem, const OutboxRow *row, const Letter *letter, GatewayAnswer answer,
       const char *reason, GError **error)
{
    switch (answer) {
    case GATEWAY_TAKEN:
        return outbox_settle(sys, mem, row, "sent", 0, NULL, error);
    case GATEWAY_REFUSED:
        return give_up(sys, mem, row, letter, reason, error);
    case GATEWAY_UNKNOWN:
        return doubt(sys, mem, row, letter, error);
    case GATEWAY_LATER:
    case GATEWAY_DOWN:
        return wait_or_give_up(sys, mem, row, letter, reason, error);
    default:
        g_assert_not_reached();
    }
}

/* ---- one row ---- */

/* Address and text; both are read, and the snapshot is let go, before the gateway is waited for. */
static bool
load(System *sys, Arena *mem, const OutboxRow *row, Letter *letter, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    Petition        petition;
    const EventRow *event;
    int64_t         person_id;
    const char     *lang;

    if (tx == NULL || !petition_by_id(tx, row->petition_id, &petition, error) ||
        !notify_event(tx, row, &event, error) ||
        !notify_text(sys, tx, row, &letter->subject, &letter->text, error))
        return false;
    letter->replayed = event != NULL && event->recorded_at - event->at > REPLAYED;
    return vault_unlink(sys->vault, mem, petition.id, petition.person, &person_id, error) &&
           vault_relay(sys->vault, mem, person_id, &letter->contact, &lang, error);
}

/* The breaker hears of every answer; false: the channel is down. */
static bool
tell_breaker(System *sys, const Channel *channel, GatewayAnswer answer, const char *reason)
{
    const Gateways *gateways = &sys->gateways;
    bool            down = answer == GATEWAY_DOWN || answer == GATEWAY_UNKNOWN;

    if (!down) {
        if (breaker_succeeded(channel->breaker))
            log_event("gateway.up", LOG_CODE("channel", channel->name));
        return true;
    }
    if (breaker_failed(channel->breaker, clock_now(sys->clock), gateways->retry_first,
                       MIN(gateways->retry_longest, LONGEST_REST)))
        log_warning("gateway.down", LOG_CODE("channel", channel->name), LOG_CODE("error", reason));
    return false;
}

static bool
send_row(System *sys, Arena *mem, const Channel *channel, const OutboxRow *row, bool *up,
         GError **error)
{
    bool          trial = breaker_is_trying(channel->breaker);
    const char   *reason = NULL;
    Letter        letter;
    GatewayAnswer answer;
    g_autoptr(GError) failure = NULL;

    if (row->tries > sys->gateways.retry_most) /* each of them ended the process */
        return outbox_settle(sys, mem, row, "dead", 0, "never_ended", error);
    if (!load(sys, mem, row, &letter, &failure)) {
        if (wait_or_give_up(sys, mem, row, NULL, "unreadable", error))
            g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (letter.replayed)
        return outbox_settle(sys, mem, row, "dead", 0, "replayed", error);

    answer = channel->hand(sys, mem, row, &letter, &reason);
    *up = tell_breaker(sys, channel, answer, reason);
    if (answer == GATEWAY_DOWN && trial)
        return outbox_give_back(sys, mem, row, 1, breaker_until(channel->breaker), error);
    return settle(sys, mem, row, &letter, answer, reason, error);
}

/* ---- one channel ---- */

/* Until the channel is down or the time is used up; what was not tried goes back. The first row that
 * failed by itself is told, and the others are sent nevertheless. */
static bool
send_rows(System *sys, Arena *mem, const Channel *channel, const OutboxRow *rows, size_t n,
          bool *up, GError **error)
{
    AppTime until = clock_now(sys->clock) + SENDING;
    GError *first = NULL, *returning = NULL;
    size_t  i;

    *up = true;
    for (i = 0; i < n && *up && clock_now(sys->clock) < until; i++) {
        g_autoptr(GError) failure = NULL;

        if (!send_row(sys, mem, channel, &rows[i], up, &failure) && first == NULL)
            first = g_steal_pointer(&failure);
    }
    if (!outbox_give_back(sys, mem, rows + i, n - i,
                          *up ? clock_now(sys->clock) : breaker_until(channel->breaker),
                          &returning) &&
        first == NULL)
        first = g_steal_pointer(&returning);
    g_clear_error(&returning);
    if (first != NULL)
        g_propagate_error(error, first);
    return first == NULL;
}

/* When this channel has work again. */
static bool
look_ahead(System *sys, Arena *mem, const Channel *channel, AppTime *again, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    if (tx == NULL || !outbox_next(tx, channel->name, again, error))
        return false;
    if (*again != 0 && breaker_is_trying(channel->breaker))
        *again = MAX(*again, breaker_until(channel->breaker));
    return true;
}

static bool
send_channel(System *sys, Arena *mem, const Channel *channel, AppTime now, AppTime *again,
             GError **error)
{
    OutboxRow *rows;
    size_t     n;
    bool       up;

    if (breaker_is_open(channel->breaker, now)) {
        *again = breaker_until(channel->breaker);
        return true;
    }
    return outbox_claim(sys, mem, channel->name, breaker_is_trying(channel->breaker) ? 1 : CLAIM,
                        &rows, &n, error) &&
           send_rows(sys, mem, channel, rows, n, &up, error) &&
           look_ahead(sys, mem, channel, again, error);
}

bool
notify_send_has_sms(const System *sys)
{
    return sys->gateways.sms_url != NULL;
}

bool
notify_send_has_email(const System *sys)
{
    return sys->gateways.mail_url != NULL;
}

bool
notify_send_sms(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    Channel channel = { .name = "sms", .hand = hand_sms, .breaker = &sys->gateways.sms };

    return !notify_send_has_sms(sys) || send_channel(sys, mem, &channel, now, again, error);
}

bool
notify_send_email(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    Channel channel = { .name = "email", .hand = hand_mail, .breaker = &sys->gateways.mail };

    return !notify_send_has_email(sys) || send_channel(sys, mem, &channel, now, again, error);
}

bool
notify_send_code(System *sys, Arena *mem, const char *phone, const char *digits, const char *lang,
                 GError **error)
{
    const Words *words = i18n_words(lang);
    const char  *reason = NULL;
    const char  *text = i18n_format(mem, words, MSG_MESSAGE_CODE, I18N_ARGS(digits));

    if (sys->gateways.sms_url == NULL)
        return sys->trial || fail(error, APP_ERROR_BUSY, "no SMS gateway for a one-time code");
    if (notify_gateway_sms(&sys->gateways, mem, phone, text, &reason) != GATEWAY_TAKEN)
        return fail(error, APP_ERROR_BUSY, "the SMS gateway did not take a one-time code: %s",
                    reason);
    return true;
}
