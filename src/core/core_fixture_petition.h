/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For core's own tests: the smallest feature that writes petitions, by commands as features do. */
#pragma once

#include "core/core_fixture.h"

extern const DbQuery *const core_fixture_petition_queries[];

typedef struct {
    const char *subject; /* the content */
    const char *payload; /* or NULL */
    AppTime     at;
} FixtureSubmit;

typedef struct {
    int64_t petition_id, event_id;
    int     prepared; /* how often prepare ran */
} FixtureSubmitted;

/* A repeat of the same command id gives the first petition. */
bool core_fixture_petition_submit(Prepare *prepare, const void *cmd, void *result, GError **error);

typedef struct {
    int64_t     petition_id;
    const char *from, *to; /* states; CONFLICT when it is not `from` any more */
    /* Called between reading and the end of prepare, when set. */
    void (*pause)(void *data);
    void *data;
} FixtureMove;

/* `result`: an int, how often prepare ran. */
bool core_fixture_petition_move(Prepare *prepare, const void *cmd, void *result, GError **error);

typedef struct {
    int64_t     id, version;
    const char *state;
} FixturePetition;

/* Fails the test when there is none. */
FixturePetition core_fixture_petition_read(CoreFixture *fixture, Arena *mem, int64_t id);
int64_t         core_fixture_petition_count(CoreFixture *fixture);
int64_t         core_fixture_petition_events(CoreFixture *fixture);

typedef struct {
    int64_t     day, entity_id, place_id, n;
    const char *type, *kind;
} FixtureAggregate;

size_t core_fixture_petition_aggregates(CoreFixture *fixture, Arena *mem, FixtureAggregate **rows);
