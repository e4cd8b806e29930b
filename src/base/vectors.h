/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests only: where the shared sets of test vectors lie, if they are on this machine. */
#pragma once

#include <glib.h>

/* The folder of a set; NULL with the test marked as skipped when there is none. To be freed. */
static inline char *
vectors_path(const char *set)
{
    const char *shared = g_getenv("SAWT_SHARED");
    const char *source = g_getenv("G_TEST_SRCDIR");
    char       *path = shared != NULL ? g_build_filename(shared, set, NULL)
                                      : g_build_filename(source == NULL ? "." : source, "..", "shared",
                                                   "data", set, NULL);

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return path;
    g_free(path);
    g_test_skip("the shared vectors are not on this machine (set SAWT_SHARED to their folder)");
    return NULL;
}
