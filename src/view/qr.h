/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* QR codes as SVG, black on white with a quiet zone (ISO/IEC 18004, level M), of at most 251 bytes. */
#pragma once

#include "base/buffer.h"

/* Codes of texts that begin alike and are equally long: made once, read by any number of threads. */
typedef struct QrTable QrTable;

/* For texts of `prefix` and `tail` bytes behind it. NULL when they are too long. */
QrTable *qr_table_new(const char *prefix, size_t tail);
void     qr_table_free(QrTable *table);

/* Nothing for an empty text or one that is too long. Fast for a text of the table's kind, which may be
 * NULL: the picture is the same with it and without. */
void qr_write(Buffer *out, const QrTable *table, const char *text);
