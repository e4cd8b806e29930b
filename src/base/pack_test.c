/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/pack.h"

#include <string.h>

static void
comes_back(void)
{
    static char big[70000];
    const char *given[] = { "نص", NULL, "", big, "آخر" }, *back[6];
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;

    memset(big, 'x', sizeof big - 1);
    Bytes packed = pack_texts(mem, given, 5);
    g_assert_true(pack_read(mem, packed, back, 6, &error));
    g_assert_no_error(error);
    for (size_t i = 0; i < 5; i++)
        g_assert_cmpstr(back[i], ==, given[i]);
    g_assert_null(back[5]); /* a field added later */

    g_assert_true(pack_read(mem, packed, back, 2, &error));
    g_assert_cmpstr(back[0], ==, "نص");
    g_assert_true(pack_read(mem, pack_texts(mem, NULL, 0), back, 1, &error));
    g_assert_null(back[0]);
}

/* Cut anywhere but between two fields, or with a wrong version: refused, and nothing read behind. */
static void
hostile_bytes(void)
{
    const char *given[] = { "one", "two" }, *back[2];
    g_autoptr(Arena) mem = arena_new();
    Bytes whole = pack_texts(mem, given, 2);

    for (size_t size = 0; size < whole.size; size++) {
        uint8_t *exact = g_memdup2(whole.data, size);
        GError  *error = NULL;
        bool     between = size == 1 || size == 1 + 4 + 3;

        g_assert_true(pack_read(mem, (Bytes){ exact, size }, back, 2, &error) == between);
        if (!between)
            g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
        g_clear_error(&error);
        g_free(exact);
    }

    uint8_t *other = (uint8_t *)arena_bytes(mem, whole).data;
    GError  *error = NULL;
    other[0] = 9;
    g_assert_false(pack_read(mem, (Bytes){ other, whole.size }, back, 2, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error(&error);
    other[0] = 2;
    memset(other + 1, 0xfe, 4); /* a length far beyond the end */
    g_assert_false(pack_read(mem, (Bytes){ other, whole.size }, back, 2, &error));
    g_clear_error(&error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pack/comes back", comes_back);
    g_test_add_func("/pack/hostile bytes", hostile_bytes);
    return g_test_run();
}
