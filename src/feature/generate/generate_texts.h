/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: Arabic texts, recombined from real ones. Read by any number of threads. */
#pragma once

#include "core/reference.h"
#include "feature/generate/generate_draw.h"

typedef struct GenerateTexts GenerateTexts;

/* What offices and requesters write during the life of a request. */
typedef enum {
    GENERATE_PHRASE_ANSWER,
    GENERATE_PHRASE_QUESTION,
    GENERATE_PHRASE_REPLY, /* a directorate's */
    GENERATE_PHRASE_UPDATE,
    GENERATE_PHRASE_NOTE,
    GENERATE_PHRASE_INFORMATION,
    GENERATE_PHRASE_RATING,
    GENERATE_PHRASE_WITHDRAWAL,
    GENERATE_PHRASE_LAW,
    GENERATE_PHRASES,
} GeneratePhrase;

/* From the folder of the reference data; sets of ../shared/data beside the project are taken in where they
 * are found. NOT_FOUND, INVALID (a set without a text). */
GenerateTexts *generate_texts_new(const char *data, GError **error) MUST_USE;
void           generate_texts_free(GenerateTexts *texts);
/* How many sentences there are to choose from. */
size_t generate_texts_count(const GenerateTexts *texts);

typedef struct {
    const Reference *ref;
    const char      *type;
    int64_t          service_id, place_id; /* 0: none */
    uint64_t         unique;               /* goes into the subject, as an address */
} GenerateAbout;

/* No two with different `unique` are the same. */
const char *generate_texts_subject(const GenerateTexts *texts, Arena *mem, GenerateDraw *draw,
                                   const GenerateAbout *about);
const char *generate_texts_body(const GenerateTexts *texts, Arena *mem, GenerateDraw *draw,
                                const GenerateAbout *about);
const char *
generate_texts_phrase(const GenerateTexts *texts, GenerateDraw *draw, GeneratePhrase kind);
/* Four parts of a name, from different people. */
void generate_texts_name(const GenerateTexts *texts, GenerateDraw *draw, const char *name[4]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GenerateTexts, generate_texts_free)
