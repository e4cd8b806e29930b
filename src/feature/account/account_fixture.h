/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of this feature: a browser in process before a store of its own, with a registry of two
 * people, an entity's officer (with password and second factor) and the gate's way of knowing who asks. */
#pragma once

#include "core/core_fixture.h"
#include "feature/account/account.h"
#include "http/testing.h"

#define ACCOUNT_FIXTURE_PASSWORD "حصان بطارية دبوس صحيح"
#define ACCOUNT_FIXTURE_PHONE "0791234567"

typedef struct AccountFixture {
    CoreFixture    *core;
    Gate            gate;
    Router         *router;
    Testing        *browser;
    const Response *answer; /* the last one */
    int visitor; /* which browser asks: its cookies are one jar, its visitor id another */
} AccountFixture;

/* `data`: the officer's login; NULL: no officer is needed. */
void account_fixture_up(AccountFixture *fixture, const void *data);
void account_fixture_down(AccountFixture *fixture, const void *data);

/* The status of the answer. */
int account_fixture_get(AccountFixture *fixture, const char *target);
/* Pairs of names and values, ended by NULL; the token is added. */
int
account_fixture_post(AccountFixture *fixture, const char *target, ...) __attribute__((sentinel));
/* Where the last answer leads, or "". */
const char *account_fixture_target(const AccountFixture *fixture);
void        account_fixture_shows(AccountFixture *fixture, const char *text);
void        account_fixture_hides(AccountFixture *fixture, const char *text);
/* The last page without what differs each time and what was typed. */
char *account_fixture_bare(AccountFixture *fixture);

/* Of the officer's second factor, `off` steps from now. */
const char *account_fixture_code(AccountFixture *fixture, const uint8_t totp[20], int64_t off);
extern const uint8_t account_fixture_totp[20];
/* An account by a one-time link: the link's token. */
const char *account_fixture_link(AccountFixture *fixture, const char *login, Role role);
/* The code that the trial page shows. */
const char *account_fixture_digits(AccountFixture *fixture);
