/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: the statements and tables of one schema, as found by pointer and by name. Built
 * once by db_open, read by every thread. */
#pragma once

#include "db/db.h"
#include "db/plan.h"

/* What the migrator writes about itself; machinery of every schema without being listed. */
#define CATALOG_MIGRATION_TABLE "schema_migration"
/* PostgreSQL: the leased numbers of the processes that have the store open. */
#define CATALOG_NODE_TABLE "schema_node"

typedef struct {
    const DbQuery *query;
    const DbTable *table;    /* what it writes; NULL: it reads */
    size_t         n_params; /* known once it was prepared */
    size_t         index;
} Statement;

typedef struct {
    const DbSchema *schema;
    Statement      *statements;
    size_t          n_statements;
    uint32_t       *slots; /* open addressing by pointer: index + 1, 0 is empty */
    size_t          n_slots;
} Catalog;

/* Check the text of every query and that its table is listed. INTERNAL. */
bool catalog_init(Catalog *catalog, const DbSchema *schema, GError **error) MUST_USE;
void catalog_clear(Catalog *catalog);

/* NULL when the query stands in no list. */
const Statement *catalog_find(const Catalog *catalog, const DbQuery *query);
/* NULL when no list names the table. */
const DbTable *catalog_table(const Catalog *catalog, const char *name);

/* Known statements, right number of parameters, and an event with every change of a case or
 * reference table. INTERNAL. */
bool catalog_check_plan(const Catalog *catalog, const WritePlan *plan, GError **error) MUST_USE;

/* Do the names that the engine gives to a statement's columns stand where the fields stand? Only a
 * name that is another field's is wrong. INTERNAL. */
bool catalog_check_order(const DbQuery *query, const char *const *names, GError **error) MUST_USE;

/* Are the tables that were found, which is emptied, those that are listed? INTERNAL. */
bool catalog_check_tables(const DbSchema *schema, GHashTable *found, GError **error) MUST_USE;
/* Does every statement that writes the event table only insert? SQLite is asked itself. INTERNAL. */
bool catalog_check_events(const Catalog *catalog, GError **error) MUST_USE;
