/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is proved about statements before the first request: each can be prepared, has its columns
 * and parameters, names parameters in ascending order, writes the table that it says; and, in
 * tests, reads by an index and sorts no more than a page. */
#pragma once

#include "db/db.h"

#include <stdio.h>

/* Check one statement's text and table without a database: parameters ascending and without gaps,
 * the writing statement names `table`. INTERNAL. */
bool verify_text(const DbQuery *query, GError **error) MUST_USE;

/* Does it insert, and change nothing that is there? Both dialects. */
bool verify_only_inserts(const DbQuery *query);

/* Every plan of the open file: no full scan of a table that is not small, no temporary B-tree
 * unless the query says `.scans`. The first that fails: INTERNAL with its SQL and plan. */
bool db_verify_plans(Db *db, GError **error) MUST_USE;

/* Print what every statement does, its SQL and (with `plans`) its plan, with what is wrong with that, also
 * where `.scans` lets it pass. `dialects`: only those that differ. */
void db_print_queries(Db *db, FILE *out, bool plans, bool dialects);
