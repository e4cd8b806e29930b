/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words in both languages. Catalogues (locale/NAME.ar.po, NAME.en.po; msgid is a key like
 * "petition.overdue") are compiled by tools/poc.py to const tables indexed by the enum of the
 * generated "messages.h" (MSG_PETITION_OVERDUE), whose comment beside each message names its
 * arguments in order. gettext's process-wide locale does not work with threads. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"

typedef struct Words Words; /* one language's table */

typedef struct {
    const char *key;  /* "ar", "en" */
    const char *dir;  /* "rtl", "ltr" */
    const char *name; /* in its own language */
} Language;

/* The first is the fall-back and the default. NULL-terminated. */
extern const Language *const i18n_languages[];

/* The words of a language; of the first configured one when it is unknown. Never NULL. */
const Words    *i18n_words(const char *lang);
const Language *i18n_language(const Words *words);

/* A message without arguments put in: the template text. Never NULL for a valid id. */
const char *i18n_text(const Words *words, int message);
/* With its {arguments}, in the order of messages.h; a NULL argument is an empty text. It is plain text,
 * for messages and attributes: numbers with dashes get a mark so that they are not turned round. */
const char *
i18n_format(Arena *mem, const Words *words, int message, const char *const *arguments, size_t n);
#define I18N_ARGS(...)                                                                             \
    ((const char *const[]){ __VA_ARGS__ }),                                                        \
        (sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
/* The plural form of `count` (six in Arabic by CLDR), whose {count} is put in, besides arguments. */
const char *i18n_plural(Arena *mem, const Words *words, int message, int64_t count,
                        const char *const *arguments, size_t n);
/* The message of a key made at run time, e.g. "state." and a code; 0 when there is none. */
int i18n_find(const char *key);
int i18n_find_in(const char *prefix, const char *code);

/* 25 تشرين الثاني 2026 · 25 November 2026, in the zone; Western digits. Time 0 is an empty text. */
const char *i18n_date(Arena *mem, const Words *words, const Zone *zone, AppTime time);
/* With the weekday and the time of day. */
const char *i18n_datetime(Arena *mem, const Words *words, const Zone *zone, AppTime time);
/* The weekday and date, without the year when it is this one: الأحد 12 نيسان. */
const char *i18n_day(Arena *mem, const Words *words, const Zone *zone, AppTime time, AppTime now);
/* A distance in whole days, hours or minutes: «3 أيام», "3 days". */
const char *i18n_span(Arena *mem, const Words *words, int64_t microseconds);
/* The time that is left, «بقيت 4 أيام», or, when negative, how late it is, «متأخر يومين». */
const char *i18n_left(Arena *mem, const Words *words, int64_t microseconds);
/* 1,234,567 */
const char *i18n_number(Arena *mem, int64_t number);
/* A petition's number with dashes, 26-4839-2017-5; 0 is an empty text. */
const char *i18n_ref(Arena *mem, int64_t number);
/* 1.4 MB */
const char *i18n_size(Arena *mem, const Words *words, int64_t bytes);
