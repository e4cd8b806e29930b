/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Code points, one at a time, and what kind they are: what text, number, json and log are made of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MOST 4              /* bytes of one code point */
#define UTF8_REPLACEMENT 0xFFFDu /* stands for a byte that is no UTF-8 */

/* The code point in the first bytes of `bytes`; its size, or 0 when `size` bytes do not begin with
 * valid UTF-8 (overlong forms and surrogates are not). */
size_t utf8_decode(const uint8_t *bytes, size_t size, uint32_t *code);
/* The code point at *text, and go on behind it. UTF8_REPLACEMENT for a byte that begins nothing
 * valid; 0 at the end, where it stays. */
uint32_t utf8_next(const char **text);
/* The bytes of a code point into `out`, and how many. */
size_t utf8_encode(uint32_t code, char out[UTF8_MOST]);

/* 0 to 9 for a decimal digit of any script, else -1. */
int utf8_digit(uint32_t code);
/* White space, any script's. */
bool utf8_is_space(uint32_t code);
/* Hyphens, dashes, the minus sign. */
bool utf8_is_dash(uint32_t code);
/* Marks, embeddings, overrides and isolates of the bidirectional algorithm. */
bool utf8_is_bidi(uint32_t code);
/* What has no look of its own: bidi, zero-width, soft hyphen, variation selectors, tags. */
bool utf8_is_hidden(uint32_t code);
/* C0 without NUL, DEL, C1. */
bool utf8_is_control(uint32_t code);
/* Not for interchange: U+FDD0 and the like. */
bool utf8_is_noncharacter(uint32_t code);
