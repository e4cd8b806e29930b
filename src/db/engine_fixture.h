/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests on both engines: each is run once for SQLite and once for PostgreSQL, with the server
 * whose address is in SAWT_TEST_PG (tools/pg_server.py starts one); without it the second is skipped.
 * A store on PostgreSQL is a schema that is dropped again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Add the test for both engines: PATH/sqlite and PATH/pg. */
void engine_fixture_add(const char *path, void (*test)(void));
/* Like g_test_add, for both engines: `up` and `down` see which one it is, too. */
#define ENGINE_FIXTURE_ADD(path, T, data, up, test, down)                                          \
    engine_fixture_add_with((path), sizeof(T), (data), (EngineFixtureFunc)(void (*)(void))(up),    \
                            (EngineFixtureFunc)(void (*)(void))(test),                             \
                            (EngineFixtureFunc)(void (*)(void))(down))
typedef void (*EngineFixtureFunc)(void *fixture, const void *data);
void engine_fixture_add_with(const char *path, size_t size, const void *data, EngineFixtureFunc up,
                             EngineFixtureFunc test, EngineFixtureFunc down);
/* For PostgreSQL only. */
void engine_fixture_add_pg(const char *path, void (*test)(void));
/* Which engine is this run for? */
bool engine_fixture_is_pg(void);

/* Does the message hold the words, in any case? "SQLite's|PostgreSQL's" where the two differ. */
bool engine_fixture_says(const char *message, const char *words);

/* The address of a new, empty schema. */
char *engine_fixture_schema(void);
/* From now on: of a role that may do nothing to the server, in a database without RUM. */
void engine_fixture_as_plain(bool plain);
/* Drop it and free the address. */
void engine_fixture_drop(char *url);
/* SQL behind the layer's back; the first column of the first row as text, "" when there is none.
 * Free it. */
char *engine_fixture_sql(const char *url, const char *sql);
/* SQL that the server must refuse; what it says. Free it. */
char *engine_fixture_refused(const char *url, const char *sql);
