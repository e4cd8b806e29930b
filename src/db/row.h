/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: the engine's current row into a C struct. */
#pragma once

#include "db/db.h"

#include <sqlite3.h>

/* Fill the struct at `out`, which is zeroed. Texts and bytes are copied into `mem`; with NULL they
 * are borrowed until the next step. INTERNAL when a column is NULL or of another type than its
 * field. */
bool row_decode(const DbQuery *query, sqlite3_stmt *prepared, Arena *mem, void *out,
                GError **error) MUST_USE;
