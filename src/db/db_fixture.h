/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For the tests of db: a small schema with one table of each class, its statements, and stores in
 * directories that are removed again. */
#pragma once

#include "db/db.h"
#include "db/engine_fixture.h"
#include "db/migrate.h"

typedef struct {
    int64_t     id, version, number;
    const char *title, *state;
    int64_t     entity_id;
    double      score;
    bool        urgent;
    Bytes       brief;
} Petition;

typedef struct {
    int64_t n;
} Count;

extern const DbQuery db_fixture_insert_event;
extern const DbQuery db_fixture_insert_petition;
extern const DbQuery db_fixture_change_state;    /* $1 version, $2 state, $3 id, $4 old version */
extern const DbQuery db_fixture_insert_entity;   /* id, name */
extern const DbQuery db_fixture_rename_entities; /* any number of rows */
extern const DbQuery db_fixture_put_session;     /* token, seen_at: upsert */
extern const DbQuery db_fixture_drop_session;
extern const DbQuery db_fixture_index_petition; /* rowid, tokens */
extern const DbQuery db_fixture_unindex_petition;

extern const DbQuery db_fixture_by_number;
extern const DbQuery db_fixture_by_entity; /* entity, limit */
extern const DbQuery db_fixture_count_petitions;
extern const DbQuery db_fixture_count_events;
extern const DbQuery db_fixture_count_sessions;
extern const DbQuery db_fixture_event_ids; /* all, ascending */
extern const DbQuery db_fixture_event_by_id;
extern const DbQuery db_fixture_search; /* match, limit */
extern const DbQuery db_fixture_slow;   /* counts to $1 */

extern const DbTable db_fixture_tables[];
extern const DbQuery *const db_fixture_queries[];
extern const DbMigration    db_fixture_migrations[];
extern const DbSchema       db_fixture_schema;

/* A new directory; `below` NULL: where temporary files go. In a run for PostgreSQL the address of a new
 * schema, which stands for a directory in all of these. */
char *db_fixture_directory(const char *below);
void  db_fixture_remove(char *directory);
/* The fixture's schema, three readers. */
DbOptions db_fixture_options(const char *directory);
/* Migrate and open, or fail the test. */
Db *db_fixture_open(const char *directory);
/* With readers that are waited for and held a second only. */
Db *db_fixture_open_short(const char *directory);
Db *db_fixture_open_with(const DbOptions *options);
/* `directory`/case.db */
char *db_fixture_file(const char *directory);

/* Event and petition with this id, number = id. */
WritePlan *db_fixture_submission(Arena *mem, int64_t id);
/* The plan of a change from `version` to the next. */
WritePlan *db_fixture_change(Arena *mem, int64_t id, int64_t version, const char *state);
int64_t    db_fixture_count(Db *db, const DbQuery *query);
/* Applied, or fail the test. */
void db_fixture_submit(Db *db, int64_t id);

/* Run SQL on a file behind the layer's back. */
void db_fixture_sql(const char *path, const char *sql);
