/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Registering: compare with the registry, then put into the vault. What a stranger could learn from
 * the answers is kept to one sentence: the data do not match the card. */
#include "feature/account/account.h"

#include "core/cookie.h"
#include "core/session.h"
#include "feature/account/account_pages.h"
#include "feature/account/account_phone.h"
#include "messages.h"

#include <string.h>

#define SESSION_SECONDS (24 * 3600)

const char *
account_document_issuer(const char *type)
{
    if (strcmp(type, "unhcr") == 0)
        return "UNHCR";
    return strcmp(type, "foreign_passport") == 0 ? "XX" : "JO";
}

static const char *
iso_date(Arena *mem, int64_t day)
{
    GDateTime *epoch = g_date_time_new_utc(1970, 1, 1, 0, 0, 0);
    GDateTime *date = g_date_time_add_days(epoch, (int)day);
    char      *text = g_date_time_format(date, "%Y-%m-%d");
    char      *copy = arena_copy(mem, text);

    g_free(text);
    g_date_time_unref(date);
    g_date_time_unref(epoch);
    return copy;
}

static Identity
identity_of(Arena *mem, const AccountIdentity *form)
{
    return (Identity){ .document_type = form->document_type,
                       .document_issuer = account_document_issuer(form->document_type),
                       .document_number = form->document_number,
                       .name = { form->name1, form->name2, form->name3, form->name4 },
                       .birth_date = iso_date(mem, form->birth_date) };
}

/* Without a registry that answers a person goes on as provisional. */
static bool
verify(System *sys, Arena *mem, const Identity *identity, VaultVerification *found, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (registry_verify(sys, mem, identity, found, &cause))
        return true;
    if (error_code(cause) == APP_ERROR_BUSY) {
        *found = VAULT_PROVISIONAL;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
account_register(System *sys, Arena *mem, const Who *by, Form *form, Bytes command_id,
                 int64_t *person_id, GError **error)
{
    const AccountIdentity *data = form->values;
    Identity               identity = identity_of(mem, data);
    Contact       contact = { .phone = data->phone, .email = data->email, .place = data->place };
    VaultRegister cmd = { .identity = &identity,
                          .contact = &contact,
                          .lang = by->lang,
                          .by = by,
                          .command_id = command_id };
    VaultPerson   person;
    g_autoptr(GError) cause = NULL;

    if (!verify(sys, mem, &identity, &cmd.verification, error))
        return false;
    if (cmd.verification == VAULT_MISMATCH || cmd.verification == VAULT_UNKNOWN) {
        form_mistake(form, "", MSG_ACCOUNT_MISMATCH, NULL, NULL);
        return fail(error, APP_ERROR_INVALID, "the identity does not match the registry");
    }
    if (vault_register(sys->vault, mem, &cmd, &person, &cause)) {
        *person_id = person.id;
        return true;
    }
    if (error_code(cause) == APP_ERROR_CONFLICT)
        form_mistake(form, "", MSG_ACCOUNT_OTHER_PHONE, NULL, NULL);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

void
account_keep_session(Response *res, const char *token)
{
    response_cookie(res, COOKIE_SESSION, token, SESSION_SECONDS);
    response_cookie(res, ACCOUNT_PHONE_COOKIE, "", -1);
}

bool
account_begin_session(System *sys, Arena *mem, int64_t person_id, Response *res, GError **error)
{
    char token[44];

    if (!vault_session_new(sys->vault, mem, person_id, token, error))
        return false;
    account_keep_session(res, token);
    return true;
}

static bool
sweep(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    int64_t n;

    (void)now, (void)again;
    return vault_sweep(sys->vault, mem, &n, error) && session_sweep(sys, mem, &n, error);
}

/* When sessions were last used, so that a restart does not end those in use. */
static bool
keep_seen(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    (void)now, (void)again;
    return session_flush_seen(sys, mem, error) && vault_flush_hints(sys->vault, mem, error);
}

static const JobSpec jobs[] = {
    { .name = "account.sweep", .every = 10 * MINUTES, .run = sweep },
    { .name = "account.seen", .every = 5 * MINUTES, .run = keep_seen, .each = true },
    { .name = NULL },
};

const Feature account_feature = { .name = "account", .routes = account_routes, .jobs = jobs };
