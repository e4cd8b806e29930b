/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of the requester's pages and of the desk: a browser in process before a real store. Who
 * sits in front of it is set by the test; rights, tokens of forms and the follow cookie are asked for
 * as the application's gate does. */
#pragma once

#include "core/access.h"
#include "feature/petition/petition_trial.h"
#include "http/testing.h"

typedef struct FollowFixture {
    PetitionTrial   trial; /* a complaint was submitted to WATER: its `receipt` */
    Gate            gate;
    Router         *router;
    Testing        *browser;
    const Response *answer; /* the last one */
    const Who      *who;
    const char     *lang;
    const char     *command;                     /* of the next form; NULL: a fresh one */
    Who             visitor, agent, other_agent; /* with sessions of their own */
} FollowFixture;

/* `routes` and `queries` are those of the features; the outbox is filled as notify does. */
void follow_fixture_up(FollowFixture *fixture, const Route *const *routes,
                       const DbQuery *const *const *queries);
void follow_fixture_down(FollowFixture *fixture, const void *data);

/* The status of the answer; its text is testing_text(browser). */
int follow_fixture_get(FollowFixture *fixture, const Who *who, const char *target);
/* Pairs of names and values, ended by NULL; csrf and command are added. */
int follow_fixture_post(FollowFixture *fixture, const Who *who, const char *target, ...)
    __attribute__((sentinel));

/* "/follow/NUMBER" and `rest`; with `root` instead of "/follow". */
const char *follow_fixture_path(FollowFixture *fixture, const char *root, const char *rest);
const char *follow_fixture_number(FollowFixture *fixture);
const char *follow_fixture_code(FollowFixture *fixture);
/* Where the last answer redirects to, or "". */
const char *follow_fixture_target(FollowFixture *fixture);
/* The value of the first input with this name behind the text `behind` in the last answer. */
const char *follow_fixture_value(FollowFixture *fixture, const char *behind, const char *name);
/* The last page with every value of an input as "…": csrf, command, and what was typed. */
char *follow_fixture_blanked(FollowFixture *fixture);

void  follow_fixture_shows(FollowFixture *fixture, const char *text);
void  follow_fixture_hides(FollowFixture *fixture, const char *text);
/* Accepted and closed by the officer. */
void follow_fixture_close(FollowFixture *fixture, const char *answer);
/* How often staff looked somebody up or opened an identity. */
int64_t follow_fixture_looks(FollowFixture *fixture);
