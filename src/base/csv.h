/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* CSV as RFC 4180 has it (LF or CRLF, a byte order mark is skipped), header line first. */
#pragma once

#include "base/arena.h"

typedef struct Csv Csv;

/* Reads from a file (.gz is unpacked). NOT_FOUND, INVALID (no file, no header line). */
Csv *csv_open(const char *path, GError **error) MUST_USE;
void csv_close(Csv *csv);

/* The column's index, or -1. */
int    csv_column(const Csv *csv, const char *name);
size_t csv_n_columns(const Csv *csv);
/* The next row's fields, as many as columns, into `mem`. False at the end (error unset), on a broken
 * row (INVALID, with the line's number: wrong number of fields, a stray quote or CR, no UTF-8, over
 * 4 MiB; reading can go on with the next row), or when the file is damaged or cut short (INTERNAL,
 * and again at each further call). Lines without anything are skipped. */
bool csv_next(Csv *csv, Arena *mem, const char *const **fields, GError **error) MUST_USE;
/* What was wrong with the last row, when csv_next said INVALID. */
typedef enum {
    CSV_FAULT_NONE,
    CSV_FAULT_FIELDS, /* too many or too few */
    CSV_FAULT_QUOTES, /* a stray quote or CR, no closing quote */
    CSV_FAULT_TEXT,   /* no UTF-8, a NUL */
    CSV_FAULT_LONG,   /* over 4 MiB */
} CsvFault;
CsvFault csv_fault(const Csv *csv);
/* The line on which the last row began, from 1. */
int64_t csv_line(const Csv *csv);
/* 0 to 1: how far into the file. */
double csv_progress(const Csv *csv);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Csv, csv_close)
