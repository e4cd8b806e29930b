/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The process: what every use-case may reach. Built by app before threads start. */
#pragma once

#include "core/breaker.h"
#include "core/calendar.h"
#include "core/registry.h"
#include "core/vault.h"

struct Prepare;
struct Event;
struct JobRunner;
struct Rates;

/* What must be in the same transaction as an event. Called while the plan is made; adds to it. */
typedef bool (*EventListener)(struct Prepare *prepare, const struct Event *event, GError **error);

/* Where messages go. NULL url: there is no such gateway, messages stay in the outbox. */
typedef struct Gateways {
    const char   *sms_url, *sms_user, *sms_from;
    const Secret *sms_password;
    const char   *mail_url, *mail_user, *mail_from;
    const Secret *mail_password;
    int64_t       timeout;                    /* of a call */
    int64_t       retry_first, retry_longest; /* pauses before a message is tried again */
    int64_t       retry_most;                 /* tries */
    Breaker       sms, mail;
} Gateways;

typedef struct System {
    Db                  *db; /* the case */
    Vault               *vault;
    const Clock         *clock;
    IdSource            *ids;
    const Zone          *zone;
    const EventListener *listeners; /* NULL-terminated */
    const char          *directory; /* of the store: attachments lie below it */
    const char          *address;   /* https://…, for links and QR codes */
    bool                 trial, https;
    bool                 replicas; /* there are some, see system_begin_stale */
    bool                 shared;   /* other processes may work on the same store */
    int64_t  patience; /* how long whoever sends something waits for a database that is gone */
    bool     serving;  /* people are at work in this process, while a subcommand runs */
    Gateways gateways;
    Registry registry;
    _Atomic(Reference *) reference;
    _Atomic(struct JobRunner *)
                  jobs;  /* woken when a command wrote messages; NULL: nobody sends here */
    struct Rates *rates; /* app's; NULL: nobody is served here */
} System;

/* For reading what others wrote, and what may be DB_STALE_MOST old: on a replica, where there are
 * some. Whoever sent something within that time reads the primary, and so sees it. Not for what
 * decides over a change, an inbox, a file, one's own requests, a session. */
DbTx *system_begin_stale(System *sys, const Who *who, Arena *mem, GError **error) MUST_USE;
/* When one of the databases is known to be gone: wait until it is back, or until `deadline` by
 * clock_monotonic. False: there was nothing to wait for, or it is not back. */
bool             system_wait(System *sys, int64_t deadline);

const Reference *system_reference(System *sys);
Calendar         system_calendar(System *sys);
/* Take a newer snapshot in; the old one stays valid. */
bool system_reload_reference(System *sys, GError **error) MUST_USE;
