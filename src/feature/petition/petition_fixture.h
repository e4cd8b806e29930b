/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For this feature's tests: a store with two entities at work, who works there, and two requesters. */
#pragma once

#include "core/core_fixture.h"
#include "feature/petition/petition.h"

enum {
    WATER = 1, /* entities */
    ROADS = 2,
    GONE = 3,         /* retired */
    WATER_LEAKS = 11, /* services; with days of its own and fields */
    WATER_GONE = 12,  /* retired */
    ROADS_LIGHTS = 21,
    WATER_PIPES = 101, /* directorates */
    WATER_METERS = 102,
    WATER_OLD = 103, /* retired */
    ROADS_LAMPS = 201,
    CAPITAL = 1001, /* a place */
};

typedef struct PetitionFixture {
    CoreFixture *core;
    System      *sys;
    Arena       *mem;
    Who          requester, stranger, agent, counter, liaison, head, unit, pipes, meters;
    Who          roads_liaison, roads_head, lamps;
    int64_t      unproved; /* a person with a proved mobile only */
    int64_t      provisional;
} PetitionFixture;

/* `listeners` may be NULL. */
PetitionFixture *petition_fixture_new(const EventListener *listeners);
void             petition_fixture_free(PetitionFixture *fixture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PetitionFixture, petition_fixture_free)

/* By `who`, now, with a fresh command id. */
CommandContext petition_fixture_by(PetitionFixture *fixture, const Who *who);
/* A complaint of the requester about a leak, for WATER. */
PetitionSubmit petition_fixture_complaint(const PetitionFixture *fixture);
/* Submit by the requester, or fail the test. */
PetitionReceipt petition_fixture_submit(PetitionFixture *fixture, const PetitionSubmit *cmd);
PetitionTarget  petition_fixture_on(const PetitionReceipt *receipt);
PetitionTarget  petition_fixture_own(const PetitionReceipt *receipt);
Petition        petition_fixture_read(PetitionFixture *fixture, int64_t number);
/* The number that a statement gives, read beside the data layer. */
int64_t petition_fixture_count(PetitionFixture *fixture, const char *sql);
/* Change something beside the data layer. */
void petition_fixture_execute(PetitionFixture *fixture, const char *sql);
void petition_fixture_wait(PetitionFixture *fixture, int64_t microseconds);
/* The instant of "2026-04-15 10:00" in Amman. */
AppTime petition_fixture_time(const PetitionFixture *fixture, const char *text);
