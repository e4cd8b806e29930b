/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The names of our cookies; over https the HTTP layer puts __Host- before each. */
#pragma once

#define COOKIE_VISITOR                                                                             \
    "sawt-visitor" /* random, for CSRF, codes and drafts; lives with the browser */
#define COOKIE_SESSION                                                                             \
    "sawt-session"                  /* a requester's session                                      */
#define COOKIE_STAFF "sawt-staff"   /* a staff session                                            */
#define COOKIE_FOLLOW "sawt-follow" /* number and code were proved: one petition, 30 minutes      */
#define COOKIE_DRAFT "sawt-draft"   /* the id of a form that is being filled in, 24 hours         */
#define COOKIE_WROTE "sawt-wrote"   /* something was sent within the last ten seconds             */
#define COOKIE_LANG "sawt-lang"
