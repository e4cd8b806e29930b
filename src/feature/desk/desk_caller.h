/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is on the line: found or registered by the agent, sealed in a cookie while the call lasts. Each
 * opening of a person is one look that the vault records. */
#pragma once

#include "core/system.h"
#include "http/request.h"
#include "http/response.h"

typedef struct DeskCaller {
    int64_t     person_id;
    const char *name,
        *phone; /* name NULL: only a telephone is known; phone as it is shown, or "" */
} DeskCaller;

/* The caller of this agent's call, or false. */
bool desk_caller_read(Request *req, DeskCaller *caller);
/* The call begins, or goes on for another while. */
bool desk_caller_begin(Request *req, Response *res, int64_t person_id, GError **error) MUST_USE;
void desk_caller_end(Response *res);

typedef enum {
    DESK_FOUND_NOBODY,
    DESK_FOUND_ONE,
    DESK_FOUND_SEVERAL, /* with one telephone: the document's number decides */
} DeskFound;

/* By telephone, or by the number of a document of `document_type`. Recorded, whatever is found. */
bool desk_caller_find(Request *req, const char *words, const char *document_type, DeskFound *found,
                      int64_t *person_id, GError **error) MUST_USE;
