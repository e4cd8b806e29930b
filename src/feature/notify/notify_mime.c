/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: nothing that is not ASCII and no line break of a value reaches a header. It is
 * mail of a machine to one person: RFC 3834 marks it so that nobody's absence note answers; it is
 * no mailing list, so that it has no List- header, and answers go to its sender, so no Reply-To. */
#include "feature/notify/notify_mime.h"

#include <string.h>

enum {
    WORD_BYTES = 45, /* 60 letters of base64, with 12 around them */
    LINE = 76,
};

bool
notify_mime_is_address(const char *address)
{
    const char *at = address == NULL ? NULL : strrchr(address, '@');

    if (at == NULL || at == address || at[1] == '\0')
        return false;
    for (const char *c = address; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>()[],;:\\\"", *c) != NULL)
            return false;
    return true;
}

/* As many whole characters as fit into one word. */
static size_t
word_length(const char *text)
{
    size_t length = strlen(text);

    if (length <= WORD_BYTES)
        return length;
    length = WORD_BYTES;
    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

const char *
notify_mime_header(Arena *mem, const char *text)
{
    const char *header = "";

    do {
        size_t           length = word_length(text);
        g_autofree char *encoded = g_base64_encode((const guchar *)text, length);

        header = arena_printf(mem, "%s%s=?UTF-8?B?%s?=", header, header[0] == '\0' ? "" : "\r\n ",
                              encoded);
        text += length;
    } while (text[0] != '\0');
    return header;
}

static void
append_base64(GString *mail, const char *text)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));

    for (size_t at = 0, length = strlen(encoded); at < length; at += LINE)
        g_string_append_printf(mail, "%.*s\r\n", LINE, encoded + at);
}

static const char *
date(Arena *mem, AppTime at)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    Civil                    utc = clock_utc(at);

    return arena_printf(mem, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[utc.weekday], utc.day,
                        months[utc.month - 1], utc.year, utc.hour, utc.minute, utc.second);
}

GString *
notify_mime_write(Arena *mem, const NotifyMail *mail)
{
    GString    *out = g_string_new(NULL);
    const char *domain = strrchr(mail->from, '@');

    g_string_append_printf(out, "Date: %s\r\n", date(mem, mail->at));
    g_string_append_printf(out, "From: %s <%s>\r\n", notify_mime_header(mem, mail->from_name),
                           mail->from);
    g_string_append_printf(out, "To: %s\r\n", mail->to);
    g_string_append_printf(out, "Subject: %s\r\n", notify_mime_header(mem, mail->subject));
    g_string_append_printf(out, "Message-ID: <%" G_GINT64_FORMAT ".sawt%s>\r\n", (gint64)mail->id,
                           domain == NULL ? "@localhost" : domain);
    g_string_append_printf(out, "Content-Language: %s\r\n", mail->lang);
    g_string_append(out, "Auto-Submitted: auto-generated\r\n"
                         "X-Auto-Response-Suppress: All\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n");
    append_base64(out, mail->text);
    return out;
}
