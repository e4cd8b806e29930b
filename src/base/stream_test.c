/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/stream.h"

#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

static void
a_pipe_is_read_until_its_end_is_closed(void)
{
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    FILE *out = fdopen(ends[1], "w");
    g_assert_nonnull(out);

    g_assert_true(stream_is_read(out));
    close(ends[0]);
    g_assert_false(stream_is_read(out));
    fclose(out);
}

/* By its peer, or by us: what the control socket does when the server stops. */
static void
a_socket_is_read_until_it_is_shut(void)
{
    for (int by_us = 0; by_us < 2; by_us++) {
        int ends[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
        FILE *out = fdopen(ends[0], "w");
        g_assert_nonnull(out);

        g_assert_true(stream_is_read(out));
        if (by_us)
            g_assert_cmpint(shutdown(ends[0], SHUT_RDWR), ==, 0);
        close(ends[1]);
        g_assert_false(stream_is_read(out));
        fclose(out);
    }
}

static void
a_file_is_always_read(void)
{
    FILE *out = tmpfile();

    g_assert_nonnull(out);
    g_assert_true(stream_is_read(out));
    fclose(out);
}

/* /dev/full takes nothing. */
static void
what_cannot_be_written_is_not_read(void)
{
    FILE *out = fopen("/dev/full", "w");

    g_assert_nonnull(out);
    g_assert_true(stream_is_read(out));
    fputs("x", out);
    g_assert_cmpint(fflush(out), !=, 0);
    g_assert_false(stream_is_read(out));
    fclose(out);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream/pipe", a_pipe_is_read_until_its_end_is_closed);
    g_test_add_func("/stream/socket", a_socket_is_read_until_it_is_shut);
    g_test_add_func("/stream/file", a_file_is_always_read);
    g_test_add_func("/stream/full", what_cannot_be_written_is_not_read);
    return g_test_run();
}
