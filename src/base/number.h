/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The public number of a petition: 26-4839-2017-5 = year, eight digits, check digit (Damm 2004: a
 * totally anti-symmetric quasigroup of order 10, catches every single-digit error and every swap
 * of neighbours). In the store it is the eleven digits as an integer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT_SIZE 15 /* 26-4839-2017-5 and NUL */

/* `year` 0–99, `body` 0–99,999,999. */
int64_t number_make(int year, int64_t body);
/* With dashes, into `out`. */
void number_format(int64_t number, char out[NUMBER_TEXT_SIZE]);
/* Any digit script, with or without dashes, spaces and bidi controls between. False when there are
 * not eleven digits or the check digit is wrong. */
bool number_parse(const char *text, int64_t *number);
