/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/breaker.h"

#include <glib.h>

#define NOW ((AppTime)1776236400 * SECONDS)
#define FIRST (5 * SECONDS)
#define LONGEST (30 * MINUTES)

enum { DRAWS = 200 };

static const struct {
    const char *name;
    int64_t     failures, first, longest, whole;
} pauses[] = {
    { "the first", 1, FIRST, LONGEST, 5 * SECONDS },
    { "doubled", 2, FIRST, LONGEST, 10 * SECONDS },
    { "and again", 3, FIRST, LONGEST, 20 * SECONDS },
    { "never more than the longest", 12, FIRST, LONGEST, LONGEST },
    { "a million failures", 1000000, FIRST, LONGEST, LONGEST },
    { "the longest there is", 12, HOURS, DAYS, DAYS },
    { "none yet", 0, FIRST, LONGEST, 5 * SECONDS },
    { "milliseconds", 4, 10 * SECONDS / 1000, SECONDS, 80 * SECONDS / 1000 },
};

/* Between half and the whole, and not always the same. */
static void
pauses_double_with_jitter(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pauses); i++) {
        int64_t least = INT64_MAX, most = 0;

        g_test_message("%s", pauses[i].name);
        for (int draw = 0; draw < DRAWS; draw++) {
            int64_t pause = breaker_pause(pauses[i].failures, pauses[i].first, pauses[i].longest);

            least = MIN(least, pause);
            most = MAX(most, pause);
        }
        g_assert_cmpint(least, >=, pauses[i].whole / 2);
        g_assert_cmpint(most, <=, pauses[i].whole);
        g_assert_cmpint(most - least, >, pauses[i].whole / 10);
    }
}

static void
opens_and_lets_one_try(void)
{
    Breaker breaker = { 0 };
    AppTime until;

    g_assert_false(breaker_is_open(&breaker, NOW));
    g_assert_false(breaker_is_trying(&breaker));
    g_assert_false(breaker_succeeded(&breaker)); /* it was well */

    g_assert_true(breaker_failed(&breaker, NOW, FIRST, LONGEST));
    until = breaker_until(&breaker);
    g_assert_cmpint(until, >=, NOW + FIRST / 2);
    g_assert_true(breaker_is_open(&breaker, until - 1));
    g_assert_false(breaker_is_open(&breaker, until));
    g_assert_true(breaker_is_trying(&breaker));

    g_assert_false(breaker_failed(&breaker, until, FIRST, LONGEST)); /* no news */
    g_assert_cmpint(breaker_until(&breaker), >=, until + FIRST);
    g_assert_true(breaker_succeeded(&breaker));
    g_assert_false(breaker_is_trying(&breaker));

    g_assert_true(breaker_failed(&breaker, NOW, FIRST, LONGEST)); /* the pauses begin anew */
    g_assert_cmpint(breaker_until(&breaker), <=, NOW + FIRST);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/breaker/pauses double with jitter", pauses_double_with_jitter);
    g_test_add_func("/breaker/opens and lets one try", opens_and_lets_one_try);
    return g_test_run();
}
