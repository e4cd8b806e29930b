/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/static_file.h"

#include <glib.h>

static const struct {
    const char    *name, *accept;
    StaticFileForm all, gzip_only;
} choices[] = {
    { "nothing said", NULL, STATIC_FILE_PLAIN, STATIC_FILE_PLAIN },
    { "a browser", "gzip, deflate, br, zstd", STATIC_FILE_BROTLI, STATIC_FILE_GZIP },
    { "only gzip", "gzip", STATIC_FILE_GZIP, STATIC_FILE_GZIP },
    { "only brotli", "br", STATIC_FILE_BROTLI, STATIC_FILE_PLAIN },
    { "in capitals", "BR", STATIC_FILE_BROTLI, STATIC_FILE_PLAIN },
    { "weights", "br;q=0.1, gzip;q=1.0", STATIC_FILE_BROTLI, STATIC_FILE_GZIP },
    { "no brotli please", "br;q=0, gzip", STATIC_FILE_GZIP, STATIC_FILE_GZIP },
    { "no gzip please", "gzip;q=0.000", STATIC_FILE_PLAIN, STATIC_FILE_PLAIN },
    { "a little gzip", "gzip ; q=0.001", STATIC_FILE_GZIP, STATIC_FILE_GZIP },
    { "longer words", "brotli, gzipped, x-gzip", STATIC_FILE_PLAIN, STATIC_FILE_PLAIN },
    { "identity", "identity", STATIC_FILE_PLAIN, STATIC_FILE_PLAIN },
    { "nonsense", ",,;q=,", STATIC_FILE_PLAIN, STATIC_FILE_PLAIN },
};

static void
test_choose(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        g_test_message("%s", choices[i].name);
        g_assert_cmpint(static_file_choose(choices[i].accept, true, true), ==, choices[i].all);
        g_assert_cmpint(static_file_choose(choices[i].accept, true, false), ==,
                        choices[i].gzip_only);
        g_assert_cmpint(static_file_choose(choices[i].accept, false, false), ==, STATIC_FILE_PLAIN);
    }
}

static const struct {
    const char *header;
    bool        expect; /* for "abc" */
} matches[] = {
    { NULL, false },
    { "\"abc\"", true },
    { "*", true },
    { "\"ab\"", false },
    { "abc", false },
    { "W/\"abc\"", true },
    { "\"x\", \"abc\"", true },
    { "\"x\",\"abc\",\"y\"", true },
    { "\"abc\"x", false },
    { "x\"abc\"", false },
    { "\"abc-gzip\"", false },
    { "", false },
    { "\"xabc\", \"abc\"", true },
};

static void
test_matches(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(matches); i++)
        g_assert_true(static_file_matches(matches[i].header, "\"abc\"") == matches[i].expect);
}

static void
test_tag(void)
{
    g_autofree char *bare = static_file_tag("abc", STATIC_FILE_PLAIN);
    g_autofree char *quoted = static_file_tag("\"abc\"", STATIC_FILE_GZIP);
    g_autofree char *brotli = static_file_tag("abc", STATIC_FILE_BROTLI);

    g_assert_cmpstr(bare, ==, "\"abc\"");
    g_assert_cmpstr(quoted, ==, "\"abc-gzip\"");
    g_assert_cmpstr(brotli, ==, "\"abc-br\"");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/static-file/choose", test_choose);
    g_test_add_func("/static-file/matches", test_matches);
    g_test_add_func("/static-file/tag", test_tag);
    return g_test_run();
}
