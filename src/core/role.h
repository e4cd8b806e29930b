/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who acts: the roles of product.md and the one struct that says who is asking. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    ROLE_NONE, /* a visitor */
    ROLE_REQUESTER,
    ROLE_AGENT,
    ROLE_COUNTER,
    ROLE_LIAISON,
    ROLE_DIRECTORATE,
    ROLE_HEAD,
    ROLE_UNIT,
    ROLE_ANALYST,
    ROLE_PANEL,
    ROLE_PREMIER,
    ROLE_ADMIN,
    ROLE_AUDITOR,
    ROLE_SYSTEM,
    ROLE_COUNT,
} Role;

/* "liaison", …; "" for NONE. */
const char *role_name(Role role);
/* False when there is no such role. */
bool role_parse(const char *name, Role *role);

typedef struct Who {
    Role    role;
    int64_t account_id; /* staff */
    int64_t person_id;  /* a requester: id in the vault; never leaves it but for the caller's own */
    int64_t caller_id;  /* an agent: whom they have on the line, likewise; 0: nobody */
    int64_t entity_id;  /* liaison, head, directorate member */
    int64_t directorate_id; /* directorate member */
    int64_t petition_id;    /* a visitor who proved number and code: this one only */
    const char *name;       /* staff: how the office calls them */
    const char *lang;
    Bytes       visitor; /* the browser's random visitor id (32 bytes) */
    bool        wrote;   /* this browser sent something within the last ten seconds */
    Bytes       session; /* hash of the session's token; {NULL,0} without one */
} Who;
