/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "view/qr.h"

#include <glib.h>

#define PREFIX "http://localhost:8080/f/"

static char *
written(const QrTable *table, const char *text)
{
    Buffer out;
    char  *copy;

    buffer_init(&out);
    qr_write(&out, table, text);
    copy = g_strndup(out.data == NULL ? "" : out.data, out.size);
    buffer_clear(&out);
    return copy;
}

static void
is_a_picture(void)
{
    g_autofree char *code = written(NULL, "https://sawt.example/t/7KQ2M-9XWPA");

    g_assert_true(g_str_has_prefix(code, "<svg viewBox=\"0 0 37 37\""));
    g_assert_true(g_str_has_suffix(code, "\"/></svg>"));
    /* The finder's first row: seven dark modules from the corner of the quiet zone. */
    g_assert_nonnull(strstr(code, "d=\"M0 4.5m4 0h7"));
}

static void
what_does_not_fit(void)
{
    static char big[252 + 1];

    memset(big, 'x', sizeof big - 1);
    g_assert_null(qr_table_new(big, 0));
    g_assert_null(qr_table_new(big + 2, 2));
    g_assert_null(qr_table_new("", 0));
    for (size_t i = 0; i < 2; i++) {
        g_autofree char *none = written(NULL, i == 0 ? "" : big);

        g_assert_cmpstr(none, ==, "");
    }
    big[251] = '\0';
    g_autofree char *most = written(NULL, big);
    g_assert_true(g_str_has_prefix(most, "<svg viewBox=\"0 0 69 69\""));
}

/* Every tail, also of bytes that no link has, must be what the library makes of the whole text. */
static void
same_with_a_table(void)
{
    enum { TAIL = 25, ROUNDS = 2000 };
    QrTable *table = qr_table_new(PREFIX, TAIL);
    char     text[sizeof PREFIX + TAIL] = PREFIX;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TAIL; i++)
            text[sizeof PREFIX - 1 + i] = (char)g_test_rand_int_range(1, 256);

        g_autofree char *with = written(table, text);
        g_autofree char *without = written(NULL, text);
        g_assert_cmpstr(with, ==, without);
        g_assert_cmpuint(strlen(with), >, 1000);
    }
    qr_table_free(table);
}

static void
other_texts_beside_a_table(void)
{
    static const char *const others[] = { PREFIX "12345", PREFIX "123",
                                          "http://localhost:8081/f/1234", "otpauth://totp/x", "" };
    QrTable                 *table = qr_table_new(PREFIX, 4);

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *with = written(table, others[i]);
        g_autofree char *without = written(NULL, others[i]);

        g_assert_cmpstr(with, ==, without);
    }
    qr_table_free(table);
    qr_table_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qr/is a picture", is_a_picture);
    g_test_add_func("/qr/what does not fit", what_does_not_fit);
    g_test_add_func("/qr/same with a table", same_with_a_table);
    g_test_add_func("/qr/other texts beside a table", other_texts_beside_a_table);
    return g_test_run();
}
