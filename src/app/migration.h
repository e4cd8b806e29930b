/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bringing a store to the program's schema. With SQLite, and in trial mode, whoever opens the store does
 * it; in production on PostgreSQL only `sawt migrate`: nodes are started and stopped by a supervisor at
 * any moment, the schema changes when somebody decides it. */
#pragma once

#include "app/config.h"
#include "db/db.h"

/* Does whoever opens the store migrate it? */
bool migration_is_implied(const Config *config);
/* How the case's or the vault's database is opened. */
DbOptions migration_options(const Config *config, const DbSchema *schema);
/* `sawt migrate`; the exit code. */
int migration_run(const Config *config, FILE *out);
