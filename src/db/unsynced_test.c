/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/unsynced.h"

#include <glib/gstdio.h>

typedef struct {
    char *directory, *mark;
} Place;

static void
up(Place *place, const void *data)
{
    (void)data;
    place->directory = g_dir_make_tmp("sawt-unsynced-XXXXXX", NULL);
    place->mark = g_build_filename(place->directory, "unsynced", NULL);
}

static void
down(Place *place, const void *data)
{
    (void)data;
    g_unlink(place->mark);
    g_rmdir(place->directory);
    g_free(place->mark);
    g_free(place->directory);
}

static void
nothing_to_settle(Place *place, const void *data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(unsynced_settle(place->directory, &error));
    g_assert_no_error(error);
}

static void
a_killed_process_is_forgiven(Place *place, const void *data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(unsynced_begin(place->directory, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_test(place->mark, G_FILE_TEST_EXISTS));
    g_assert_true(unsynced_settle(place->directory, &error));
    g_assert_no_error(error);
    g_assert_false(g_file_test(place->mark, G_FILE_TEST_EXISTS));
}

/* Every time, and the mark stays. */
static void
a_stopped_machine_is_not(Place *place, const void *data)
{
    static const char *const marks[] = { "0d7c0f7e-58b2-4f0e-a3a4-9f1c3b1f6a11\n", "", "x" };

    (void)data;
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(marks); i++) {
        GError *error = NULL;

        g_assert_true(g_file_set_contents(place->mark, marks[i / 2], -1, NULL));
        g_assert_false(unsynced_settle(place->directory, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_clear_error(&error);
        g_assert_true(g_file_test(place->mark, G_FILE_TEST_EXISTS));
    }
}

static void
no_mark_where_none_can_be(Place *place, const void *data)
{
    g_autofree char *none = g_build_filename(place->directory, "none", NULL);
    GError          *error = NULL;

    (void)data;
    g_assert_false(unsynced_begin(none, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error(&error);
}

#define ADD(name, test) g_test_add("/unsynced/" name, Place, NULL, up, test, down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("nothing to settle", nothing_to_settle);
    ADD("a killed process is forgiven", a_killed_process_is_forgiven);
    ADD("a stopped machine is not", a_stopped_machine_is_not);
    ADD("no mark where none can be", no_mark_where_none_can_be);
    return g_test_run();
}
