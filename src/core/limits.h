/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How often: one row for each kind of request. A signed-in person counts by session, everybody else by
 * address. A place in this list is what a route names; the gate takes from the bucket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    LIMIT_NONE = 0,
    LIMIT_PAGE,    /* steps of a form: cheap, often        */
    LIMIT_FIND,    /* type-ahead                           */
    LIMIT_SUBMIT,  /* a petition                           */
    LIMIT_ACT,     /* any act on a petition                */
    LIMIT_CODE,    /* sending a one-time code              */
    LIMIT_PROVE,   /* trying a code, a number, a document  */
    LIMIT_SIGN_IN, /* trying a password                    */
    LIMIT_UPLOAD,
    LIMIT_COUNT,
} Limit;

typedef struct {
    const char *name;
    int64_t     burst;      /* at once, after a pause */
    int64_t     per_minute; /* in the long run        */
    bool        exact; /* where something can be guessed: several nodes count as one, each time */
} LimitRule;

extern const LimitRule limits_rules[LIMIT_COUNT];
