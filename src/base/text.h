/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people write: validity, digits, Arabic folding for comparing, masking. Text is stored as it
 * was typed; everything here works on copies made for comparing, finding or showing. */
#pragma once

#include "base/arena.h"

/* Valid UTF-8 without NUL, surrogates and noncharacters. */
bool text_is_valid(const char *text, size_t length);
/* Number of code points. */
size_t text_length(const char *text);
/* Nothing that can be seen: only space, controls, marks, fillers, tatweel. */
bool text_is_blank(const char *text);
/* Without white space (any script's) at both ends. */
char *text_trim(Arena *mem, const char *text);

/* Arabic-Indic and Persian digits become ASCII digits; everything else stays. */
char *text_ascii_digits(Arena *mem, const char *text);

/* For comparing and finding: NFKC, case folded, diacritics and tatweel dropped, hamza forms, taa
 * marbuta and alif maqsura unified, hamza at a word's end dropped, digits ASCII, punctuation and
 * white space to single spaces, bidi and zero-width controls dropped. Idempotent. */
char *text_fold(Arena *mem, const char *text);

/* The folded words of a text, stemmed (Arabic or English by script), each once, at most `most`.
 * Stop words and single letters are left out, numbers stay. */
size_t text_stems(Arena *mem, const char *text, const char **stems, size_t most);

/* How well two personal names agree, 0 to 100, after folding: parts are aligned in order, composed
 * parts (عبد الله) joined, one edit in a part costs a little, a missing middle part costs more. One
 * edit in a short given name is another person (حسن حسين, عبد الكريم عبد الحكيم), as is a feminine,
 * another first letter, parts swapped, or a first or last part missing. An element may hold several
 * parts; NULL and blank ones are no part; a side without parts, or with more than 16, scores 0.
 * 85 and more counts as the same name (docs/decisions). */
int text_name_score(const char *const *a, size_t n_a, const char *const *b, size_t n_b);

/* Telephone numbers and ten-digit document numbers in a text, and any nine digits in a row, become
 * dots (•) but for their last two digits, in any digit script and with separators. Dates and
 * petitions' numbers written with their dashes stay. */
char *text_mask_numbers(Arena *mem, const char *text);

/* Bidi, invisible and other controls shown as visible names, e.g. ‹U+202E›; line breaks, tabs,
 * joiners and variation selectors stay. */
char *text_show_controls(Arena *mem, const char *text);

/* The first `most` code points, with … when something was cut, never inside a grapheme's marks. */
char *text_ellipsis(Arena *mem, const char *text, size_t most);

/* ar when Arabic letters outnumber Latin ones, else en. */
const char *text_language(const char *text);

/* A Jordanian mobile number in any usual way of writing as 9627XXXXXXXX, or any other country's as
 * its digits with 00 or + taken off; NULL when it is none. */
char *text_phone(Arena *mem, const char *text);
/* What text_phone gave, as people write it: "+962 7 9012 3456", never broken over two lines; others with
 * their + only. */
char *text_phone_shown(Arena *mem, const char *phone);
/* Something@something.something, no white space or controls, none of <>()[]\,;:", at most 254 bytes
 * and 64 before the @. */
bool text_is_email(const char *text);

/* Lower-case hexadecimal of `bytes`. */
char *text_hex(Arena *mem, Bytes bytes);
/* The bytes of a hexadecimal text of exactly `size` bytes; false when it is none. */
bool text_from_hex(const char *text, uint8_t *out, size_t size);
