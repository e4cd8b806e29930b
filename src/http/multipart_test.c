/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/multipart.h"

#include <string.h>

#define TYPE "multipart/form-data; boundary=XX"
#define FIELD "Content-Disposition: form-data; name=\"a\"\r\n\r\n"
#define FILE_A "Content-Disposition: form-data; name=\"f\"; filename=\"n.jpg\"\r\n"

/* Everything that the reader says, as text: [field] (file): bytes; */
static bool
begin(void *data, const MultipartPart *part, GError **error)
{
    if (g_str_equal(part->field, "refused"))
        return fail(error, APP_ERROR_FORBIDDEN, "refused");
    g_string_append_printf(data, "[%s]", part->field);
    if (part->file != NULL)
        g_string_append_printf(data, "(%s)", part->file);
    g_string_append_c(data, ':');
    return true;
}

static bool
bytes(void *data, const uint8_t *more, size_t size, GError **error)
{
    (void)error;
    g_assert_cmpuint(size, >, 0);
    g_string_append_len(data, (const char *)more, (gssize)size);
    return true;
}

static bool
end(void *data, GError **error)
{
    (void)error;
    g_string_append_c(data, ';');
    return true;
}

static const MultipartCalls calls = { begin, bytes, end };

/* What comes out, NULL: refused; an unfinished body ends in an ellipsis. `cut`: bytes at once. */
static char *
parse(const char *type, const char *body, size_t size, size_t cut)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    GString   *out = g_string_new(NULL);
    Multipart *parser = multipart_new(mem, type, &calls, out, &error);
    bool       good = parser != NULL;

    for (size_t at = 0; good && at < size; at += cut)
        good = multipart_feed(parser, (const uint8_t *)body + at, MIN(cut, size - at), &error);
    if (!good)
        g_assert_nonnull(error);
    else if (!multipart_is_complete(parser))
        g_string_append(out, "…");
    return g_string_free(out, !good);
}

static const struct {
    const char *name, *type, *body, *expect;
} cases[] = {
    { "one field", TYPE, "--XX\r\n" FIELD "b\r\n--XX--\r\n", "[a]:b;" },
    { "no line break at the end", TYPE, "--XX\r\n" FIELD "b\r\n--XX--", "[a]:b;" },
    { "an empty field", TYPE, "--XX\r\n" FIELD "\r\n--XX--\r\n", "[a]:;" },
    { "two fields", TYPE, "--XX\r\n" FIELD "b\r\n--XX\r\n" FIELD "c\r\n--XX--\r\n",
      "[a]:b;[a]:c;" },
    { "no parts", TYPE, "--XX--\r\n", "" },
    { "a file", TYPE, "--XX\r\n" FILE_A "Content-Type: image/jpeg\r\n\r\nJ\r\n--XX--\r\n",
      "[f](n.jpg):J;" },
    { "a file that was not chosen", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n\r\n--XX--\r\n",
      "[f]():;" },
    { "a quoted boundary", "Multipart/Form-Data; charset=x; boundary=\"X X:\"",
      "--X X:\r\n" FIELD "b\r\n--X X:--\r\n", "[a]:b;" },
    { "a browser's boundary", "multipart/form-data; boundary=----WebKitFormBoundaryAbC",
      "------WebKitFormBoundaryAbC\r\n" FIELD "b\r\n------WebKitFormBoundaryAbC--\r\n", "[a]:b;" },
    { "names without quotes", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nc\r\n--XX--\r\n",
      "[a](b):c;" },
    { "an escaped quote", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nc\r\n--XX--\r\n",
      "[a\"b]:c;" },
    { "an old Windows path", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\x\\n.jpg\"\r\n\r\nc\r\n"
      "--XX--\r\n",
      "[f](C:\\x\\n.jpg):c;" },
    { "a semicolon in a name", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"a;filename=b\"\r\n\r\nc\r\n--XX--\r\n",
      "[a;filename=b]:c;" },
    { "headers in capitals", TYPE,
      "--XX\r\nCONTENT-DISPOSITION: FORM-DATA; NAME=\"a\"\r\n\r\nb\r\n--XX--\r\n", "[a]:b;" },
    { "an Arabic name", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"f\"; "
      "filename=\"صورة.jpg\"\r\n\r\nc\r\n--XX--\r\n",
      "[f](صورة.jpg):c;" },
    { "almost the boundary", TYPE, "--XX\r\n" FIELD "\r\n--X\r\n--\r\n\r\r\n--XY\r\n--XX--\r\n",
      "[a]:\r\n--X\r\n--\r\n\r\r\n--XY;" },
    { "the boundary without its line break", TYPE, "--XX\r\n" FIELD "b--XX\n--XX\r\n--XX--\r\n",
      "[a]:b--XX\n--XX;" },
    { "line breaks at both ends of a value", TYPE, "--XX\r\n" FIELD "\r\nb\r\n\r\n--XX--\r\n",
      "[a]:\r\nb\r\n;" },

    { "nothing", TYPE, "", "…" },
    { "half a boundary", TYPE, "--X", "…" },
    { "broken off in the head", TYPE, "--XX\r\nContent-Dis", "…" },
    { "broken off in a value", TYPE, "--XX\r\n" FIELD "b", "[a]:b…" },
    { "broken off in a boundary", TYPE, "--XX\r\n" FIELD "b\r\n--X", "[a]:b…" },
    { "broken off behind a boundary", TYPE, "--XX\r\n" FIELD "b\r\n--XX", "[a]:b;…" },
    { "broken off behind a dash", TYPE, "--XX\r\n" FIELD "b\r\n--XX-", "[a]:b;…" },

    { "no boundary", "multipart/form-data", "--XX--\r\n", NULL },
    { "an empty boundary", "multipart/form-data; boundary=", "----\r\n", NULL },
    { "a boundary with a line break", "multipart/form-data; boundary=\"a\rb\"", "--a\rb--", NULL },
    { "a boundary of 71",
      "multipart/form-data; boundary="
      "01234567890123456789012345678901234567890123456789012345678901234567890",
      "", NULL },
    { "a boundary that ends in a space", "multipart/form-data; boundary=\"a \"", "", NULL },
    { "an open quote", "multipart/form-data; boundary=\"XX", "--XX--\r\n", NULL },
    { "another boundary", TYPE, "--XY\r\n" FIELD "b\r\n--XY--\r\n", NULL },
    { "a preamble", TYPE, "hello\r\n--XX\r\n" FIELD "b\r\n--XX--\r\n", NULL },
    { "a line break in front", TYPE, "\r\n--XX\r\n" FIELD "b\r\n--XX--\r\n", NULL },
    { "an epilogue", TYPE, "--XX\r\n" FIELD "b\r\n--XX--\r\nmore", NULL },
    { "two line breaks at the end", TYPE, "--XX\r\n" FIELD "b\r\n--XX--\r\n\r\n", NULL },
    { "a boundary that goes on", TYPE, "--XX\r\n" FIELD "b\r\n--XXY\r\n--XX--\r\n", NULL },
    { "white space behind a boundary", TYPE, "--XX \r\n" FIELD "b\r\n--XX--\r\n", NULL },
    { "bare LF behind a boundary", TYPE, "--XX\n" FIELD "b\r\n--XX--\r\n", NULL },
    { "bare LF in a head", TYPE, "--XX\r\nContent-Disposition: form-data; name=a\n\r\nb\r\n--XX--",
      NULL },
    { "bare CR in a head", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=a\rb\r\n\r\nb\r\n--XX--", NULL },
    { "no disposition", TYPE, "--XX\r\nContent-Type: text/plain\r\n\r\nb\r\n--XX--\r\n", NULL },
    { "two dispositions", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n"
      "Content-Disposition: form-data; name=\"b\"\r\n\r\nb\r\n--XX--\r\n",
      NULL },
    { "no head", TYPE, "--XX\r\n\r\nb\r\n--XX--\r\n", NULL },
    { "another disposition", TYPE,
      "--XX\r\nContent-Disposition: file; name=\"a\"\r\n\r\nb\r\n--XX--", NULL },
    { "no name", TYPE, "--XX\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\nb\r\n--XX--",
      NULL },
    { "an empty name", TYPE, "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nb\r\n--XX--",
      NULL },
    { "a name without end", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--XX--", NULL },
    { "a head that is not UTF-8", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"\xFF\"\r\n\r\nb\r\n--XX--", NULL },
    { "a header without a colon", TYPE, "--XX\r\nContent-Disposition\r\n\r\nb\r\n--XX--", NULL },
    { "a multipart in a part", TYPE,
      "--XX\r\n" FILE_A "Content-Type: multipart/mixed; boundary=YY\r\n\r\n--YY\r\n--XX--", NULL },
    { "refused by the call-back", TYPE,
      "--XX\r\nContent-Disposition: form-data; name=\"refused\"\r\n\r\nb\r\n--XX--\r\n", NULL },
};

/* The result must not depend on how the bytes are cut. */
static void
test_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        for (size_t cut = 1; cut <= strlen(cases[i].body) + 1; cut++) {
            g_autofree char *out = parse(cases[i].type, cases[i].body, strlen(cases[i].body), cut);

            if (cut == 1)
                g_test_message("%s", cases[i].name);
            g_assert_cmpstr(out, ==, cases[i].expect);
        }
}

static void
test_nul(void)
{
    static const char body[] =
        "--XX\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n\r\n--XX--";

    g_assert_null(parse(TYPE, body, sizeof body - 1, 7));
}

static void
test_limits(void)
{
    g_autofree char *filler = g_strnfill(5000, 'x');
    g_autofree char *body =
        g_strconcat("--XX\r\nX: ", filler, "\r\n" FIELD "b\r\n--XX--\r\n", NULL);
    GString *many = g_string_new(NULL);

    g_assert_null(parse(TYPE, body, strlen(body), 100));
    for (int i = 0; i < 401; i++)
        g_string_append(many, "--XX\r\n" FIELD "b\r\n");
    g_assert_null(parse(TYPE, many->str, many->len, 1000));
    g_string_free(many, true);
}

/* Bytes of all kinds, dense with what a boundary begins with. */
static void
test_binary(void)
{
    static const char alphabet[] = { '\r', '\n', '-', 'X', '\0', '\xFF' };
    GString          *body = g_string_new("--XX\r\n" FILE_A "\r\n");
    GString          *expect = g_string_new("[f](n.jpg):");

    for (int i = 0; i < 100000; i++)
        g_string_append_c(expect, alphabet[g_test_rand_int_range(0, sizeof alphabet)]);
    for (char *at; (at = memmem(expect->str, expect->len, "\r\n--XX", 6)) != NULL;)
        at[5] = 'Y';
    g_string_append_len(body, expect->str + 11, (gssize)expect->len - 11);
    g_string_append(body, "\r\n--XX--\r\n");
    g_string_append_c(expect, ';');
    for (size_t cut = 1; cut < 50000; cut = cut * 3 + 1) {
        g_autofree char *out = parse(TYPE, body->str, body->len, cut);

        g_assert_cmpmem(out, expect->len, expect->str, expect->len);
    }
    g_string_free(body, true);
    g_string_free(expect, true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/multipart/cases", test_cases);
    g_test_add_func("/multipart/nul", test_nul);
    g_test_add_func("/multipart/limits", test_limits);
    g_test_add_func("/multipart/binary", test_binary);
    return g_test_run();
}
