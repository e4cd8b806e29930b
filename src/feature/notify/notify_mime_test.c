/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/notify/notify_mime.h"

#include <string.h>

static const struct {
    const char *name, *address;
    bool        right;
} addresses[] = {
    { "usual", "salma@example.org", true },
    { "signs", "s.a-l_m+a@mail.example.org", true },
    { "none", NULL, false },
    { "empty", "", false },
    { "no domain", "salma@", false },
    { "no name", "@example.org", false },
    { "no at", "salma", false },
    { "a second command", "a@b.org\r\nRCPT TO:<c@d.org", false },
    { "line feed", "a@b.org\nBcc: c@d.org", false },
    { "brackets", "a@b.org> <c@d.org", false },
    { "two", "a@b.org,c@d.org", false },
    { "a group", "x:a@b.org;", false },
    { "a comment", "a(x)@b.org", false },
    { "quoted", "\"a b\"@b.org", false },
    { "space", "a b@b.org", false },
    { "Arabic", "سلمى@example.org", false },
    { "Arabic domain", "salma@مثال.الاردن", false },
    { "control", "a\x7f@b.org", false },
};

static void
knows_addresses(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_test_message("%s", addresses[i].name);
        g_assert_true(notify_mime_is_address(addresses[i].address) == addresses[i].right);
    }
}

static const char *const subjects[] = {
    "",
    "Your request",
    "طلبكم رقم \u200E26-4839-2017-5",
    "بيان طويل جدًا عن طلب قُدّم منذ زمن بعيد، وفيه من الكلمات ما لا يتسع له سطر واحد من رأس الرسالة",
    "line\r\nBcc: somebody@example.org",
    "😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
};

/* Joined again the words say the same; each is whole, short and ASCII. */
static void
encodes_headers(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        g_auto(GStrv) words = g_strsplit(notify_mime_header(mem, subjects[i]), "\r\n ", -1);
        g_autoptr(GString) whole = g_string_new(NULL);

        g_test_message("%zu", i);
        for (char **word = words; *word != NULL; word++) {
            gsize            size = 0;
            size_t           length = strlen(*word);
            g_autofree char *coded = NULL;
            g_autofree char *said = NULL;

            g_assert_cmpuint(length, <=, 75);
            g_assert_true(g_str_has_prefix(*word, "=?UTF-8?B?"));
            g_assert_true(g_str_has_suffix(*word, "?="));
            coded = g_strndup(*word + 10, length - 12);
            g_assert_null(strpbrk(coded, "\r\n ?"));
            said = coded[0] == '\0' ? g_strdup("") : (char *)g_base64_decode(coded, &size);
            g_assert_true(g_utf8_validate(said, (gssize)size, NULL));
            g_string_append_len(whole, said, (gssize)size);
        }
        g_assert_cmpstr(whole->str, ==, subjects[i]);
    }
}

static void
writes_a_mail(void)
{
    g_autoptr(Arena) mem = arena_new();
    NotifyMail mail = { .id = 42,
                        .from = "sawt@example.gov.jo",
                        .from_name = "Sawt",
                        .to = "salma@example.org",
                        .subject = "Hi",
                        .text = "A text that is longer than the one line of seventy-six letters.",
                        .lang = "en",
                        .at = (AppTime)1776236400 * SECONDS };
    GString   *out = notify_mime_write(mem, &mail);

    g_assert_cmpstr(
        out->str, ==,
        "Date: Wed, 15 Apr 2026 07:00:00 +0000\r\n"
        "From: =?UTF-8?B?U2F3dA==?= <sawt@example.gov.jo>\r\n"
        "To: salma@example.org\r\n"
        "Subject: =?UTF-8?B?SGk=?=\r\n"
        "Message-ID: <42.sawt@example.gov.jo>\r\n"
        "Content-Language: en\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "X-Auto-Response-Suppress: All\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        "QSB0ZXh0IHRoYXQgaXMgbG9uZ2VyIHRoYW4gdGhlIG9uZSBsaW5lIG9mIHNldmVudHktc2l4IGxl\r\n"
        "dHRlcnMu\r\n");
    g_string_free(out, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/notify_mime/knows addresses", knows_addresses);
    g_test_add_func("/notify_mime/encodes headers", encodes_headers);
    g_test_add_func("/notify_mime/writes a mail", writes_a_mail);
    return g_test_run();
}
