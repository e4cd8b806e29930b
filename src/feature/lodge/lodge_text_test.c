/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept while it is typed, and what is not said to be. */
#include "feature/attachment/attachment.h"
#include "feature/follow/follow_fixture.h"
#include "feature/lodge/lodge.h"

static void
up(FollowFixture *fixture, const void *data)
{
    (void)data;
    follow_fixture_up(fixture, (const Route *const[]){ lodge_feature.routes, NULL },
                      (const DbQuery *const *const[]){ lodge_queries, attachment_queries, NULL });
}

static int
keep(FollowFixture *fixture, const char *text)
{
    return follow_fixture_post(fixture, &fixture->visitor, "/new/text/keep", "subject", "موضوع",
                               "text", text, NULL);
}

static void
says_kept_only_of_what_is_kept(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people = fixture->trial.fixture;

    (void)data;
    g_assert_cmpint(keep(fixture, "بلا مسودة"), ==, 404);
    g_assert_cmpint(follow_fixture_get(fixture, &fixture->visitor, "/new?type=complaint"), ==, 303);
    g_assert_cmpint(keep(fixture, "نصف جملة"), ==, 204);
    g_assert_cmpint(follow_fixture_get(fixture, &fixture->visitor, "/new/text"), ==, 200);
    follow_fixture_shows(fixture, "نصف جملة</textarea>");

    petition_fixture_wait(people, 25 * HOURS); /* a draft lives for a day */
    g_assert_cmpint(keep(fixture, "جملة كاملة"), ==, 404);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ENGINE_FIXTURE_ADD("/lodge_text/says kept only of what is kept", FollowFixture, NULL, up,
                       says_kept_only_of_what_is_kept, follow_fixture_down);
    return g_test_run();
}
