/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fields as people see them: label, hint, what was typed, the mistake in words beside it; made from
 * the same FormSpec that checks them. */
#pragma once

#include "http/form.h"
#include "view/html.h"

typedef struct {
    const char *value, *label, *hint; /* texts in the reader's language */
    const char *icon;                 /* or NULL */
} Choice;

/* Choices of one field that come from data or from the catalogue. */
typedef struct {
    const char   *field;
    const Choice *choices;
    size_t        n;
    bool          as_list; /* a select instead of radio rows */
} Choices;

typedef struct FormView {
    const Form *form;
    const Choices
               *choices; /* for fields whose `choices` are data; NULL-field terminated, or NULL */
    const char *action;  /* where it is posted */
    const char
        *prefix; /* of its ids, where two forms of a page have a field in common; NULL: "f" */
    const char *autosave; /* where it is kept while it is typed, or NULL */
    bool        files;    /* multipart */
    bool        question; /* one question a page: the field's label is the page's h1 */
} FormView;

/* The whole field. A FORM_CHOICE without Choices takes its labels from "choice.NAME.CODE" (and
 * ".hint" behind it, where that exists) of the catalogue. Large rows when it is one question a page. */
void form_view_field(Html *page, const FormView *view, const char *name);
/* The summary of mistakes with links to the fields; nothing when there are none. */
void form_view_errors(Html *page, const FormView *view);
/* Its form was sent and has mistakes. NULL has none. */
bool form_view_mistaken(const FormView *view);
/* Opening tag with csrf and command (kept when it was typed before, so that a repeat is a repeat). */
void form_view_begin(Html *page, const FormView *view);
/* The sentence of a mistake. */
const char *
form_view_sentence(Arena *mem, const Words *words, const Form *form, const FormMistake *mistake);
