/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One table of entries with the roles that see them. */
#include "app/nav.h"

#include "messages.h"

#include <string.h>

#define BIT(role) (1u << (role))

static const struct {
    int         label;
    const char *href;
    unsigned    roles;
    bool        trial;
} entries[] = {
    { MSG_NAV_INBOX, "/office", BIT(ROLE_LIAISON) | BIT(ROLE_HEAD), false },
    { MSG_NAV_CLOSED, "/office/closed", BIT(ROLE_LIAISON) | BIT(ROLE_HEAD), false },
    { MSG_NAV_QUESTIONS, "/office/questions", BIT(ROLE_DIRECTORATE), false },
    { MSG_NAV_TRIAGE, "/office/triage", BIT(ROLE_UNIT), false },
    { MSG_NAV_SEARCH, "/office/search", BIT(ROLE_LIAISON) | BIT(ROLE_HEAD) | BIT(ROLE_UNIT),
      false },
    { MSG_NAV_DESK, "/desk", BIT(ROLE_AGENT), false },
    { MSG_NAV_CALLS, "/desk/calls", BIT(ROLE_AGENT), false },
    { MSG_NAV_MINE, "/mine", BIT(ROLE_REQUESTER), false },
    { MSG_NAV_OUTBOX, "/outbox", ~0u, true },
};

/* The longest entry that the path begins with is the present one. */
static void
mark_current(NavItem *items, size_t n, const char *path)
{
    NavItem *best = NULL;

    for (size_t i = 0; i < n; i++)
        if (g_str_has_prefix(path, items[i].href) &&
            (best == NULL || strlen(items[i].href) > strlen(best->href)))
            best = &items[i];
    if (best != NULL)
        best->current = true;
}

void
nav_fill(System *sys, const Request *req, const Who *who, Page *page)
{
    NavItem *items = ARENA_ARRAY(req->mem, NavItem, G_N_ELEMENTS(entries));
    size_t   n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        if ((entries[i].roles & BIT(who->role)) != 0 && (!entries[i].trial || sys->trial))
            items[n++] = (NavItem){ .label = entries[i].label, .href = entries[i].href };
    mark_current(items, n, req->path);
    page->nav = items;
    page->n_nav = n;
    if (who->role != ROLE_NONE)
        page->role = i18n_find_in("role.", role_name(who->role));
    if (who->entity_id != 0)
        page->place =
            reference_label(system_reference(sys), "entity.name", who->entity_id, req->lang);
}
