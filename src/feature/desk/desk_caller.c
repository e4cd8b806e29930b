/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: the vault's id of a person leaves the server sealed only, and a caller whom this
 * session did not find or register is nobody's. */
#include "feature/desk/desk_caller.h"

#include "feature/account/account.h"
#include "feature/desk/desk.h"

#include "base/text.h"
#include "feature/desk/desk_seal.h"

#include <string.h>

#define COOKIE_CALLER "sawt-caller"
#define CALL_SECONDS (20 * 60)
#define REASON "call"
#define MOST_WITH_ONE_PHONE 8

bool
desk_caller_read(Request *req, DeskCaller *caller)
{
    const char *text =
        desk_seal_read(req->app, req->mem, req->who, "caller", request_cookie(req, COOKIE_CALLER));
    char **lines;

    if (text == NULL)
        return false;
    lines = g_strsplit(text, "\n", 3);
    if (g_strv_length(lines) == 3)
        *caller = (DeskCaller){ .person_id = g_ascii_strtoll(lines[0], NULL, 10),
                                .name = lines[1][0] == '\0' ? NULL : arena_copy(req->mem, lines[1]),
                                .phone = arena_copy(req->mem, lines[2]) };
    else
        text = NULL;
    g_strfreev(lines);
    return text != NULL;
}

/* First and last name: how the agent addresses the caller. */
static const char *
short_name(Arena *mem, const Identity *identity)
{
    if (identity->name[0] == NULL)
        return "";
    return identity->name[3] == NULL
               ? identity->name[0]
               : arena_printf(mem, "%s %s", identity->name[0], identity->name[3]);
}

bool
desk_caller_begin(Request *req, Response *res, int64_t person_id, GError **error)
{
    System     *sys = req->app;
    const char *text;
    Identity    identity;
    Contact     contact;

    if (!vault_reveal(sys->vault, req->mem, req->who, person_id, REASON, &identity, &contact,
                      error))
        return false;
    text = arena_printf(req->mem, "%" G_GINT64_FORMAT "\n%s\n%s", (gint64)person_id,
                        short_name(req->mem, &identity),
                        contact.phone == NULL ? "" : text_phone_shown(req->mem, contact.phone));
    response_cookie(res, COOKIE_CALLER,
                    desk_seal_write(sys, req->mem, req->who, "caller", text, CALL_SECONDS),
                    CALL_SECONDS);
    return true;
}

int64_t
desk_caller_id(Request *req)
{
    DeskCaller caller;

    return desk_caller_read(req, &caller) ? caller.person_id : 0;
}

void
desk_caller_end(Response *res)
{
    response_cookie(res, COOKIE_CALLER, "", -1);
}

/* ---- finding ---- */

static bool
find_by_phone(Request *req, const char *phone, DeskFound *found, int64_t *person_id, GError **error)
{
    System     *sys = req->app;
    VaultPerson persons[MOST_WITH_ONE_PHONE];
    size_t      n = 0;

    if (!vault_find_by_phone(sys->vault, req->mem, req->who, phone, persons, G_N_ELEMENTS(persons),
                             &n, error))
        return false;
    if (n == 0)
        return true;
    *found = n == 1 ? DESK_FOUND_ONE : DESK_FOUND_SEVERAL;
    *person_id = persons[0].id;
    return true;
}

static bool
find_by_document(Request *req, const char *number, const char *type, DeskFound *found,
                 int64_t *person_id, GError **error)
{
    System     *sys = req->app;
    VaultPerson person;
    g_autoptr(GError) cause = NULL;

    if (vault_find_by_document(sys->vault, req->mem, req->who, type, account_document_issuer(type),
                               number, &person, &cause)) {
        *found = DESK_FOUND_ONE;
        *person_id = person.id;
        return true;
    }
    if (error_code(cause) == APP_ERROR_NOT_FOUND)
        return true;
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
desk_caller_find(Request *req, const char *words, const char *document_type, DeskFound *found,
                 int64_t *person_id, GError **error)
{
    const char *phone = text_phone(req->mem, words);

    *found = DESK_FOUND_NOBODY;
    if (phone != NULL && !find_by_phone(req, phone, found, person_id, error))
        return false;
    return *found != DESK_FOUND_NOBODY ||
           find_by_document(req, words, document_type, found, person_id, error);
}
