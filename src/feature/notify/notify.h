/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Telling people: a listener writes outbox rows with each event; jobs send them by SMS (Kannel's
 * sendsms) and e-mail (SMTP), at least once, with back-off; call-backs wait for the desk. Texts are
 * made at the moment of sending. */
#pragma once

#include "core/event.h"
#include "core/outbox.h"
#include "feature/feature.h"

/* Is the requester told of this kind of event? */
bool notify_is_told(const char *kind);
/* What a message tells of; NULL when it is no event. */
bool notify_event(DbTx *tx, const OutboxRow *row, const EventRow **event, GError **error) MUST_USE;
/* The text of a message in its language, without identity. `subject` is for e-mail. */
bool notify_text(System *sys, DbTx *tx, const OutboxRow *row, const char **subject,
                 const char **text, GError **error) MUST_USE;

/* The key by which a person hears of an event once on each channel. */
const char *notify_dedupe(Arena *mem, int64_t event_id, const char *recipient, const char *channel);

/* A one-time code by SMS, at once: never an outbox row. BUSY when the gateway does not take it. In
 * trial mode without a gateway it succeeds: the page shows the code. */
bool notify_send_code(System *sys, Arena *mem, const char *phone, const char *digits,
                      const char *lang, GError **error) MUST_USE;

extern const Feature notify_feature;
