/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A row is claimed, its address asked from the vault, its text made, and the gateway's answer becomes
 * its fate. When a gateway is not reached the rest of the claim goes back at once: one slow peer costs
 * one attempt, not twenty. */
#include "feature/notify/notify_send.h"

#include "core/vault.h"
#include "feature/notify/notify_gateway.h"
#include "feature/petition/petition.h"
#include "messages.h"
#include "view/i18n.h"

#include <sodium.h>
#include <string.h>

#define CLAIM 20
#define MOST_TRIES 12
#define FIRST_PAUSE (5 * SECONDS)
#define LONGEST_PAUSE (30 * MINUTES)

typedef GatewayAnswer (*Hand)(System *sys, Arena *mem, const Contact *contact, const char *subject,
                              const char *text, const char **reason);

static GatewayAnswer
hand_sms(System *sys, Arena *mem, const Contact *contact, const char *subject, const char *text,
         const char **reason)
{
    (void)subject;
    return notify_gateway_sms(&sys->gateways, mem, contact->phone, text, reason);
}

static GatewayAnswer
hand_mail(System *sys, Arena *mem, const Contact *contact, const char *subject, const char *text,
          const char **reason)
{
    if (contact->email == NULL) {
        *reason = "no_address";
        return GATEWAY_REFUSED;
    }
    return notify_gateway_mail(&sys->gateways, mem, contact->email, subject, text, reason);
}

/* Doubling, with jitter, so that a thousand rows do not come back at one moment. */
static AppTime
next_try(AppTime now, int64_t tries)
{
    int64_t pause = FIRST_PAUSE;

    for (int64_t i = 0; i < tries && pause < LONGEST_PAUSE; i++)
        pause *= 2;
    pause = MIN(pause, LONGEST_PAUSE);
    return now + pause / 2 + (int64_t)randombytes_uniform((uint32_t)(pause / 2 / 1000)) * 1000;
}

static bool
settle(System *sys, Arena *mem, const OutboxRow *row, GatewayAnswer answer, const char *reason,
       AppTime now, GError **error)
{
    bool once_more = row->error == NULL || strcmp(row->error, "no_answer_in_time") != 0;

    if (answer == GATEWAY_TAKEN)
        return outbox_settle(sys, mem, row, "sent", 0, NULL, error);
    if (answer == GATEWAY_REFUSED || row->tries + 1 >= MOST_TRIES)
        return outbox_settle(sys, mem, row, "dead", 0, reason, error);
    if (answer == GATEWAY_UNKNOWN && !once_more)
        return outbox_settle(sys, mem, row, "unknown", 0, reason, error);
    if (answer == GATEWAY_UNKNOWN)
        reason = "no_answer_in_time";
    return outbox_settle(sys, mem, row, "waiting", next_try(now, row->tries), reason, error);
}

/* Address and text; both are read, and the snapshot is let go, before the gateway is waited for. */
static bool
load(System *sys, Arena *mem, const OutboxRow *row, Contact *contact, const char **subject,
     const char **text, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    Petition    petition;
    int64_t     person_id;
    const char *lang;

    return tx != NULL && petition_by_id(tx, row->petition_id, &petition, error) &&
           notify_text(sys, tx, row, subject, text, error) &&
           vault_unlink(sys->vault, mem, petition.id, petition.person, &person_id, error) &&
           vault_relay(sys->vault, mem, person_id, contact, &lang, error);
}

static bool
send_row(System *sys, Arena *mem, const OutboxRow *row, Hand hand, AppTime now, bool *reached,
         GError **error)
{
    Contact       contact;
    const char   *subject, *text, *reason = NULL;
    GatewayAnswer answer;

    if (!load(sys, mem, row, &contact, &subject, &text, error))
        return false;
    answer = hand(sys, mem, &contact, subject, text, &reason);
    *reached = answer != GATEWAY_AGAIN;
    return settle(sys, mem, row, answer, reason, now, error);
}

static bool
send_channel(System *sys, Arena *mem, const char *channel, Hand hand, AppTime now, bool *more,
             GError **error)
{
    OutboxRow *rows;
    size_t     n;
    bool       reached = true;

    if (!outbox_claim(sys, mem, channel, CLAIM, &rows, &n, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!reached) {
            if (!outbox_settle(sys, mem, &rows[i], "waiting", next_try(now, rows[i].tries),
                               rows[i].error, error))
                return false;
            continue;
        }
        if (!send_row(sys, mem, &rows[i], hand, now, &reached, error))
            return false;
    }
    *more = n == CLAIM && reached;
    return true;
}

bool
notify_send_sms(System *sys, Arena *mem, AppTime now, bool *more, GError **error)
{
    *more = false;
    return sys->gateways.sms_url == NULL ||
           send_channel(sys, mem, "sms", hand_sms, now, more, error);
}

bool
notify_send_email(System *sys, Arena *mem, AppTime now, bool *more, GError **error)
{
    *more = false;
    return sys->gateways.mail_url == NULL ||
           send_channel(sys, mem, "email", hand_mail, now, more, error);
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
