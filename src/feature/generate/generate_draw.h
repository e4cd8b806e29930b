/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: chance that is the same for the same seed. A draw belongs to one thing (a request, a
 * person): what is drawn for one does not shift what is drawn for the others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct GenerateDraw {
    uint64_t state;
} GenerateDraw;

/* `stream` tells kinds of things apart. */
GenerateDraw generate_draw_of(uint64_t seed, uint64_t stream, uint64_t index);
uint64_t     generate_draw_next(GenerateDraw *draw);
/* 0 to 1, without 1. */
double generate_draw_unit(GenerateDraw *draw);
/* 0 to n - 1; n is at least 1. */
size_t generate_draw_below(GenerateDraw *draw, size_t n);
bool   generate_draw_chance(GenerateDraw *draw, unsigned per_thousand);

/* Parts of a whole, each as likely as its weight. Read by any number of threads. */
typedef struct GenerateWeights GenerateWeights;

GenerateWeights               *generate_weights_new(const double *weights, size_t n);
/* Zipf: the place k, from 1, has 1 / k^exponent. */
GenerateWeights *generate_weights_new_zipf(size_t n, double exponent);
void             generate_weights_free(GenerateWeights *weights);
/* The part in which `unit` (0 to 1) falls, and how far into it; `rest` may be NULL. */
size_t generate_weights_at(const GenerateWeights *weights, double unit, double *rest);
size_t generate_weights_pick(const GenerateWeights *weights, GenerateDraw *draw);
