/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of an error: what happened and what one can do, from the messages error.STATUS.*. */
#pragma once

#include "view/form_view.h"

typedef struct {
    const char *name, *value;
    const char *label; /* of lines of text, which are shown; NULL: carried unseen */
} TroubleTyped;

typedef struct {
    int64_t     status;
    int         title, text, todo;
    const char *incident; /* the request's id in hexadecimal, or NULL */
    const char *sign_in;  /* where to; NULL: that would not help */
    /* What was sent and not done, to be sent again; or NULL. */
    const FormView     *again;
    const TroubleTyped *typed;
    size_t              n_typed;
} TroubleView;

/* The status whose messages say it: an error without messages of its own is told as 400 when the
 * request was at fault, else as 500. */
int trouble_words(Arena *mem, int status);
/* Words of the 403 of a form whose page is out of date: nobody's right is missing. */
#define TROUBLE_OLD_FORM 419

/* Begin the answer and write the page for `status` with the words of `words` (another one, or the same). Where
 * sending again may help (it is our fault, the session ended, it was too often, the page is old) the page
 * has a form with all that was typed, under its command id: nothing is lost. Only when the form is `own`, from a
 * page of ours: else a stranger could lay words into somebody's mouth.
 * Needs nothing that may itself be in trouble: `req` may have no page, route or language. */
void trouble_show(Request *req, Response *res, int status, int words, bool own);
