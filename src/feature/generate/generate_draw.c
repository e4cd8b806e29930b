/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SplitMix64: a counter and a mixer, so that any place of any stream is reached at once. For variety, not
 * for secrets: what must not be guessed comes from core/crypto as everywhere. */
#include "feature/generate/generate_draw.h"

#include <glib.h>
#include <math.h>

#define STEP 0x9E3779B97F4A7C15ULL

struct GenerateWeights {
    size_t n;
    double sums[]; /* of the weights up to and with each */
};

static uint64_t
mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

GenerateDraw
generate_draw_of(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (GenerateDraw){ mix(mix(mix(seed + STEP) + stream * STEP) + index * STEP) };
}

uint64_t
generate_draw_next(GenerateDraw *draw)
{
    draw->state += STEP;
    return mix(draw->state);
}

double
generate_draw_unit(GenerateDraw *draw)
{
    return (double)(generate_draw_next(draw) >> 11) / (double)(UINT64_C(1) << 53);
}

size_t
generate_draw_below(GenerateDraw *draw, size_t n)
{
    return (size_t)(generate_draw_unit(draw) * (double)n);
}

bool
generate_draw_chance(GenerateDraw *draw, unsigned per_thousand)
{
    return generate_draw_below(draw, 1000) < per_thousand;
}

/* ---- weights ---- */

GenerateWeights *
generate_weights_new(const double *weights, size_t n)
{
    GenerateWeights *made = g_malloc(sizeof *made + n * sizeof(double));
    double           sum = 0;

    g_assert(n > 0);
    made->n = n;
    for (size_t i = 0; i < n; i++)
        made->sums[i] = sum += weights[i];
    return made;
}

GenerateWeights *
generate_weights_new_zipf(size_t n, double exponent)
{
    g_autofree double *weights = g_new(double, n);

    for (size_t i = 0; i < n; i++)
        weights[i] = pow((double)(i + 1), -exponent);
    return generate_weights_new(weights, n);
}

void
generate_weights_free(GenerateWeights *weights)
{
    g_free(weights);
}

size_t
generate_weights_at(const GenerateWeights *weights, double unit, double *rest)
{
    double wanted = unit * weights->sums[weights->n - 1], before;
    size_t low = 0, high = weights->n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (weights->sums[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    before = low == 0 ? 0 : weights->sums[low - 1];
    if (rest != NULL)
        *rest = CLAMP((wanted - before) / (weights->sums[low] - before), 0, 1);
    return low;
}

size_t
generate_weights_pick(const GenerateWeights *weights, GenerateDraw *draw)
{
    return generate_weights_at(weights, generate_draw_unit(draw), NULL);
}
