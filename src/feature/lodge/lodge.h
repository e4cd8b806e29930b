/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writing a request, one question a page, with a draft on the server; the start page; the receipt. */
#pragma once

#include "core/command.h"
#include "feature/feature.h"

/* What has been answered so far; kept encrypted in the draft under a key from the cookie's id. */
typedef struct LodgeDraft {
    Bytes       hash;       /* of the cookie's id: the row's key */
    Bytes       command_id; /* of the submission that it will be */
    int64_t     version, entity_id, service_id, place_id;
    const char *type, *about, *subject, *text, *wanted, *place_words, *happened, *contact;
    bool        entity_unknown, identity_asked, identity_hidden, files_asked, place_asked;
    const char *answers; /* to the service's fields: canonical JSON, code → value */
} LodgeDraft;

/* The draft of this browser's cookie; NOT_FOUND when there is none or it has expired. */
bool lodge_draft_open(System *sys, DbTx *tx, const char *cookie, LodgeDraft *draft,
                      GError **error) MUST_USE;
/* A new one; `cookie` (43 characters and NUL) goes to the browser. */
bool lodge_draft_new(System *sys, Arena *mem, LodgeDraft *draft, char cookie[44],
                     GError **error) MUST_USE;
/* CONFLICT when another tab saved in between. */
bool lodge_draft_save(System *sys, Arena *mem, const char *cookie, LodgeDraft *draft,
                      GError **error) MUST_USE;

/* The job that deletes what has expired. */
bool lodge_draft_sweep(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error);

extern const Feature        lodge_feature;
extern const DbQuery *const lodge_queries[];
extern const DbTable        lodge_tables[];
