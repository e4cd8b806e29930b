/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fills the view of layout.html, which is cut at {{content}} into a beginning and an end. */
#include "view/layout.h"

#include "view_html.h"

static LayoutView
view_of(Html *page, const char *title, bool mistaken)
{
    const Page *around = page->page;
    const char *usual = around->staff ? "work" : "page";

    return (LayoutView){
        .title = title,
        .mistaken = mistaken,
        .page = *around,
        .other_dir = i18n_language(i18n_words(around->other_lang))->dir,
        .main_class = page->main_class == NULL ? usual : page->main_class,
        .rtl = i18n_language(page->words)->dir[0] == 'r',
        .citizen_nav = !around->staff && around->n_nav > 0,
    };
}

void
layout_begin(Html *page, const char *title, bool mistaken)
{
    LayoutView view = view_of(page, title, mistaken);

    layout_begin_html(page, &view);
}

void
layout_end(Html *page)
{
    LayoutView view = view_of(page, NULL, false);

    layout_end_html(page, &view);
}
