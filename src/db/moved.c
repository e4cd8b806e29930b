/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/moved.h"

#include <fcntl.h>
#include <unistd.h>

static char *
path_of(const char *directory)
{
    return g_build_filename(directory, MOVED_FILE, NULL);
}

char *
moved_read(const char *directory)
{
    g_autofree char *path = path_of(directory);
    char            *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

bool
moved_check(const char *directory, GError **error)
{
    g_autofree char *path = path_of(directory);

    return !g_file_test(path, G_FILE_TEST_EXISTS) ||
           fail(error, APP_ERROR_INVALID,
                "the store in %s was moved to PostgreSQL (%s says where): set `database` and "
                "`vault`; to go back to it, and lose what was written since, remove that file",
                directory, path);
}

/* The name is durable when the directory is synced. */
bool
moved_write(const char *directory, const char *text, GError **error)
{
    g_autofree char *path = path_of(directory);
    g_autoptr(GError) cause = NULL;

    if (!g_file_set_contents_full(path, text, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, &cause))
        return fail(error, APP_ERROR_INTERNAL, "%s cannot be written: %s", path, cause->message);

    int  file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    return synced || fail(error, APP_ERROR_INTERNAL, "%s cannot be synced", directory);
}
