/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only way bytes become a page. Each function escapes for one place; raw markup comes from
 * templates only. Page text lives in .html files beside the feature, compiled by tools/tmplc.py
 * against the C view structs (docs/templates.md has the language). */
#pragma once

#include "http/request.h"
#include "http/response.h"
#include "view/i18n.h"
#include "view/qr.h"

typedef struct {
    int         label; /* a message */
    const char *href;
    bool        current;
    int64_t     count; /* shown behind the label; 0: none */
} NavItem;

/* What every page shows around its content. Filled by the gate for each request (req->page). */
typedef struct Page {
    const char    *lang, *dir;
    const char    *csrf;  /* token for the forms of this page */
    const char    *who;   /* name of the signed-in account, or NULL */
    const char    *place; /* its entity or unit, or NULL */
    int            role;  /* message of its role; 0: nobody signed in */
    const NavItem *nav;
    size_t         n_nav;
    const char    *target;  /* this page's path and query: for the language switch */
    const char    *sign_in; /* where to sign in for it, and come back; NULL: as a requester */
    const char    *other_lang, *other_lang_name;
    bool           staff, trial;
    int            notice; /* message of what was just done (after a 303), or 0 */
    const QrTable *codes;  /* for links that are often drawn, or NULL */
} Page;

typedef struct Html {
    Buffer      *out;
    const Words *words;
    const Page  *page;
    const Zone  *zone;
    Arena       *mem;
    AppTime      now;
    const char *main_class; /* of <main>, from {{page … class="…"}}; NULL: "page", staff "work" */
} Html;

/* Markup that was made by this layer and needs no escaping. */
typedef struct {
    const char *markup;
    size_t      length;
} SafeHtml;

/* What stands around a page that no gate has filled in: an address that does not exist, a store that does not
 * answer. Its forms have no token. */
Page *html_nobodys_page(Arena *mem, const Words *words);

/* Begin an answer of HTML for `req`. The result lives in req->mem. */
Html *html_page(Request *req, Response *res, int status);

void  html_raw(Html *page, const char *markup, size_t length); /* template literals only */
#define html_lit(page, literal) html_raw((page), (literal), sizeof(literal) - 1)
void html_text(Html *page, const char *text); /* between tags; controls of direction made visible */
void html_attr(Html *page, const char *text); /* inside ="…" */
void html_url(Html *page, const char *text);  /* one path segment or query value */
void
html_href(Html *page, const char *text); /* a whole path of this site; anything else becomes "#" */
void html_int(Html *page, int64_t number);
void html_number(Html *page, int64_t number); /* with separators */
void html_ref(Html *page, int64_t number);    /* a petition's number, isolated left to right */
void html_message(Html *page, int message);   /* escaped words */
void html_format(Html *page, int message, const char *const *arguments, size_t n);
void html_plural(Html *page, int message, int64_t count, const char *const *arguments, size_t n);
void html_date(Html *page, AppTime time); /* <time datetime> */
void html_datetime(Html *page, AppTime time);
void html_day(Html *page, AppTime time);
void html_span(Html *page, int64_t microseconds);
void html_size(Html *page, int64_t bytes);
void html_left(Html *page, int64_t microseconds); /* left, or late when negative */
void html_safe(Html *page, SafeHtml safe);
/* An icon of web/icons whose name is data, not a literal of the template; nothing for another. */
void html_icon(Html *page, const char *name);
/* Lines of a person's text: escaped, line breaks kept. */
void html_lines(Html *page, const char *text);
/* csrf and a fresh command id (32 hex digits) as hidden inputs; or a command id that came back. */
void html_hidden(Html *page);
void html_hidden_with(Html *page, const char *command);

/* An SVG of a QR code for `text` (view/qr.h). */
void html_qr(Html *page, const char *text);

/* The process's time zone for dates on pages; set once at the start. */
void html_set_zone(const Zone *zone);
