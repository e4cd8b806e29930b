/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Making a code takes 40 µs, a tenth of a submission; putting one together from a table takes 1. With
 * version, mask and length given, each module is a sum modulo 2 of bits of the text: Reed and Solomon's
 * code is linear, the mask a constant. So a code is that of zeros behind the prefix, with the change
 * that each set bit of the tail makes. The library makes both; nothing of the standard is done here. */
#include "view/qr.h"

#include <glib.h>
#include <qrcodegen.h>

enum {
    VERSION_MOST = 11, /* 61 modules wide: a row is a word */
    ROWS_MOST = 61,
    BYTES_MOST = 251,
    QUIET = 4,
};

typedef struct {
    uint64_t rows[ROWS_MOST]; /* bit x: the module is dark */
} Picture;

struct QrTable {
    char   *prefix;
    size_t  head, tail;
    int     width;
    Picture zeros;
    Picture changes[]; /* by each bit of the tail, the highest of a byte first */
};

/* Every reader reads every mask: weighing all eight for the evenest picture, as the standard proposes,
 * would take four times as long. 0: it does not fit. */
static int
encode(const char *text, size_t size, Picture *out)
{
    uint8_t work[qrcodegen_BUFFER_LEN_FOR_VERSION(VERSION_MOST)];
    uint8_t code[qrcodegen_BUFFER_LEN_FOR_VERSION(VERSION_MOST)];
    int     width;

    if (size == 0 || size > BYTES_MOST)
        return 0;
    memcpy(work, text, size);
    if (!qrcodegen_encodeBinary(work, size, code, qrcodegen_Ecc_MEDIUM, qrcodegen_VERSION_MIN,
                                VERSION_MOST, qrcodegen_Mask_2, false))
        return 0;

    width = qrcodegen_getSize(code);
    for (int y = 0; y < width; y++) {
        out->rows[y] = 0;
        for (int x = 0; x < width; x++)
            out->rows[y] |= (uint64_t)qrcodegen_getModule(code, x, y) << x;
    }
    return width;
}

static void
add(Picture *to, const Picture *change, int width)
{
    for (int y = 0; y < width; y++)
        to->rows[y] ^= change->rows[y];
}

/* ---- the table ---- */

QrTable *
qr_table_new(const char *prefix, size_t tail)
{
    size_t           head = strlen(prefix), n_bits = tail * 8;
    QrTable         *table = g_malloc0(sizeof *table + n_bits * sizeof *table->changes);
    g_autofree char *text = g_malloc0(head + tail + 1);

    memcpy(text, prefix, head);
    table->prefix = g_strdup(prefix);
    table->head = head;
    table->tail = tail;
    table->width = encode(text, head + tail, &table->zeros);
    if (table->width == 0) {
        qr_table_free(table);
        return NULL;
    }

    for (size_t i = 0; i < n_bits; i++) {
        text[head + i / 8] = (char)(0x80 >> i % 8);
        encode(text, head + tail, &table->changes[i]);
        add(&table->changes[i], &table->zeros, table->width);
        text[head + i / 8] = 0;
    }
    return table;
}

void
qr_table_free(QrTable *table)
{
    if (table == NULL)
        return;
    g_free(table->prefix);
    g_free(table);
}

static bool
is_of_table(const QrTable *table, const char *text, size_t size)
{
    return table != NULL && size == table->head + table->tail &&
           memcmp(text, table->prefix, table->head) == 0;
}

static int
put_together(const QrTable *table, const char *tail, Picture *out)
{
    *out = table->zeros;
    for (size_t i = 0; i < table->tail * 8; i++)
        if (((uint8_t)tail[i / 8] & 0x80 >> i % 8) != 0)
            add(out, &table->changes[i], table->width);
    return table->width;
}

/* ---- the picture ---- */

static char *
put_number(char *at, int number)
{
    if (number < 0) {
        *at++ = '-';
        number = -number;
    }
    if (number > 9)
        *at++ = (char)('0' + number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* A run of dark modules is a line as wide as a module; its place is given from the end of the one
 * before, which keeps the numbers short. */
static void
add_lines(Buffer *out, const Picture *picture, int width)
{
    int at_x = -QUIET, at_y = 0;

    for (int y = 0; y < width; y++)
        for (uint64_t row = picture->rows[y]; row != 0;) {
            int  from = __builtin_ctzll(row);
            int  length = __builtin_ctzll(~(row >> from));
            char line[16], *end = line;

            *end++ = 'm';
            end = put_number(end, from - at_x);
            *end++ = ' ';
            end = put_number(end, y - at_y);
            *end++ = 'h';
            end = put_number(end, length);
            buffer_add(out, line, (size_t)(end - line));
            at_x = from + length;
            at_y = y;
            row &= ~((((uint64_t)1 << length) - 1) << from);
        }
}

void
qr_write(Buffer *out, const QrTable *table, const char *text)
{
    size_t  size = strlen(text);
    Picture picture;
    int width = is_of_table(table, text, size) ? put_together(table, text + table->head, &picture)
                                               : encode(text, size, &picture);
    int whole = width + 2 * QUIET;

    if (width == 0)
        return;
    buffer_printf(out,
                  "<svg viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" aria-hidden=\"true\">"
                  "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path stroke=\"#000\" d=\"M0 %d.5",
                  whole, whole, whole, whole, QUIET);
    add_lines(out, &picture, width);
    buffer_text(out, "\"/></svg>");
}
