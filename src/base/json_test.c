/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/json.h"

#include "base/vectors.h"

#include <string.h>

#define MOST 8

static void
an_object_is_written(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    json_text(&json, "name", "صوت");
    json_text(&json, "none", NULL);
    json_int(&json, "least", INT64_MIN);
    json_bool(&json, "yes", true);
    json_array_begin(&json, "list");
    json_int(&json, NULL, 1);
    json_object_begin(&json, NULL);
    json_object_end(&json);
    json_array_begin(&json, NULL);
    json_array_end(&json);
    json_array_end(&json);
    json_bool(&json, "no", false);
    json_object_end(&json);
    g_assert_cmpstr(out->str, ==,
                    "{\"name\":\"صوت\",\"none\":null,\"least\":-9223372036854775808,\"yes\":true,"
                    "\"list\":[1,{},[]],\"no\":false}");
}

static void
what_is_written_is_read_back(void)
{
    static const char *const texts[] = {
        "",      "\"\\/",     "\b\f\n\r\t\x01\x1f\x7f", "\u202Eabc\u2066", "\u2028\xC2\x85",
        "😀 é ص", "</script>",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;
        JsonPair pairs[MOST];
        size_t   n_pairs;
        Json     json;

        json_init(&json, out);
        json_object_begin(&json, NULL);
        json_text(&json, texts[i], texts[i]);
        json_object_end(&json);
        g_assert_true(json_read(mem, out->str, out->len, pairs, MOST, &n_pairs, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(n_pairs, ==, 1);
        g_assert_cmpstr(pairs[0].key, ==, texts[i]);
        g_assert_cmpstr(json_find(pairs, n_pairs, texts[i]), ==, texts[i]);
    }
}

/* Pairs as "key=text;", null as "key;". */
static const struct {
    const char *name, *text, *pairs; /* NULL: refused */
} read_cases[] = {
    { "nothing in it", " { } \r\n", "" },
    { "each kind of scalar", "{\"a\":\"x\",\"b\":-12,\"c\":true,\"d\":false,\"e\":null}",
      "a=x;b=-12;c=true;d=false;e;" },
    { "in the order of the text", "{\"z\":1,\"a\":2,\"m\":3}", "z=1;a=2;m=3;" },
    { "numbers as written", "{\"a\":1.50,\"b\":1E5,\"c\":0.1e-2,\"d\":9223372036854775807}",
      "a=1.50;b=1E5;c=0.1e-2;d=9223372036854775807;" },
    { "escapes", "{\"a\":\"\\u0635\\n\\/\\ud83d\\ude00\"}", "a=ص\n/😀;" },
    { "an array of scalars", "{\"a\":[\"x\",1,true]}",
      "a=x\x1f"
      "1\x1ftrue;" },
    { "an empty array", "{\"a\":[]}", "a=;" },
    { "an empty key", "{\"\":1}", "=1;" },
    { "a colon in a text is no member", "{\"a:b\":\"c:\\\":d\"}", "a:b=c:\":d;" },
    { "nothing at all", "", NULL },
    { "only space", " ", NULL },
    { "an array", "[1]", NULL },
    { "a number", "1", NULL },
    { "null", "null", NULL },
    { "a text", "\"a\"", NULL },
    { "a key twice", "{\"a\":1,\"a\":2}", NULL },
    { "a key twice, once in escapes", "{\"a\":1,\"\\u0061\":1}", NULL },
    { "an object inside", "{\"a\":{}}", NULL },
    { "an object inside with a member", "{\"a\":{\"b\":1}}", NULL },
    { "an object in an array", "{\"a\":[{}]}", NULL },
    { "an array in an array", "{\"a\":[[]]}", NULL },
    { "null in an array", "{\"a\":[null]}", NULL },
    { "the joint in an array", "{\"a\":[\"x\\u001fy\"]}", NULL },
    { "more members than asked for",
      "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}", NULL },
    { "something behind it", "{} x", NULL },
    { "another object behind it", "{}{}", NULL },
    { "cut short", "{\"a\":1", NULL },
    { "a comma too many", "{\"a\":1,}", NULL },
    { "single quotes", "{'a':1}", NULL },
    { "no quotes", "{a:1}", NULL },
    { "a comment", "{/* */}", NULL },
    { "NaN", "{\"a\":NaN}", NULL },
    { "Infinity", "{\"a\":-Infinity}", NULL },
    { "TRUE", "{\"a\":TRUE}", NULL },
    { "a number too large for a double", "{\"a\":1e999}", NULL },
    { "a number too large for 64 bits", "{\"a\":123456789012345678901234567890}", NULL },
    { "a leading zero", "{\"a\":01}", NULL },
    { "a bare minus", "{\"a\":-}", NULL },
    { "a dot without digits", "{\"a\":1.}", NULL },
    { "a control character in a text", "{\"a\":\"\x01\"}", NULL },
    { "a tab in a text", "{\"a\":\"\t\"}", NULL },
    { "NUL in escapes", "{\"a\":\"x\\u0000y\"}", NULL },
    { "NUL in escapes in a key", "{\"x\\u0000y\":1}", NULL },
    { "an escaped backslash before u0000 is none", "{\"a\":\"\\\\u0000\"}", "a=\\u0000;" },
    { "a noncharacter", "{\"a\":\"\\uffff\"}", NULL },
    { "invalid UTF-8", "{\"a\":\"\xff\"}", NULL },
    { "overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", NULL },
    { "an unknown escape", "{\"a\":\"\\x\"}", NULL },
    { "a byte order mark", "\xEF\xBB\xBF{}", NULL },
};

static char *
pairs_text(const JsonPair *pairs, size_t n_pairs)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < n_pairs; i++) {
        g_string_append(text, pairs[i].key);
        if (pairs[i].text != NULL)
            g_string_append_printf(text, "=%s", pairs[i].text);
        g_string_append_c(text, ';');
    }
    return g_string_free(text, FALSE);
}

static void
objects_are_read_strictly(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(read_cases); i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *exact = g_memdup2(read_cases[i].text, MAX(strlen(read_cases[i].text), 1));
        g_autofree char *got = NULL;
        JsonPair         pairs[MOST];
        size_t           n_pairs = 99;

        g_test_message("%s", read_cases[i].name);
        if (!json_read(mem, exact, strlen(read_cases[i].text), pairs, MOST, &n_pairs, &error)) {
            g_assert_null(read_cases[i].pairs);
            g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
            g_assert_cmpuint(n_pairs, ==, 99);
            continue;
        }
        got = pairs_text(pairs, n_pairs);
        g_assert_cmpstr(got, ==, read_cases[i].pairs);
    }
}

static void
a_nul_ends_nothing(void)
{
    static const char text[] = "{}\0{}";
    g_autoptr(Arena) mem = arena_new();
    JsonPair pairs[MOST];
    size_t   n_pairs;

    g_assert_false(json_read(mem, text, 3, pairs, MOST, &n_pairs, NULL));
    g_assert_false(json_read(mem, text, 5, pairs, MOST, &n_pairs, NULL));
    g_assert_true(json_read(mem, text, 2, pairs, MOST, &n_pairs, NULL));
    g_assert_null(json_find(pairs, n_pairs, "a"));
}

static void
hostile_depth_and_length_are_refused(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autofree char *brackets = g_strnfill(1000000, '[');
    g_autofree char *braces = g_strnfill(1000000, '{');
    JsonPair         pairs[MOST];
    size_t           n_pairs;

    memcpy(brackets, "{\"a\":", 5);
    g_assert_false(json_read(mem, brackets, 1000000, pairs, MOST, &n_pairs, NULL));
    g_assert_false(json_read(mem, braces, 1000000, pairs, MOST, &n_pairs, NULL));
    g_assert_false(json_read(mem, "{}", (size_t)G_MAXINT + 1, pairs, MOST, &n_pairs, NULL));
}

/* What the suite takes as JSON and we refuse: objects and arrays in the array, null in it, NUL in a
 * text, noncharacters, and what is no array. */
static bool
is_refused_by_us(const char *name, const char *content, size_t length)
{
    return length < 2 || content[0] != '[' || memchr(content + 1, '{', length - 1) != NULL ||
           memchr(content + 1, '[', length - 1) != NULL || strstr(content, "null") != NULL ||
           strstr(content, "u0000") != NULL || strstr(name, "nonchar") != NULL ||
           strstr(name, "nonCharacter") != NULL || strstr(name, "last_surrogates") != NULL;
}

/* The suite's files are mostly arrays of one value: `{"v":` stands before each, `}` behind it. */
static void
the_suite_is_obeyed(void)
{
    g_autofree char *folder = vectors_path("vec-json");
    g_autofree char *path = folder == NULL ? NULL : g_build_filename(folder, "test_parsing", NULL);
    g_autoptr(GDir) files = path == NULL ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    int         n_taken = 0, n_refused = 0;

    if (files == NULL)
        return;
    while ((name = g_dir_read_name(files)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *content = NULL;
        g_autoptr(GString) text = g_string_new("{\"v\":");
        g_autoptr(Arena) mem = arena_new();
        JsonPair pairs[MOST];
        size_t   length, n_pairs;
        bool     taken;

        g_assert_true(g_file_get_contents(file, &content, &length, NULL));
        g_string_append_len(text, content, (gssize)length);
        g_string_append_c(text, '}');
        taken = json_read(mem, text->str, text->len, pairs, MOST, &n_pairs, NULL);
        if (name[0] == 'n' && taken)
            g_error("%s was read", name);
        if (name[0] == 'y' && !taken && !is_refused_by_us(name, content, length))
            g_error("%s was not read", name);
        n_taken += taken;
        n_refused += !taken;
    }
    g_test_message("%d read, %d refused", n_taken, n_refused);
    g_assert_cmpint(n_taken, >, 60);
    g_assert_cmpint(n_refused, >, 180);
}

/* What our own writer writes is read by a shorter way. Behind a blank the same object takes the long one, and
 * both must say the same of it, whatever has happened to it. */
static void
both_ways_read_the_same(void)
{
    static const char whole[] = "{\"subject\":\"إنارة الشارع\",\"n\":1202,\"text\":\"a \\\"b\\\" "
                                "c\",\"zero\":0,\"empty\":\"\"}";
    static const char signs[] = "{}[],:\"\\0123456789-.eE tfnu\x01\x7f\xd8\xc3\xff ";
    GRand            *random = g_rand_new_with_seed(7);
    int               n_read = 0;

    for (int i = 0; i < 40000; i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GString) text = g_string_new(whole);
        g_autofree char *blank = NULL;
        JsonPair         short_way[8], long_way[8];
        size_t           n_short = 0, n_long = 0;

        for (int k = g_rand_int_range(random, 0, 3); k > 0; k--) {
            gssize at = g_rand_int_range(random, 1, (gint32)text->len);

            if (g_rand_boolean(random))
                g_string_erase(text, at, 1);
            else
                g_string_insert_c(text, at, signs[g_rand_int_range(random, 0, sizeof signs - 1)]);
        }
        blank = g_strdup_printf("{ %s", text->str + 1);
        bool first = json_read(mem, text->str, text->len, short_way, 8, &n_short, NULL);
        bool second = json_read(mem, blank, strlen(blank), long_way, 8, &n_long, NULL);

        g_assert_cmpint(first, ==, second);
        n_read += first;
        if (!first)
            continue;
        g_assert_cmpuint(n_short, ==, n_long);
        for (size_t k = 0; k < n_short; k++) {
            g_assert_cmpstr(short_way[k].key, ==, long_way[k].key);
            g_assert_cmpstr(short_way[k].text, ==, long_way[k].text);
        }
    }
    g_assert_cmpint(n_read, >, 10000);
    g_rand_free(random);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/write", an_object_is_written);
    g_test_add_func("/json/back", what_is_written_is_read_back);
    g_test_add_func("/json/read", objects_are_read_strictly);
    g_test_add_func("/json/nul", a_nul_ends_nothing);
    g_test_add_func("/json/hostile", hostile_depth_and_length_are_refused);
    g_test_add_func("/json/suite", the_suite_is_obeyed);
    g_test_add_func("/json/both-ways", both_ways_read_the_same);
    return g_test_run();
}
