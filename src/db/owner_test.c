/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Started as `owner_test --hold DIRECTORY` it takes the lock, says so, and waits to be killed. */
#include "db/db_fixture.h"
#include "db/owner.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
hold(const char *directory)
{
    g_autoptr(OwnerLock) lock = owner_lock_take(directory, NULL);
    char byte = lock == NULL ? 'n' : 'y';

    if (write(STDOUT_FILENO, &byte, 1) != 1)
        return 1;
    return (int)read(STDIN_FILENO, &byte, 1);
}

static void
test_directory(void)
{
    char            *above = db_fixture_directory(NULL);
    g_autofree char *directory = g_build_filename(above, "store", NULL);
    GError          *error = NULL;
    GStatBuf         found;

    OwnerLock       *lock = owner_lock_take(directory, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_stat(directory, &found), ==, 0);
    g_assert_cmpint(found.st_mode & 0777, ==, 0700);

    /* Not twice in one process either; free again when it is let go. */
    g_assert_null(owner_lock_take(directory, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_clear_error(&error);
    owner_lock_free(lock);
    owner_lock_free(NULL);
    lock = owner_lock_take(directory, &error);
    g_assert_nonnull(lock);
    owner_lock_free(lock);

    db_fixture_remove(g_steal_pointer(&directory));
    db_fixture_remove(above);
}

static void
test_other_process(void)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    const char      *argv[] = { self, "--hold", directory, NULL };
    GError          *error = NULL;
    GPid             pid;
    int              in, out;
    char             byte = 0;

    g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                           NULL, NULL, &pid, &in, &out, NULL, &error));
    g_assert_cmpint(read(out, &byte, 1), ==, 1);
    g_assert_cmpint(byte, ==, 'y');

    g_autofree char *said = g_strdup_printf("pid %d", (int)pid);
    g_assert_null(owner_lock_take(directory, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_nonnull(strstr(error->message, said));
    g_clear_error(&error);

    /* However it dies. */
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    OwnerLock *lock = owner_lock_take(directory, &error);
    g_assert_no_error(error);
    owner_lock_free(lock);

    close(in);
    close(out);
    db_fixture_remove(directory);
}

static void
test_impossible(void)
{
    GError *error = NULL;

    g_assert_null(owner_lock_take("/proc/nowhere", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(owner_lock_take("/proc/self", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--hold") == 0)
        return hold(argv[2]);

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/owner/directory", test_directory);
    g_test_add_func("/db/owner/other-process", test_other_process);
    g_test_add_func("/db/owner/impossible", test_impossible);
    return g_test_run();
}
