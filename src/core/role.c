/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/role.h"

#include <glib.h>
#include <string.h>

static const char *const names[ROLE_COUNT] = {
    [ROLE_NONE] = "",           [ROLE_REQUESTER] = "requester", [ROLE_AGENT] = "agent",
    [ROLE_COUNTER] = "counter", [ROLE_LIAISON] = "liaison",     [ROLE_DIRECTORATE] = "directorate",
    [ROLE_HEAD] = "head",       [ROLE_UNIT] = "unit",           [ROLE_ANALYST] = "analyst",
    [ROLE_PANEL] = "panel",     [ROLE_PREMIER] = "premier",     [ROLE_ADMIN] = "admin",
    [ROLE_AUDITOR] = "auditor", [ROLE_SYSTEM] = "system",
};

const char *
role_name(Role role)
{
    g_assert((unsigned)role < ROLE_COUNT);
    return names[role];
}

bool
role_parse(const char *name, Role *role)
{
    if (name == NULL || name[0] == '\0')
        return false;

    for (Role i = ROLE_NONE; i < ROLE_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *role = i;
            return true;
        }
    return false;
}
