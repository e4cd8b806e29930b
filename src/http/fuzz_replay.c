/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/fuzz_replay.h"

#include <glib.h>
#include <string.h>

#define ROUNDS 3000

/* Change `out` as line noise and bad people do. */
static void
mutate(GRand *random, GString *out, const char *other)
{
    static const char spice[] = {
        '\0', '\r', '\n', '%', '&', '=', ':', ';', '-', '"', ' ', '\xFF'
    };
    gssize at = g_rand_int_range(random, 0, (gint32)out->len + 1);
    gssize size = g_rand_int_range(random, 0, 9);

    switch (g_rand_int_range(random, 0, 6)) {
    case 0:
        g_string_erase(out, at, MIN(size, (gssize)out->len - at));
        break;
    case 1:
        g_string_insert_c(out, at, spice[g_rand_int_range(random, 0, sizeof spice)]);
        break;
    case 2:
        if (at < (gssize)out->len)
            out->str[at] ^= (char)(1 << g_rand_int_range(random, 0, 8));
        break;
    case 3:
        g_string_insert_len(out, at, other, (gssize)strlen(other));
        break;
    case 4:
        g_string_truncate(out, (gsize)at);
        break;
    default:
        while (size-- > 0)
            g_string_insert_c(out, at, (char)g_rand_int_range(random, 0, 256));
        break;
    }
}

static void
test_seeds(void)
{
    for (size_t i = 0; fuzz_replay_seeds[i] != NULL; i++)
        LLVMFuzzerTestOneInput((const uint8_t *)fuzz_replay_seeds[i], strlen(fuzz_replay_seeds[i]));
}

static void
test_mutations(void)
{
    GRand *random = g_rand_new_with_seed(1);
    gint32 n = 0;

    while (fuzz_replay_seeds[n] != NULL)
        n++;
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(GString) out = g_string_new(fuzz_replay_seeds[g_rand_int_range(random, 0, n)]);

        for (int j = g_rand_int_range(random, 1, 8); j > 0; j--)
            mutate(random, out, fuzz_replay_seeds[g_rand_int_range(random, 0, n)]);
        LLVMFuzzerTestOneInput((const uint8_t *)out->str, out->len);
    }
    g_rand_free(random);
}

static void
test_file(gconstpointer path)
{
    g_autofree char *bytes = NULL;
    gsize            size;

    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fuzz/seeds", test_seeds);
    g_test_add_func("/fuzz/mutations", test_mutations);
    for (int i = 1; i < argc; i++) {
        g_autofree char *name = g_strdup_printf("/fuzz/file/%d", i);

        g_test_add_data_func(name, argv[i], test_file);
    }
    return g_test_run();
}
