/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/upload.h"

#include "http/fixture.h"
#include "http/testing.h"

#include <string.h>

#define FIELD(name, text)                                                                          \
    {                                                                                              \
        name, NULL, text, sizeof(text) - 1                                                         \
    }
#define A_FILE(name, text)                                                                         \
    {                                                                                              \
        "photo", name, text, sizeof(text) - 1                                                      \
    }
#define TOKEN FIELD("csrf", "good")
#define TITLE FIELD("title", "t")

static const struct {
    const char *name;
    TestingPart parts[5];
    int         status;
    int64_t     begun, ended, abandoned;
} cases[] = {
    { "a file", { TOKEN, TITLE, A_FILE("a.jpg", "1234") }, 200, 1, 1, 0 },
    { "two files", { TOKEN, TITLE, A_FILE("a", "1"), A_FILE("b", "2") }, 200, 2, 2, 0 },
    { "no file was chosen", { TOKEN, TITLE, A_FILE("", "") }, 200, 0, 0, 0 },
    { "an empty file", { TOKEN, TITLE, A_FILE("a", "") }, 200, 1, 1, 0 },
    { "fields behind the file", { TOKEN, A_FILE("a", "1"), TITLE }, 200, 1, 1, 0 },
    { "no title", { TOKEN, A_FILE("a", "1") }, 422, 1, 1, 0 },
    { "no token", { TITLE, A_FILE("a", "1") }, 403, 0, 0, 0 },
    { "the token behind the file", { TITLE, A_FILE("a", "1"), TOKEN }, 403, 0, 0, 0 },
    { "no token and no file", { TITLE }, 403, 0, 0, 0 },
    { "three files",
      { TOKEN, A_FILE("a", "1"), A_FILE("b", "2"), A_FILE("c", "3") },
      413,
      2,
      2,
      0 },
    { "a file in a text's place", { TOKEN, { "title", "a", "1", 1 } }, 422, 0, 0, 0 },
    { "a file in nobody's place", { TOKEN, { "x", "a", "1", 1 } }, 422, 0, 0, 0 },
    { "bytes of a file without a name", { TOKEN, TITLE, A_FILE("", "1") }, 422, 0, 0, 0 },
    { "refused at its begin", { TOKEN, TITLE, A_FILE("refused", "1") }, 422, 0, 0, 0 },
    { "refused while it is written",
      { TOKEN, A_FILE("a", "1"), A_FILE("b", "poison") },
      422,
      2,
      1,
      1 },
    { "an unknown field", { TOKEN, TITLE, FIELD("x", "y") }, 422, 0, 0, 0 },
    { "a field twice", { TOKEN, TITLE, TITLE }, 422, 0, 0, 0 },
    { "a field that is no text", { TOKEN, FIELD("title", "\xFF") }, 422, 0, 0, 0 },
    { "a field with a NUL", { TOKEN, FIELD("title", "a\0b") }, 422, 0, 0, 0 },
};

static void
test_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Fixture) fixture = fixture_new();
        g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
        size_t          n = 0;
        const Response *res;

        while (n < 5 && cases[i].parts[n].field != NULL)
            n++;
        res = testing_upload(testing, "/upload", cases[i].parts, n);
        g_test_message("%s", cases[i].name);
        g_assert_cmpint(response_status(res), ==, cases[i].status);
        g_assert_cmpint(fixture->begun, ==, cases[i].begun);
        g_assert_cmpint(fixture->ended, ==, cases[i].ended);
        g_assert_cmpint(fixture->abandoned, ==, cases[i].abandoned);
    }
}

static void
test_fields_too_large(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
    g_autofree char *large = g_strnfill(64 * 1024, 'a');
    TestingPart      parts[] = { TOKEN, { "title", NULL, large, 64 * 1024 } };

    g_assert_cmpint(response_status(testing_upload(testing, "/upload", parts, 2)), ==, 413);
}

static void
test_too_large(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
    g_autofree char *large = g_malloc0(4 * 1024 * 1024);
    TestingPart      parts[] = { TOKEN, TITLE, { "photo", "a", large, 4 * 1024 * 1024 } };

    g_assert_cmpint(response_status(testing_upload(testing, "/upload", parts, 3)), ==, 413);
    g_assert_cmpint(fixture->entered, ==, 0);
    parts[2].size -= 1024;
    g_assert_cmpint(response_status(testing_upload(testing, "/upload", parts, 3)), ==, 200);
    g_assert_cmpint(fixture->bytes, ==, parts[2].size);
}

static void
test_broken_off(void)
{
    static const char body[] =
        "--XX\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\ngood\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"photo\"; "
        "filename=\"a\"\r\n\r\n1234\r\n--XX--\r\n";

    for (size_t size = 1; size < sizeof body - 3; size++) {
        g_autoptr(Fixture) fixture = fixture_new();
        g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
        const Response *res = testing_send(testing, "POST", "/upload",
                                           "multipart/form-data; boundary=XX", body, size);

        g_assert_cmpint(response_status(res), ==, 422);
        g_assert_cmpint(fixture->handled, ==, 0);
        g_assert_cmpint(fixture->begun, ==, fixture->ended + fixture->abandoned);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/upload/cases", test_cases);
    g_test_add_func("/upload/fields-too-large", test_fields_too_large);
    g_test_add_func("/upload/too-large", test_too_large);
    g_test_add_func("/upload/broken-off", test_broken_off);
    return g_test_run();
}
