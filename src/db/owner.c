/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A lock on a file of the directory, held as long as it is open: the system lets go of it when the
 * process dies, however it dies. The pid in it is for the message only. A child that is forked
 * without exec holds the lock too. */
#include "db/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct OwnerLock {
    int file;
};

/* A new name is durable when the directory above it is synced. */
static bool
make_directory(const char *directory, GError **error)
{
    if (g_file_test(directory, G_FILE_TEST_IS_DIR))
        return true;
    if (g_mkdir_with_parents(directory, 0700) != 0)
        return fail(error, APP_ERROR_INVALID, "%s cannot be made: %s", directory,
                    g_strerror(errno));

    g_autofree char *above = g_path_get_dirname(directory);
    int              file = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool             synced = file >= 0 && fsync(file) == 0;
    int              reason = errno;

    if (file >= 0)
        close(file);
    return synced ||
           fail(error, APP_ERROR_INTERNAL, "%s cannot be synced: %s", above, g_strerror(reason));
}

static void
write_pid(int file)
{
    g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());

    /* Without it the message is poorer and the lock as good. */
    if (ftruncate(file, 0) != 0 || pwrite(file, text, strlen(text), 0) < 0)
        return;
}

static bool
refuse(int file, const char *directory, GError **error)
{
    char pid[24] = "";

    if (errno != EWOULDBLOCK)
        return fail(error, APP_ERROR_INTERNAL, "%s cannot be locked: %s", directory,
                    g_strerror(errno));

    ssize_t length = pread(file, pid, sizeof pid - 1, 0);
    pid[MAX(length, 0)] = '\0';
    return fail(error, APP_ERROR_CONFLICT,
                "%s belongs to a running process (pid %s): stop it, or let it do the work",
                directory, g_strstrip(pid));
}

OwnerLock *
owner_lock_take(const char *directory, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/owner.lock", directory);

    if (!make_directory(directory, error))
        return NULL;

    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return fail_null(error, APP_ERROR_INVALID, "%s cannot be opened: %s", path,
                         g_strerror(errno));

    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        (void)refuse(file, directory, error);
        close(file);
        return NULL;
    }

    write_pid(file);
    OwnerLock *lock = g_new0(OwnerLock, 1);
    lock->file = file;
    return lock;
}

void
owner_lock_free(OwnerLock *lock)
{
    if (lock == NULL)
        return;

    close(lock->file);
    g_free(lock);
}
