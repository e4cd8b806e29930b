/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Staff accounts and sessions, CSRF tokens, and the visitor's id. Sessions of staff lie in the case,
 * those of requesters in the vault. */
#pragma once

#include "core/command.h"

typedef struct Account {
    int64_t     id, version, entity_id, directorate_id, disabled_at;
    const char *login, *role, *name, *password;
    Bytes       totp;
} Account;

typedef struct {
    const char *login, *name;
    Role        role;
    int64_t     entity_id, directorate_id;
    const char *password; /* NULL: by a one-time link */
    Bytes       totp;     /* 20 bytes, or {NULL,0} */
} AccountNew;

typedef struct {
    int64_t     id;
    const char *link_token; /* for accounts without a password: 43 characters, valid 24 h */
} AccountMade;

/* By an administrator or the system; else FORBIDDEN. INVALID: login taken, password under 15
 * characters or without second factor, entity or directorate that does not go with the role. */
bool session_account_new(const CommandContext *context, const AccountNew *cmd, AccountMade *made,
                         GError **error) MUST_USE;
/* How many accounts there are: a store without one is new. */
bool session_count_accounts(System *sys, Arena *mem, int64_t *n, GError **error) MUST_USE;
/* No sign-in any more, and its sessions are gone. NOT_FOUND. Disabled already: nothing happens. */
bool
session_account_disable(const CommandContext *context, int64_t account_id, GError **error) MUST_USE;
/* Who the link belongs to; NOT_FOUND. Does not use it up. */
bool session_setup_account(System *sys, Arena *mem, const char *link_token, Account *out,
                           GError **error) MUST_USE;
/* Set password and second factor by the link, which is used up. INVALID when `digits` are wrong. */
bool session_setup(System *sys, Arena *mem, const char *link_token, const char *password,
                   Bytes totp, const char *digits, GError **error) MUST_USE;

/* Password and second factor. UNAUTHENTICATED (same time, same answer whatever is wrong), BUSY. A
 * used TOTP step is refused. `token` (43 characters and NUL) goes to the cookie. */
bool session_sign_in(System *sys, Arena *mem, const char *login, const char *password,
                     const char *digits, char token[44], GError **error) MUST_USE;
/* Idle 30 minutes, absolute 12 h; `seen_at` is written at most every 5 minutes, by a job. Fills the
 * staff fields of `who`. NOT_FOUND. */
bool session_staff(System *sys, DbTx *tx, const char *token, Who *who, GError **error) MUST_USE;
bool session_end(System *sys, Arena *mem, Bytes hash, GError **error) MUST_USE;
/* For jobs, each minute or so: write when sessions (staff's and requesters') were last used; delete
 * what has expired in the case (vault_sweep does the vault's), and how many. */
bool session_flush_seen(System *sys, Arena *mem, GError **error) MUST_USE;
bool session_sweep(System *sys, Arena *mem, int64_t *n, GError **error) MUST_USE;

/* A token for the forms of this session (or, without one, of the visitor), another each time. "" and
 * never right when `who` has neither. */
char *session_csrf(System *sys, Arena *mem, const Who *who);
bool  session_csrf_is_right(System *sys, const Who *who, const char *token);

/* "follow" cookie: one petition, 30 minutes, sealed. */
char *session_follow_cookie(System *sys, Arena *mem, int64_t petition_id);
bool  session_follow_read(System *sys, Arena *mem, const char *cookie, int64_t *petition_id);

extern const DbQuery *const session_queries[];
extern const DbTable        session_tables[];
