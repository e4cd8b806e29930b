/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that must be sent, written with their cause. A row has no address and no text: the sender
 * asks the vault and the catalogue at the moment of sending. At least once, deduplicated by key. */
#pragma once

#include "core/command.h"

typedef struct {
    int64_t     petition_id, event_id; /* event 0: none */
    const char *recipient;             /* "requester", "account" */
    int64_t     account_id;
    const char *channel; /* "sms", "email", "call", "page" (shown to the officer only) */
    const char *message; /* which message: the event's kind or a name of its own */
    const char *lang;
    const char *dedupe; /* unique for ever */
    AppTime     at;     /* not before */
} OutboxMessage;

/* Written behind everything else of the plan, so that its petition is there; the sender is woken after
 * the commit. A message whose `dedupe` was written before is dropped. */
void outbox_add(Prepare *prepare, const OutboxMessage *message);

typedef struct OutboxRow {
    int64_t     id, petition_id, event_id, account_id, tries, next_at, created_at, done_at;
    const char *recipient, *channel, *message, *lang, *dedupe, *fate, *error;
} OutboxRow;

/* Claim due rows of a channel under a lease of a minute, so that a node that dies gives them back.
 * The claim counts as a try; `next_at` is then the end of the lease. No read transaction may be open. */
bool outbox_claim(System *sys, Arena *mem, const char *channel, size_t most, OutboxRow **rows,
                  size_t *n, GError **error) MUST_USE;
/* waiting → sent | waiting (again at next_at, else 0) | unknown | dead. `row` as it was claimed;
 * CONFLICT when its lease has ended and another has it. */
bool outbox_settle(System *sys, Arena *mem, const OutboxRow *row, const char *fate, AppTime next_at,
                   const char *reason, GError **error) MUST_USE;
/* The message will not go this way: dead for `reason`, and in the same commit written anew for another
 * channel, unless `dedupe` was written before. CONFLICT as above. */
bool outbox_fall_back(System *sys, Arena *mem, const OutboxRow *row, const char *reason,
                      const char *channel, const char *dedupe, GError **error) MUST_USE;
/* The second half of that, for who settles a row in a plan of its own; wakes nobody. */
void outbox_write_anew(System *sys, WritePlan *plan, const OutboxRow *row, const char *channel,
                       const char *dedupe);
/* Claimed rows that were not tried after all: waiting until `next_at`, and the try does not count. Rows
 * whose lease has ended are left alone. */
bool outbox_give_back(System *sys, Arena *mem, const OutboxRow *rows, size_t n, AppTime next_at,
                      GError **error) MUST_USE;
/* When the next row of the channel is due, or its lease ends; 0: none waits. */
bool outbox_next(DbTx *tx, const char *channel, AppTime *at, GError **error) MUST_USE;
/* Before senders start in the only process of a store: leases are those of a process that died. */
bool outbox_recover(System *sys, Arena *mem, GError **error) MUST_USE;
/* Oldest first, 200 at most. */
bool outbox_of_petition(DbTx *tx, int64_t petition_id, OutboxRow **rows, size_t *n,
                        GError **error) MUST_USE;
/* Newest first, before `before_id` (0: from the newest), 50 at most. */
bool
outbox_recent(DbTx *tx, int64_t before_id, OutboxRow **rows, size_t *n, GError **error) MUST_USE;

extern const DbQuery *const outbox_queries[];
extern const DbTable        outbox_tables[];
