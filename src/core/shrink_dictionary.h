/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to shrink.c: data/shrink/1.dict in the program, made by tools/embed_bytes.py. */
#pragma once

#include <stddef.h>

extern const unsigned char shrink_dictionary_1[];
extern const size_t        shrink_dictionary_1_size;
