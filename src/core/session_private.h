/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to session.c and session_account.c. */
#pragma once

#include "core/session.h"

enum { SESSION_PASSWORD_LEAST = 15, SESSION_TOTP_SIZE = 20 };

/* The enabled account with this login or id. */
bool session_account_by_login(DbTx *tx, const char *login, Account *out, bool *found,
                              GError **error) MUST_USE;
bool
session_account_by_id(DbTx *tx, int64_t id, Account *out, bool *found, GError **error) MUST_USE;
/* As logins are kept: trimmed, lower case. */
char *session_login(Arena *mem, const char *login);
/* The second factor of an account into 20 bytes. INTERNAL. */
bool session_totp_open(System *sys, const Account *account, uint8_t out[SESSION_TOTP_SIZE],
                       GError **error) MUST_USE;

/* The last used step of an account; 0 when there is none. */
bool session_step(DbTx *tx, int64_t account_id, int64_t *step, GError **error) MUST_USE;
/* Use a step: `before` is what session_step said. */
void session_use_step(WritePlan *plan, int64_t account_id, int64_t before, int64_t step);

extern const DbQuery session_account_login_query, session_account_id_query,
    session_account_count_query, session_account_insert_query, session_account_setup_query,
    session_account_disable_query, session_account_end_query, session_link_insert_query,
    session_link_query, session_link_delete_query;
