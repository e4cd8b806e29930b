/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/petition/petition_refusal.h"

#include "view/i18n.h"

const char *
petition_refusal_text(System *sys, Arena *mem, const char *lang, const Refusal *refusal)
{
    const Words *words = i18n_words(lang);
    const char  *arguments[G_N_ELEMENTS(refusal->arguments) + G_N_ELEMENTS(refusal->times)];
    size_t       n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(refusal->arguments) && refusal->arguments[i] != NULL; i++)
        arguments[n++] = refusal->arguments[i];
    for (size_t i = 0; i < G_N_ELEMENTS(refusal->times) && refusal->times[i] != 0; i++)
        arguments[n++] = i18n_date(mem, words, sys->zone, refusal->times[i]);
    return i18n_format(mem, words, refusal->message, arguments, n);
}
