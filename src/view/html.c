/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes become a page here and nowhere else. What must stay true: nothing that is escaped can open
 * or close a tag, a quote or a character reference, and a page is valid UTF-8 whatever came in. What
 * needs no change, nearly all of Arabic and English, is found eight bytes at once and copied in whole
 * runs; the rest is looked at letter by letter. */
#include "view/html.h"

#include "base/text.h"
#include "base/utf8.h"
#include "html_icons.h"
#include "view/i18n_table.h"

#include <sodium.h>
#include <stdlib.h>

enum { ODD = 0, PLAIN, ENTITY, LEAD_2 };

static const uint8_t kinds[256] = {
    ['\t' ... '\n'] = PLAIN, ['\r'] = PLAIN,        [' ' ... '!'] = PLAIN,
    ['"'] = ENTITY,          ['#' ... '%'] = PLAIN, ['&' ... '\''] = ENTITY,
    ['(' ... ';'] = PLAIN,   ['<'] = ENTITY,        ['='] = PLAIN,
    ['>'] = ENTITY,          ['?' ... '~'] = PLAIN, [0xC3 ... 0xDF] = LEAD_2,
};

/* The embeddings, overrides and isolates, and the separators that end a paragraph unseen. Marks
 * (U+200E, 200F, 061C) and joiners move nothing but what stands beside them: people type them. */
static bool
is_unseen(uint32_t code)
{
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x2028 || code == 0x2029;
}

static void
add_entity(Buffer *out, uint8_t byte)
{
    switch (byte) {
    case '<':
        buffer_add(out, "&lt;", 4);
        break;
    case '>':
        buffer_add(out, "&gt;", 4);
        break;
    case '&':
        buffer_add(out, "&amp;", 5);
        break;
    case '"':
        buffer_add(out, "&quot;", 6);
        break;
    default:
        buffer_add(out, "&#39;", 5);
    }
}

static void
add_replacement(Buffer *out)
{
    buffer_add(out, "\xEF\xBF\xBD", 3);
}

/* ‹U+202E›, or, where the value goes back to the server when the form is sent, a reference to it. */
static void
add_unseen(Buffer *out, uint32_t code, bool exact)
{
    if (exact && code >= 0xA0)
        buffer_printf(out, "&#x%X;", code);
    else if (exact)
        add_replacement(out); /* no reference to a control is allowed in HTML */
    else
        buffer_printf(out, "‹U+%04X›", code);
}

/* What the table did not let pass: writes it and returns its size. */
static size_t
add_odd(Buffer *out, const uint8_t *at, size_t size, bool exact)
{
    uint32_t code;
    size_t   length = utf8_decode(at, size, &code);

    if (length == 0) {
        add_replacement(out);
        return 1;
    }
    if (length == 1 && kinds[*at] == ENTITY)
        add_entity(out, *at);
    else if (utf8_is_control(code) || is_unseen(code))
        add_unseen(out, code, exact);
    else if (utf8_is_noncharacter(code) || code == 0)
        add_replacement(out);
    else
        buffer_add(out, at, length);
    return length;
}

/* The bytes at `at` that may be copied as they are, of eight at once: ASCII that means nothing in HTML
 * and letters of two bytes (Latin with accents, Greek, Cyrillic, Hebrew, Arabic). What it does not know
 * it leaves to the table, e.g. '#', and the controls, which it takes for entities. */
static inline size_t
plain_of_eight(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    uint64_t       word, low, high, odd, lead, tail;

    memcpy(&word, at, sizeof word);
    word = GUINT64_FROM_LE(word);
    low = word & ~tops;
    high = word & tops;

    /* Adding 0x7F sets the top bit of each byte that is not zero: those that equal are left out. */
    odd = ~(((low | ones * 0x05) ^ ones * 0x27) + ones * 0x7F);  /* " # & ' */
    odd |= ~(((low | ones * 0x02) ^ ones * 0x3E) + ones * 0x7F); /* < > */
    odd |= ~(low + ones * 0x60) | (low + ones);                  /* below 0x20, and 0x7F */
    odd &= tops & ~high;

    /* 110xxxxx above 0xC3, and behind each one a 10xxxxxx, and such nowhere else. */
    lead = high & (word << 1);
    tail = high & ~(word << 1);
    odd |= lead & (word << 2);
    odd |= lead & ~((word << 3) | (word << 4) | (word << 5));
    odd |= tail ^ (lead << 8);

    if (odd == 0)
        return lead >> 63 != 0 ? 7 : 8;
    {
        size_t first = (size_t)__builtin_ctzll(odd) / 8;

        return first > 0 && (lead >> (first * 8 - 1) & 1) != 0 ? first - 1 : first;
    }
}

/* `text` ends in a NUL at text[size] and has none before. */
static void
escape(Buffer *out, const char *text, size_t size, bool exact)
{
    const uint8_t *at = (const uint8_t *)text, *run = at, *end = at + size;

    while (at < end) {
        if (end - at >= 8) {
            size_t plain = plain_of_eight(at);

            at += plain;
            if (plain >= 7)
                continue;
        }
        if (kinds[*at] == PLAIN || (kinds[*at] == LEAD_2 && (at[1] & 0xC0) == 0x80)) {
            at += kinds[*at] == PLAIN ? 1 : 2;
            continue;
        }
        if (at > run)
            buffer_add(out, run, (size_t)(at - run));
        at += add_odd(out, at, (size_t)(end - at), exact);
        run = at;
    }
    if (at > run)
        buffer_add(out, run, (size_t)(at - run));
}

void
html_raw(Html *page, const char *markup, size_t length)
{
    buffer_add(page->out, markup, length);
}

void
html_text(Html *page, const char *text)
{
    if (text != NULL)
        escape(page->out, text, strlen(text), false);
}

void
html_attr(Html *page, const char *text)
{
    if (text != NULL)
        escape(page->out, text, strlen(text), true);
}

void
html_url(Html *page, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const uint8_t *at = (const uint8_t *)text; at != NULL && *at != '\0'; at++) {
        if (g_ascii_isalnum(*at) || *at == '-' || *at == '.' || *at == '_' || *at == '~')
            buffer_add(page->out, at, 1);
        else
            buffer_add(page->out, (char[]){ '%', digits[*at >> 4], digits[*at & 15] }, 3);
    }
}

/* Browsers drop tabs and line breaks inside an address and read a backslash as a slash. */
static bool
is_own_path(const char *text)
{
    if (text[0] != '/' && text[0] != '?')
        return false;
    if (text[0] == '/' && text[1] == '/')
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if ((uint8_t)*at <= 0x20 || *at == '\\' || *at == 0x7F)
            return false;
    return true;
}

void
html_href(Html *page, const char *text)
{
    html_attr(page, text != NULL && is_own_path(text) ? text : "#");
}

void
html_int(Html *page, int64_t number)
{
    buffer_int(page->out, number);
}

void
html_number(Html *page, int64_t number)
{
    html_text(page, i18n_number(page->mem, number));
}

void
html_ref(Html *page, int64_t number)
{
    if (number <= 0)
        return;
    html_lit(page, "<bdi class=\"ref\" dir=\"ltr\">");
    html_text(page, i18n_ref(page->mem, number));
    html_lit(page, "</bdi>");
}

void
html_message(Html *page, int message)
{
    const MessageForm *form = i18n_form(page->words, message);

    escape(page->out, form->text, form->size, false);
}

/* Could `text` change the order of the sentence that it is put into? Western digits alone do not. */
static bool
turns(const Words *words, const char *text)
{
    static const bool left_to_right[256] = {
        ['#'] = true, ['+'] = true,         ['-' ... '/'] = true,
        [':'] = true, ['@' ... 'Z'] = true, ['a' ... 'z'] = true,
    };
    bool rtl = words->language.dir[0] == 'r';

    for (const uint8_t *at = (const uint8_t *)text; *at != '\0'; at++)
        if (rtl ? left_to_right[*at] : *at >= 0x80)
            return true;
    return false;
}

static void
add_argument(Html *page, const char *text)
{
    if (text == NULL)
        return;
    if (!turns(page->words, text)) {
        html_text(page, text);
        return;
    }
    html_lit(page, "<bdi>");
    html_text(page, text);
    html_lit(page, "</bdi>");
}

static void
add_form(Html *page, const MessageForm *form, const char *const *arguments, size_t n, int64_t count)
{
    if (form->parts == NULL) {
        escape(page->out, form->text, form->size, false);
        return;
    }
    for (const MessagePart *part = form->parts;; part++) {
        escape(page->out, part->text, part->size, false);
        if (part->argument == MESSAGE_END)
            return;
        if (part->argument == MESSAGE_COUNT)
            html_number(page, count);
        else if ((size_t)part->argument < n)
            add_argument(page, arguments[part->argument]);
    }
}

void
html_format(Html *page, int message, const char *const *arguments, size_t n)
{
    add_form(page, i18n_form(page->words, message), arguments, n, 0);
}

void
html_plural(Html *page, int message, int64_t count, const char *const *arguments, size_t n)
{
    add_form(page, i18n_plural_form(page->words, message, count), arguments, n, count);
}

/* As HTML wants it in <time>: in UTC, so that nothing depends on the reader. */
static void
add_instant(Html *page, AppTime time)
{
    Civil civil = clock_utc(time);

    buffer_printf(page->out, "%04d-%02d-%02dT%02d:%02dZ", civil.year, civil.month, civil.day,
                  civil.hour, civil.minute);
}

static void
add_day(Html *page, AppTime time)
{
    Civil civil = zone_civil(page->zone, time);

    buffer_printf(page->out, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static void
add_time(Html *page, AppTime time, void (*datetime)(Html *, AppTime), const char *words)
{
    if (time == 0)
        return;
    html_lit(page, "<time datetime=\"");
    datetime(page, time);
    html_lit(page, "\">");
    html_text(page, words);
    html_lit(page, "</time>");
}

void
html_date(Html *page, AppTime time)
{
    add_time(page, time, add_day, i18n_date(page->mem, page->words, page->zone, time));
}

void
html_datetime(Html *page, AppTime time)
{
    add_time(page, time, add_instant, i18n_datetime(page->mem, page->words, page->zone, time));
}

void
html_day(Html *page, AppTime time)
{
    add_time(page, time, add_day, i18n_day(page->mem, page->words, page->zone, time, page->now));
}

void
html_span(Html *page, int64_t microseconds)
{
    html_text(page, i18n_span(page->mem, page->words, microseconds));
}

void
html_left(Html *page, int64_t microseconds)
{
    html_text(page, i18n_left(page->mem, page->words, microseconds));
}

void
html_size(Html *page, int64_t bytes)
{
    html_text(page, i18n_size(page->mem, page->words, bytes));
}

void
html_safe(Html *page, SafeHtml safe)
{
    if (safe.length > 0)
        buffer_add(page->out, safe.markup, safe.length);
}

void
html_lines(Html *page, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, "\r\n");
        char  *line = arena_text(page->mem, text, size);

        escape(page->out, line, size, false);
        text += size;
        if (*text == '\0')
            return;
        html_lit(page, "<br>");
        text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
    }
}

void
html_hidden(Html *page)
{
    uint8_t bytes[16];

    randombytes_buf(bytes, sizeof bytes);
    html_hidden_with(page, text_hex(page->mem, BYTES_OF(bytes)));
}

void
html_hidden_with(Html *page, const char *command)
{
    html_lit(page, "<input type=\"hidden\" name=\"csrf\" value=\"");
    html_attr(page, page->page->csrf);
    html_lit(page, "\"><input type=\"hidden\" name=\"command\" value=\"");
    html_attr(page, command);
    html_lit(page, "\">");
}

static int
compare_icons(const void *name, const void *icon)
{
    return strcmp(name, ((const Icon *)icon)->name);
}

void
html_icon(Html *page, const char *name)
{
    const Icon *icon = NULL;

    if (name != NULL)
        icon =
            bsearch(name, html_icons, G_N_ELEMENTS(html_icons), sizeof *html_icons, compare_icons);
    if (icon != NULL)
        buffer_text(page->out, icon->markup);
}

void
html_qr(Html *page, const char *text)
{
    qr_write(page->out, page->page == NULL ? NULL : page->page->codes, text);
}

/* Written once at the start, before there are threads. */
static const Zone *site_zone;

void
html_set_zone(const Zone *zone)
{
    site_zone = zone;
}

Page *
html_nobodys_page(Arena *mem, const Words *words)
{
    Page           *page = ARENA_NEW(mem, Page);
    const Language *language = i18n_language(words);

    page->lang = language->key;
    page->dir = language->dir;
    page->csrf = "";
    page->target = "/";
    for (size_t i = 0; i18n_languages[i] != NULL; i++) {
        if (i18n_languages[i] == language)
            continue;
        page->other_lang = i18n_languages[i]->key;
        page->other_lang_name = i18n_languages[i]->name;
        break;
    }
    return page;
}

Html *
html_page(Request *req, Response *res, int status)
{
    Html *page = ARENA_NEW(req->mem, Html);

    *page = (Html){
        .out = response_body(res, status, "text/html; charset=utf-8"),
        .words = i18n_words(req->lang),
        .page = req->page,
        .zone = site_zone,
        .mem = req->mem,
        .now = req->now,
    };
    if (page->page == NULL)
        page->page = html_nobodys_page(req->mem, page->words);
    return page;
}
