/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The number that is shown is never taken back: the whole is said only when it is known. */
#include "feature/lodge/lodge_steps.h"

#include <glib.h>

static const struct {
    const char *name;
    LodgeDraft  draft;
    LodgeStep   step;
    bool        has_fields;
    int64_t     place, all; /* all 0: not known */
} counts[] = {
    { "before the type nothing is known", { .type = NULL }, STEP_TYPE, false, 1, 0 },
    { "a complaint's service may ask more", { .type = "complaint" }, STEP_IDENTITY, false, 2, 0 },
    { "so it may while the entity is chosen", { .type = "complaint" }, STEP_ENTITY, false, 3, 0 },
    { "a service that asks",
      { .type = "complaint", .entity_id = 1, .service_id = 11 },
      STEP_ABOUT,
      true,
      4,
      9 },
    { "a service that asks nothing",
      { .type = "complaint", .entity_id = 1, .service_id = 11 },
      STEP_ABOUT,
      false,
      4,
      8 },
    { "whoever leaves it to the unit",
      { .type = "complaint", .entity_unknown = true },
      STEP_TEXT,
      false,
      5,
      8 },
    { "praise is asked no service's questions", { .type = "praise" }, STEP_ENTITY, false, 2, 3 },
    { "a suggestion neither", { .type = "suggestion" }, STEP_IDENTITY, false, 2, 7 },
    { "an inquiry's service may", { .type = "inquiry" }, STEP_ENTITY, false, 2, 0 },
};

static void
says_the_whole_when_it_is_known(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        int64_t place, all;

        g_test_message("%s", counts[i].name);
        lodge_step_count(&counts[i].draft, counts[i].step, counts[i].has_fields, &place, &all);
        g_assert_cmpint(place, ==, counts[i].place);
        g_assert_cmpint(all, ==, counts[i].all);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lodge_steps/says_the_whole_when_it_is_known",
                    says_the_whole_when_it_is_known);
    return g_test_run();
}
