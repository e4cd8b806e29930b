/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A scanner, not a parser: it only has to know where quotes and comments begin and end, so that
 * nothing inside them is taken for a word or a parameter. */
#include "db/sqltext.h"

#include <glib.h>
#include <string.h>

static bool
is_word_byte(char byte)
{
    return g_ascii_isalnum(byte) || byte == '_' || (unsigned char)byte >= 0x80;
}

static const char *
skip_blank(const char *at)
{
    while (true) {
        if (g_ascii_isspace(*at)) {
            at++;
        } else if (g_str_has_prefix(at, "--")) {
            at += strcspn(at, "\n");
        } else if (g_str_has_prefix(at, "/*")) {
            const char *end = strstr(at + 2, "*/");

            at = end == NULL ? at + strlen(at) : end + 2;
        } else {
            return at;
        }
    }
}

/* A doubled closing quote stands for itself: it ends one quoted piece and begins the next, which
 * comes to the same here. */
static const char *
skip_quoted(const char *at)
{
    const char  closing = *at == '[' ? ']' : *at;
    const char *end = strchr(at + 1, closing);

    return end == NULL ? at + strlen(at) : end + 1;
}

/* PostgreSQL's $tag$text$tag$: where it ends. NULL: there is none here. */
static const char *
skip_dollars(const char *at)
{
    const char *tag = at + 1;

    if (*at != '$' || g_ascii_isdigit(*tag))
        return NULL;
    while (is_word_byte(*tag))
        tag++;
    if (*tag != '$')
        return NULL;

    g_autofree char *mark = g_strndup(at, (size_t)(tag + 1 - at));
    const char      *end = strstr(tag + 1, mark);
    return end == NULL ? at + strlen(at) : end + strlen(mark);
}

static SqlText
piece(SqlTextKind kind, const char *from, const char *to)
{
    return (SqlText){ .kind = kind, .text = from, .length = (size_t)(to - from) };
}

SqlText
sqltext_next(const char *at)
{
    const char *to = skip_blank(at);

    if (to != at)
        return piece(SQLTEXT_BLANK, at, to);
    if (*at == '\0')
        return piece(SQLTEXT_END, at, at);
    if (strchr("'\"`[", *at) != NULL)
        return piece(SQLTEXT_QUOTED, at, skip_quoted(at));

    to = skip_dollars(at);
    if (to != NULL)
        return piece(SQLTEXT_QUOTED, at, to);

    to = at + 1;
    if (*at == '$' && g_ascii_isdigit(*to)) {
        while (g_ascii_isdigit(*to))
            to++;
        return piece(SQLTEXT_PARAMETER, at, to);
    }
    if (is_word_byte(*at)) {
        while (is_word_byte(*to))
            to++;
        return piece(SQLTEXT_WORD, at, to);
    }

    return piece(SQLTEXT_OTHER, at, to);
}

SqlText
sqltext_next_solid(const char *at)
{
    return sqltext_next(skip_blank(at));
}

bool
sqltext_is_word(SqlText piece, const char *word)
{
    return piece.kind == SQLTEXT_WORD && strlen(word) == piece.length &&
           g_ascii_strncasecmp(piece.text, word, piece.length) == 0;
}
