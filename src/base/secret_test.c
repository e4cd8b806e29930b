/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/secret.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
a_secret_is_a_copy(void)
{
    uint8_t own[] = { 1, 0, 3 };
    g_autoptr(Secret) secret = secret_new(own, sizeof own);
    g_autoptr(Secret) empty = secret_new(NULL, 0);

    own[0] = 9;
    g_assert_true(secret_equal(secret, (Bytes){ (const uint8_t *)"\1\0\3", 3 }));
    g_assert_cmpint(secret_data(secret)[3], ==, 0);
    g_assert_cmpuint(secret_size(empty), ==, 0);
    g_assert_cmpint(secret_data(empty)[0], ==, 0);
    secret_free(NULL);
}

static void
random_secrets_differ(void)
{
    g_autoptr(Secret) a = secret_new_random(32);
    g_autoptr(Secret) b = secret_new_random(32);

    g_assert_cmpuint(secret_size(a), ==, 32);
    g_assert_false(secret_equal(a, (Bytes){ secret_data(b), 32 }));
}

static void
comparing_looks_at_size_and_bytes(void)
{
    g_autoptr(Secret) secret = secret_new("abc", 3);
    g_autoptr(Secret) empty = secret_new("", 0);

    g_assert_true(secret_equal(secret, bytes_of_text("abc")));
    g_assert_false(secret_equal(secret, bytes_of_text("abd")));
    g_assert_false(secret_equal(secret, bytes_of_text("ab")));
    g_assert_false(secret_equal(secret, bytes_of_text("abcd")));
    g_assert_false(secret_equal(secret, (Bytes){ NULL, 0 }));
    g_assert_true(secret_equal(empty, (Bytes){ NULL, 0 }));
}

typedef struct {
    char *folder, *path;
} Place;

static void
place_init(Place *place, gconstpointer unused)
{
    (void)unused;
    place->folder = g_dir_make_tmp("sawt-secret-XXXXXX", NULL);
    g_assert_nonnull(place->folder);
    place->path = g_build_filename(place->folder, "key", NULL);
}

static void
place_clear(Place *place, gconstpointer unused)
{
    (void)unused;
    g_unlink(place->path);
    g_rmdir(place->folder);
    g_free(place->path);
    g_free(place->folder);
}

static void
put_file(const Place *place, const char *content, size_t size, mode_t mode)
{
    g_assert_true(g_file_set_contents(place->path, content, (gssize)size, NULL));
    g_assert_cmpint(g_chmod(place->path, (int)mode), ==, 0);
}

static const struct {
    const char *name, *content, *secret; /* NULL: refused */
    size_t      size;
    mode_t      mode;
} file_cases[] = {
    { "without a line break", "key", "key", 3, 0600 },
    { "with one", "key\n", "key", 4, 0400 },
    { "with CRLF", "key\r\n", "key", 5, 0600 },
    { "only the last of two is dropped", "key\n\n", "key\n", 5, 0600 },
    { "spaces belong to it", " key ", " key ", 5, 0600 },
    { "empty", "", NULL, 0, 0600 },
    { "nothing but a line break", "\n", NULL, 1, 0600 },
    { "its group may read it", "key", NULL, 3, 0640 },
    { "others may read it", "key", NULL, 3, 0604 },
    { "others may write it", "key", NULL, 3, 0602 },
};

static void
files_are_read_when_they_are_private(Place *place, gconstpointer unused)
{
    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(file_cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Secret) secret = NULL;
        const char *expected = file_cases[i].secret;

        g_test_message("%s", file_cases[i].name);
        put_file(place, file_cases[i].content, file_cases[i].size, file_cases[i].mode);
        secret = secret_read_file(place->path, &error);
        if (expected == NULL) {
            g_assert_null(secret);
            g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        } else {
            g_assert_no_error(error);
            g_assert_true(secret_equal(secret, bytes_of_text(expected)));
            g_assert_cmpint(secret_data(secret)[strlen(expected)], ==, 0);
        }
    }
}

static void
nuls_and_64_kib_are_taken_more_is_not(Place *place, gconstpointer unused)
{
    size_t           most = (size_t)64 * 1024;
    g_autofree char *zeros = g_malloc0(most + 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) secret = NULL;

    (void)unused;
    put_file(place, zeros, most, 0600);
    secret = secret_read_file(place->path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(secret_size(secret), ==, most);

    put_file(place, zeros, most + 1, 0600);
    g_assert_null(secret_read_file(place->path, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
what_is_no_file_is_refused(Place *place, gconstpointer unused)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) folder = NULL;
    g_autoptr(GError) fifo = NULL;

    (void)unused;
    g_assert_null(secret_read_file(place->path, &missing));
    g_assert_error(missing, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_null(secret_read_file(place->folder, &folder));
    g_assert_error(folder, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpint(mkfifo(place->path, 0600), ==, 0);
    g_assert_null(secret_read_file(place->path, &fifo)); /* and does not wait for a writer */
    g_assert_error(fifo, APP_ERROR, APP_ERROR_INVALID);
}

/* In a child that is no longer root but has kept root's group, as with systemd's credentials. */
static int
read_as_nobody(const Place *place)
{
    int   status = -1;
    pid_t child = fork();

    if (child == 0) {
        g_autoptr(Secret) secret = NULL;

        if (setgroups(0, NULL) != 0 || setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        secret = secret_read_file(place->path, NULL);
        _exit(secret != NULL && secret_equal(secret, bytes_of_text("key")) ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return WEXITSTATUS(status);
}

static void
a_credential_of_roots_is_let_through(Place *place, gconstpointer unused)
{
    (void)unused;
    if (geteuid() != 0 || getegid() != 0) {
        g_test_skip("only root can become somebody else");
        return;
    }
    g_assert_cmpint(g_chmod(place->folder, 0755), ==, 0);
    put_file(place, "key", 3, 0440);
    g_assert_cmpint(read_as_nobody(place), ==, 0);
    put_file(place, "key", 3, 0460);
    g_assert_cmpint(read_as_nobody(place), ==, 1);
    put_file(place, "key", 3, 0444);
    g_assert_cmpint(read_as_nobody(place), ==, 1);
}

static void
another_owner_is_refused(Place *place, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    (void)unused;
    put_file(place, "key", 3, 0600);
    if (geteuid() != 0 || chown(place->path, 65534, 65534) != 0) {
        g_test_skip("only root can give a file away");
        return;
    }
    g_assert_null(secret_read_file(place->path, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
cost(void)
{
    int rounds = 20000;

    if (!g_test_perf())
        return;
    g_test_timer_start();
    for (int i = 0; i < rounds; i++)
        secret_free(secret_new_random(32));
    g_test_message("%.1f ns per secret of 32 bytes", g_test_timer_elapsed() * 1e9 / rounds);
}

#define ADD(path, function) g_test_add(path, Place, NULL, place_init, function, place_clear)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secret/copy", a_secret_is_a_copy);
    g_test_add_func("/secret/random", random_secrets_differ);
    g_test_add_func("/secret/equal", comparing_looks_at_size_and_bytes);
    ADD("/secret/files", files_are_read_when_they_are_private);
    ADD("/secret/sizes", nuls_and_64_kib_are_taken_more_is_not);
    ADD("/secret/no-file", what_is_no_file_is_refused);
    ADD("/secret/credential", a_credential_of_roots_is_let_through);
    ADD("/secret/owner", another_owner_is_refused);
    g_test_add_func("/secret/cost", cost);
    return g_test_run();
}
