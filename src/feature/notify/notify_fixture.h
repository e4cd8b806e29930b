/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For this feature's tests: a store whose requester has a mobile and e-mail, and a peer on a free port
 * that says what it is told, so that each answer is seen once. Real gateways: tests/gateway. */
#pragma once

#include "feature/notify/notify_send.h"
#include "feature/petition/petition_trial.h"

#include <stdatomic.h>

typedef struct NotifyPeer NotifyPeer;

/* Answers each HTTP request with `reply` ("": hangs up, NULL: is silent). */
NotifyPeer *notify_fixture_http(const char *reply);
/* Speaks SMTP; to the command that begins with `verb` ("CONNECT", "MAIL", …, "." behind the text) it says
 * `reply` instead ("": hangs up, NULL: is silent). `verb` NULL: says yes to everything. */
NotifyPeer *notify_fixture_smtp(const char *verb, const char *reply);
void        notify_fixture_say(NotifyPeer *peer, const char *verb, const char *reply);
int         notify_fixture_calls(NotifyPeer *peer);
/* What the last caller said. */
char *notify_fixture_heard(NotifyPeer *peer);
void  notify_fixture_stop(NotifyPeer *peer);

typedef struct {
    PetitionTrial    trial;
    PetitionFixture *petition;
    System          *sys;
    Who              person; /* with mobile 962790000009 and salma@example.org */
    Secret          *password;
    NotifyPeer      *sms, *mail;
} NotifyFixture;

/* Of g_test_add. */
void notify_fixture_up(NotifyFixture *fixture, const void *data);
void notify_fixture_down(NotifyFixture *fixture, const void *data);

/* From here on there is such a gateway; the peer is stopped with the fixture. NULL: nobody listens. */
void notify_fixture_use_sms(NotifyFixture *fixture, NotifyPeer *peer);
void notify_fixture_use_mail(NotifyFixture *fixture, NotifyPeer *peer);

/* A complaint of `person`, with the contact; its message is in the outbox. */
void notify_fixture_complain(NotifyFixture *fixture, const char *contact, const char *lang);
/* Run a sender once; false when it failed. `again` may be NULL. */
bool notify_fixture_send(NotifyFixture *fixture, const char *channel, AppTime *again);
/* All rows, oldest first. */
OutboxRow *notify_fixture_rows(NotifyFixture *fixture, size_t *n);
void notify_fixture_stands(NotifyFixture *fixture, size_t i, const char *channel, const char *fate,
                           const char *reason, int64_t tries);
