/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: the mark is on the disk before the first commit that is not, and is taken away only
 * when everything is. */
#include "db/unsynced.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MARK "unsynced"
#define START_NUMBER "/proc/sys/kernel/random/boot_id"

static bool
fail_with_reason(const char *directory, const char *what, GError **error)
{
    return fail(error, APP_ERROR_INTERNAL, "%s: %s: %s", directory, what, g_strerror(errno));
}

static bool
sync_one(const char *path, GError **error)
{
    int  file = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    int  reason = errno;

    if (file >= 0)
        close(file);
    errno = reason;
    return synced || fail_with_reason(path, "cannot be brought to the disk", error);
}

/* The two files, their logs, and that these are there. Whole directories below hold attachments, which are
 * synced one by one. */
static bool
sync_all(const char *directory, GError **error)
{
    g_autoptr(GDir) names = g_dir_open(directory, 0, NULL);
    const char *name;

    if (names == NULL)
        return fail(error, APP_ERROR_INTERNAL, "%s cannot be read", directory);
    while ((name = g_dir_read_name(names)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && !sync_one(path, error))
            return false;
    }
    return sync_one(directory, error);
}

static bool
read_start(char **number, GError **error)
{
    return g_file_get_contents(START_NUMBER, number, NULL, NULL) ||
           fail(error, APP_ERROR_INTERNAL, "%s cannot be read", START_NUMBER);
}

bool
unsynced_settle(const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, MARK, NULL);
    g_autofree char *marked = NULL;
    g_autofree char *start = NULL;

    if (!g_file_get_contents(path, &marked, NULL, NULL)) {
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return true;
        return fail(error, APP_ERROR_INTERNAL, "%s cannot be read", path);
    }
    if (!read_start(&start, error))
        return false;
    if (strcmp(marked, start) != 0)
        return fail(
            error, APP_ERROR_INVALID,
            "the machine stopped while the store in %s was being made, before it was on the "
            "disk: remove the directory and make it again",
            directory);

    return sync_all(directory, error) &&
           (g_unlink(path) == 0 || fail_with_reason(path, "cannot be removed", error)) &&
           sync_one(directory, error);
}

bool
unsynced_begin(const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, MARK, NULL);
    g_autofree char *start = NULL;
    g_autoptr(GError) cause = NULL;

    if (!read_start(&start, error))
        return false;
    return g_file_set_contents_full(path, start, -1, G_FILE_SET_CONTENTS_DURABLE, 0600, &cause)
               ? sync_one(directory, error)
               : fail(error, APP_ERROR_INTERNAL, "%s", cause->message);
}
