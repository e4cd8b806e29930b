/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables that tools/poc.py writes to messages.c, seen only by i18n.c and html.c: texts are cut
 * at their arguments when the program is built, so that formatting parses nothing. */
#pragma once

#include "view/i18n.h"

enum {
    MESSAGE_END = -1,   /* no argument behind this part */
    MESSAGE_COUNT = -2, /* the plural's number */
};

typedef struct {
    const char *text;
    uint32_t    size;
    int32_t     argument; /* that stands behind the text: its index, or one of the two above */
} MessagePart;

typedef struct {
    const char        *text; /* whole, with {arguments} */
    uint32_t           size;
    const MessagePart *parts; /* up to the one whose argument is MESSAGE_END; NULL: no arguments */
} MessageForm;

struct Words {
    Language           language;
    const MessageForm *forms; /* of all messages, a plural's one after the other */
    const uint16_t    *first; /* by message - 1: its first form; one more at the end */
    int (*plural)(uint64_t count);
};

extern const Words       i18n_tables[];
extern const size_t      i18n_n_tables;
extern const char *const i18n_keys[]; /* sorted; the message is the index + 1 */
extern const int         i18n_n_keys;

/* CLDR's rules: the index of the form for a number. */
int i18n_plural_ar(uint64_t count);
int i18n_plural_en(uint64_t count);

/* The only form of a message, or its first. An empty one for what is no message. */
const MessageForm *i18n_form(const Words *words, int message);
/* The form of a plural for `count`, either side of zero. */
const MessageForm *i18n_plural_form(const Words *words, int message, int64_t count);
