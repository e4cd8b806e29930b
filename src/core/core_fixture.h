/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of core and of features: a System over a store of its own in a directory that is removed
 * again, with vault, ids and a clock that stands at a Wednesday forenoon until it is moved. */
#pragma once

#include "core/event.h"
#include "core/job.h"
#include "core/outbox.h"
#include "core/session.h"
#include "core/token.h"
#include "db/engine_fixture.h"

/* 2026-04-15 10:00 in Amman. */
#define CORE_FIXTURE_NOW ((AppTime)1776236400 * SECONDS)

typedef struct {
    const DbQuery *const *queries; /* of the test, or NULL */
    const DbTable *tables; /* classes of the petition's tables; NULL: as they are known here */
    const EventListener *listeners; /* NULL-terminated, or NULL */
    Bytes                root;      /* the vault's root key, 32 bytes; {NULL, 0}: some */
    bool                 no_vault;  /* for tests that need no key */
} CoreFixtureOptions;

typedef struct {
    System                sys;
    Arena                *mem;
    Clock                *clock; /* sys.clock, to be moved */
    Zone                 *zone;

    char                 *directory;
    char                 *case_url, *vault_url; /* in a run for PostgreSQL (db/engine_fixture.h) */
    Secret               *root;
    DbSchema              schema;
    const DbTable        *tables[16];
    const DbQuery *const *queries[16];
} CoreFixture;

/* Opened, or the test fails. `options` may be NULL. The reference data is empty. */
CoreFixture *core_fixture_new(const CoreFixtureOptions *options);
void         core_fixture_free(CoreFixture *fixture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CoreFixture, core_fixture_free)

/* How the fixture opens a store, for a test that opens it again. */
DbOptions core_fixture_db_options(CoreFixture *fixture, const DbSchema *schema);
/* A context for command_run: by the system, now, with a fresh command id. */
CommandContext core_fixture_context(CoreFixture *fixture, Arena *mem);
/* Remove a directory and what is in it. */
void core_fixture_remove(const char *directory);
