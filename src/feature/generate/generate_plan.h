/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what becomes of each request, drawn from the seed and its place among all. Pure: no
 * store, no clock; the same for every run. */
#pragma once

#include "feature/generate/generate_texts.h"
#include "feature/generate/generate_times.h"
#include "feature/petition/petition.h"

typedef enum {
    GENERATE_SUBMIT,
    GENERATE_ROUTE,
    GENERATE_ACCEPT,
    GENERATE_CONSULT,
    GENERATE_CONSULT_ANSWER,
    GENERATE_SET_PERIOD,
    GENERATE_RETURN,
    GENERATE_UPDATE,
    GENERATE_NOTE,
    GENERATE_ADD_INFORMATION,
    GENERATE_CLOSE,
    GENERATE_RATE,
    GENERATE_WITHDRAW,
    GENERATE_KINDS,
} GenerateKind;

/* As events name them. */
extern const char *const generate_kind_names[GENERATE_KINDS];

typedef struct {
    GenerateKind kind;
    AppTime      at;
    Role         role;           /* who does it */
    int64_t      entity_id;      /* theirs; of a route: the next one */
    int64_t      service_id;     /* of a route */
    int64_t      directorate_id; /* that is asked, or answers */
    int64_t      number;         /* a day, days or stars */
    const char  *text, *code;
} GenerateAct;

enum { GENERATE_ACTS_MOST = 16 };

typedef struct {
    int64_t        index, person; /* places among all of the run */
    AppTime        at;
    Role           role;   /* who enters it */
    PetitionSubmit submit; /* but for the person's id */
    GenerateAct    acts[GENERATE_ACTS_MOST];
    size_t         n_acts; /* in order of time */
} GenerateRequest;

/* Requests come in blocks: a block is one stretch of time. A lane plays every GENERATE_LANES-th block, and
 * its persons write in its blocks only, so that two lanes never add to the same person at once. */
enum {
    GENERATE_BLOCK = 1024,
    GENERATE_LANES = 4,
    GENERATE_NEWCOMERS = 360 /* persons of a block */
};

typedef struct GeneratePlan GeneratePlan;

typedef struct {
    uint64_t             seed;
    int64_t              requests, first_day;
    const Calendar      *calendar;
    const GenerateTexts *texts;
} GeneratePlanOptions;

/* INVALID: the reference data has no entity or place. What `options` points to outlives it. */
GeneratePlan *generate_plan_new(const GeneratePlanOptions *options, GError **error) MUST_USE;
void          generate_plan_free(GeneratePlan *plan);
/* Texts go to `mem`. Thread-safe. */
void
generate_plan_request(const GeneratePlan *plan, Arena *mem, int64_t index, GenerateRequest *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GeneratePlan, generate_plan_free)
