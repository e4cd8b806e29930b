/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Registration and signing in. Requesters: identity as on the card, a mobile proved by a one-time
 * code, a password when they want one. Staff: password and second factor. */
#pragma once

#include "feature/feature.h"

#include "http/form.h"

/* The questions of a registration, also asked by the telephone desk. */
typedef struct AccountIdentity {
    const char *document_type, *document_number, *name1, *name2, *name3, *name4, *phone, *email,
        *place, *next;
    int64_t birth_date; /* days since 1970 */
} AccountIdentity;

extern const FormSpec account_identity_form;

/* Who issues a kind of document, as the vault is asked: JO, UNHCR, XX for a foreign country. */
const char *account_document_issuer(const char *type);

/* Register who stands in the form: compare with the registry, put into the vault. The person's id. A
 * mismatch, or a document that is another telephone's, is a mistake of the form (INVALID). */
bool account_register(System *sys, Arena *mem, const Who *by, Form *form, Bytes command_id,
                      int64_t *person_id, GError **error) MUST_USE;

/* Set the cookie of a session that was begun. */
void account_keep_session(Response *res, const char *token);
/* Begin a session for a person and set its cookie. */
bool account_begin_session(System *sys, Arena *mem, int64_t person_id, Response *res,
                           GError **error) MUST_USE;

extern const Feature account_feature;
