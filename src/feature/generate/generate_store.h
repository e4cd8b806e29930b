/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what a run reads beside the commands. */
#pragma once

#include "db/db.h"

/* The newest question about a petition; NOT_FOUND. */
bool generate_store_question(DbTx *tx, int64_t petition_id, int64_t *id, GError **error) MUST_USE;
bool generate_store_account(DbTx *tx, const char *login, int64_t *id, bool *found,
                            GError **error) MUST_USE;
