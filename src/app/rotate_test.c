/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "app/rotate.h"

#include "core/vault_fixture.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PERSONS = 150, STEP = 100 };

static void
register_persons(VaultFixture *fixture)
{
    for (int i = 0; i < PERSONS; i++) {
        Identity identity = laila;
        Contact  contact = { .phone = arena_printf(fixture->mem, "962790%06d", i) };

        identity.document_number = arena_printf(fixture->mem, "9%09d", i);
        vault_fixture_register(fixture, &identity, &contact, VAULT_VERIFIED, &by_visitor);
    }
}

static int
rotate_persons(VaultFixture *fixture, bool resume, FILE *out)
{
    System sys = { .vault = fixture->vault };
    char  *argv[] = { (char *)"rotate", (char *)"person", (char *)"--resume", NULL };

    return rotate_command(&sys, resume ? 3 : 2, argv, out);
}

static void
assert_says(FILE *out, const char *text)
{
    char   said[256];
    size_t n;

    rewind(out);
    n = fread(said, 1, sizeof said - 1, out);
    said[n] = '\0';
    g_assert_cmpstr(said, ==, text);
    fclose(out);
}

static void
everybody_is_wrapped_again(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    FILE *out = tmpfile();

    register_persons(fixture);
    g_assert_cmpint(rotate_persons(fixture, false, out), ==, 0);
    assert_says(out, "epoch 2; 150 data keys wrapped again\n");
}

/* The caller left, or the server stops: one step, and the rest when it is asked to go on. */
static void
it_ends_with_its_reader(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    int ends[2];

    register_persons(fixture);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
    FILE *out = fdopen(ends[0], "w");
    g_assert_nonnull(out);
    close(ends[1]);
    g_assert_cmpint(rotate_persons(fixture, false, out), ==, 1);
    fclose(out);

    out = tmpfile();
    g_assert_cmpint(rotate_persons(fixture, true, out), ==, 0);
    assert_says(out, "epoch 2; 50 data keys wrapped again\n");
    G_STATIC_ASSERT(PERSONS - STEP == 50);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    g_test_add_func("/rotate/all", everybody_is_wrapped_again);
    g_test_add_func("/rotate/reader", it_ends_with_its_reader);
    return g_test_run();
}
