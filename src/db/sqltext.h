/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: SQL cut into the few kinds of pieces that the checks and the migrator tell
 * apart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    SQLTEXT_END,
    SQLTEXT_BLANK,     /* white space and comments */
    SQLTEXT_QUOTED,    /* 'text', "name", `name`, [name], $$text$$; to the end if not closed */
    SQLTEXT_WORD,      /* keywords, names, numbers */
    SQLTEXT_PARAMETER, /* $1 */
    SQLTEXT_OTHER,     /* any other byte */
} SqlTextKind;

typedef struct {
    SqlTextKind kind;
    const char *text; /* borrowed from the SQL */
    size_t      length;
} SqlText;

/* The piece that begins at `at`; the next one begins at text + length. */
SqlText sqltext_next(const char *at);
/* The first piece at or behind `at` that is not blank. */
SqlText sqltext_next_solid(const char *at);
/* Is it this keyword, in any case? */
bool sqltext_is_word(SqlText piece, const char *word);
