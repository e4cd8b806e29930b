/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which statements and tables exist, and the rule that a change of a case or reference table
 * carries an event. Plans are checked here, on the thread that made them, so that a wrong plan
 * never costs the writer a batch. */
#include "db/catalog.h"

#include "db/verify.h"

#include <string.h>

static size_t
hash_pointer(const void *pointer)
{
    return (size_t)(((uint64_t)(uintptr_t)pointer * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* The slot that holds `query`, or the empty one where it belongs. */
static size_t
find_slot(const Catalog *catalog, const DbQuery *query)
{
    size_t slot = hash_pointer(query) & (catalog->n_slots - 1);

    while (catalog->slots[slot] != 0 &&
           catalog->statements[catalog->slots[slot] - 1].query != query)
        slot = (slot + 1) & (catalog->n_slots - 1);
    return slot;
}

static bool
add_query(Catalog *catalog, const DbQuery *query, GError **error)
{
    size_t slot = find_slot(catalog, query);

    if (catalog->slots[slot] != 0)
        return true;

    if (!verify_text(query, error))
        return false;

    const DbTable *table = query->table == NULL ? NULL : catalog_table(catalog, query->table);
    if (query->table != NULL && table == NULL)
        return fail(error, APP_ERROR_INTERNAL,
                    "no list of tables names %s, which is written by: %s", query->table,
                    query->sql);

    size_t index = catalog->n_statements++;
    catalog->statements[index] = (Statement){ .query = query, .table = table, .index = index };
    catalog->slots[slot] = (uint32_t)(index + 1);
    return true;
}

static bool
check_tables(const DbSchema *schema, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (const DbTable *const *list = schema->tables; *list != NULL; list++) {
        for (const DbTable *table = *list; table->name != NULL; table++) {
            if (table->table_class < DB_TABLE_CASE || table->table_class > DB_TABLE_MACHINERY)
                return fail(error, APP_ERROR_INTERNAL, "table %s has no class", table->name);
            if (!g_hash_table_add(seen, (gpointer)table->name))
                return fail(error, APP_ERROR_INTERNAL, "table %s is listed twice", table->name);
        }
    }

    if (schema->event_table != NULL && !g_hash_table_contains(seen, schema->event_table))
        return fail(error, APP_ERROR_INTERNAL, "no list of tables names the event table %s",
                    schema->event_table);
    return true;
}

bool
catalog_init(Catalog *catalog, const DbSchema *schema, GError **error)
{
    size_t most = 0;

    *catalog = (Catalog){ .schema = schema, .n_slots = 16 };
    if (!check_tables(schema, error))
        return false;

    for (const DbQuery *const *const *list = schema->queries; *list != NULL; list++)
        for (const DbQuery *const *query = *list; *query != NULL; query++)
            most++;
    while (catalog->n_slots < most * 2)
        catalog->n_slots *= 2;
    catalog->slots = g_new0(uint32_t, catalog->n_slots);
    catalog->statements = g_new0(Statement, MAX(most, 1));

    for (const DbQuery *const *const *list = schema->queries; *list != NULL; list++)
        for (const DbQuery *const *query = *list; *query != NULL; query++)
            if (!add_query(catalog, *query, error))
                return false;
    return true;
}

void
catalog_clear(Catalog *catalog)
{
    g_clear_pointer(&catalog->slots, g_free);
    g_clear_pointer(&catalog->statements, g_free);
}

const Statement *
catalog_find(const Catalog *catalog, const DbQuery *query)
{
    uint32_t found = catalog->slots[find_slot(catalog, query)];

    return found == 0 ? NULL : &catalog->statements[found - 1];
}

const DbTable *
catalog_table(const Catalog *catalog, const char *name)
{
    for (const DbTable *const *list = catalog->schema->tables; *list != NULL; list++)
        for (const DbTable *table = *list; table->name != NULL; table++)
            if (g_str_equal(table->name, name))
                return table;
    return NULL;
}

static bool
check_step(const Catalog *catalog, const PlanStep *step, const DbTable **table, GError **error)
{
    const Statement *statement = catalog_find(catalog, step->query);

    if (statement == NULL)
        return fail(error, APP_ERROR_INTERNAL, "no list of queries of %s names: %s",
                    catalog->schema->name, step->query->sql);
    if (statement->table == NULL)
        return fail(error, APP_ERROR_INTERNAL, "a plan cannot read: %s", step->query->sql);
    if (statement->n_params != step->n_params)
        return fail(error, APP_ERROR_INTERNAL, "%zu parameters were given, not %zu: %s",
                    step->n_params, statement->n_params, step->query->sql);

    *table = statement->table;
    return true;
}

static bool
check_witness(const Catalog *catalog, const PlanStep *witness, GError **error)
{
    const Statement *statement = catalog_find(catalog, witness->query);

    return (statement != NULL && statement->table == NULL &&
            statement->n_params == witness->n_params) ||
           fail(error, APP_ERROR_INTERNAL, "no query of %s that could be a witness: %s",
                catalog->schema->name, witness->query->sql);
}

bool
catalog_check_plan(const Catalog *catalog, const WritePlan *plan, GError **error)
{
    const char *event_table = catalog->schema->event_table;
    const char *changed = NULL;
    bool        has_event = false;

    for (size_t i = 0; i < plan->n_steps; i++) {
        const DbTable *table;

        if (!check_step(catalog, &plan->steps[i], &table, error))
            return false;
        if (g_strcmp0(table->name, event_table) == 0)
            has_event = has_event || plan->steps[i].one;
        else if (table->table_class != DB_TABLE_MACHINERY && !plan->steps[i].query->folds)
            changed = table->name;
    }

    if (changed != NULL && !has_event)
        return fail(error, APP_ERROR_INTERNAL, "a change of %s without an event was refused",
                    changed);
    return plan->witness.query == NULL || check_witness(catalog, &plan->witness, error);
}

/* Two fields whose columns stand in each other's place: the compiler cannot see that. */
bool
catalog_check_order(const DbQuery *query, const char *const *names, GError **error)
{
    for (size_t i = 0; i < query->n_columns; i++) {
        if (g_strcmp0(names[i], query->columns[i].name) == 0)
            continue;
        for (size_t j = 0; j < query->n_columns; j++)
            if (g_strcmp0(names[i], query->columns[j].name) == 0 &&
                g_strcmp0(names[j], query->columns[j].name) != 0)
                return fail(error, APP_ERROR_INTERNAL, "column %zu is %s, the field is %s: %s",
                            i + 1, names[i], query->columns[i].name, query->sql);
    }
    return true;
}

bool
catalog_check_tables(const DbSchema *schema, GHashTable *found, GError **error)
{
    for (const DbTable *const *list = schema->tables; *list != NULL; list++)
        for (const DbTable *table = *list; table->name != NULL; table++)
            if (!g_hash_table_remove(found, table->name))
                return fail(error, APP_ERROR_INTERNAL, "%s has no table %s, which is listed",
                            schema->name, table->name);

    GHashTableIter iter;
    gpointer       name;
    g_hash_table_iter_init(&iter, found);
    if (g_hash_table_iter_next(&iter, &name, NULL))
        return fail(error, APP_ERROR_INTERNAL, "no list of tables names %s of %s",
                    (const char *)name, schema->name);
    return true;
}

bool
catalog_check_events(const Catalog *catalog, GError **error)
{
    for (size_t i = 0; i < catalog->n_statements; i++) {
        const Statement *statement = &catalog->statements[i];

        if (statement->table != NULL &&
            g_strcmp0(statement->table->name, catalog->schema->event_table) == 0 &&
            !verify_only_inserts(statement->query))
            return fail(error, APP_ERROR_INTERNAL, "events are never changed, not authorized: %s",
                        statement->query->sql);
    }
    return true;
}
