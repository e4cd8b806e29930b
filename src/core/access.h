/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rights: deny by default, one table (role × action × relation × state), one function. A route names
 * a permission; a command names an action on a target. tests/rights/actions.csv is written by hand
 * from product.md and is what this table is judged by. */
#pragma once

#include "base/error.h"
#include "core/role.h"

typedef enum {
    PERM_UNSET = 0,
    PERM_PUBLIC,      /* everybody                                             */
    PERM_VISITOR,     /* everybody who is not staff: the citizen's pages       */
    PERM_REQUESTER,   /* a signed-in requester                                 */
    PERM_FOLLOW,      /* a signed-in requester, or number and code were proved */
    PERM_STAFF,       /* any staff account                                     */
    PERM_OFFICER,     /* liaison, head                                         */
    PERM_DIRECTORATE, /* directorate member                                    */
    PERM_UNIT,        /* unit                                                  */
    PERM_OFFICE,      /* liaison, head, unit: who see files and search         */
    PERM_DESK,        /* call-centre agent                                     */
    PERM_ADMIN,       /* administrator                                         */
    PERM_TRIAL,       /* everybody, in trial mode only (NOT_FOUND else)        */
    PERM_COUNT,
} Perm;

const char *access_perm_name(Perm perm);
bool        access_may_enter(const Who *who, Perm perm, bool trial);

typedef enum {
    ACTION_SUBMIT,
    ACTION_ROUTE,
    ACTION_ACCEPT,
    ACTION_CONSULT,
    ACTION_CONSULT_ANSWER,
    ACTION_SET_PERIOD,
    ACTION_RETURN,
    ACTION_UPDATE,
    ACTION_NOTE,
    ACTION_CLOSE,
    ACTION_RATE,
    ACTION_WITHDRAW,
    ACTION_ADD_INFORMATION,
    ACTION_IDENTITY,    /* what follows from whether the requester's identity is verified */
    ACTION_READ,        /* see the file                        */
    ACTION_READ_STATUS, /* see the requester's page of it     */
    ACTION_COUNT,
} Action;

/* "accept", …: also the kind of the event that it writes. */
const char *access_action_name(Action action);

typedef struct {
    int64_t     petition_id;
    int64_t     entity_id;      /* 0: none yet */
    int64_t     directorate_id; /* of the question that is meant; 0: none */
    const char *state, *holder;
    bool        restricted;
    bool        own; /* the requester's own (the vault said so) */
} AccessTarget;

/* NOT_FOUND when `who` may not even know of the target (foreign and absent look alike), FORBIDDEN
 * when it is seen but not theirs to do. States are the rules' matter, not this table's. */
bool
access_require(const Who *who, Action action, const AccessTarget *target, GError **error) MUST_USE;
