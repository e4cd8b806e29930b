/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For this feature's tests: a browser in process before a real store. Who sits in front of it is
 * set by the test; rights are asked as the application's gate asks them. */
#pragma once

#include "feature/petition/petition_trial.h"
#include "http/testing.h"

typedef struct OfficeFixture {
    PetitionTrial   trial; /* a complaint was submitted to WATER: its `receipt` */
    Gate            gate;
    Router         *router;
    Testing        *browser;
    const Response *answer; /* the last one */
    const Who      *who;
    const char     *lang;
} OfficeFixture;

/* Of g_test_add. */
void office_fixture_up(OfficeFixture *fixture, const void *data);
void office_fixture_down(OfficeFixture *fixture, const void *data);

/* The status of the answer; its text is testing_text(browser). */
int office_fixture_get(OfficeFixture *fixture, const Who *who, const char *target);
/* `form` as testing_form makes it. */
int
office_fixture_post(OfficeFixture *fixture, const Who *who, const char *target, const char *form);
/* The address of the petition's file, and of an act on it; NULL: the file. */
const char *office_fixture_path(OfficeFixture *fixture, const char *act);
/* The value of the first input with this name behind the text `behind` in the last answer. */
const char *office_fixture_value(OfficeFixture *fixture, const char *behind, const char *name);
/* Where the last answer redirects to, or "". */
const char *office_fixture_target(OfficeFixture *fixture);

void        office_fixture_shows(OfficeFixture *fixture, const char *text);
void        office_fixture_hides(OfficeFixture *fixture, const char *text);
