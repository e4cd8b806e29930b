/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The delimiter is CR LF -- boundary; a CR can only be its first byte, so a match that breaks off
 * begins again at the byte that broke it, and what lies between two calls is always a part of the
 * delimiter itself: nothing of a body is ever kept. */
#include "http/multipart.h"

#include "base/text.h"

#include <string.h>

#define MOST_BOUNDARY 70
#define MOST_HEAD 4096
#define MOST_PARTS 400

typedef enum {
    AT_START, /* the first delimiter, without CR LF in front */
    AT_BODY,
    AT_TAIL, /* two bytes behind a delimiter */
    AT_HEAD,
    AT_END,
    AT_FAILURE,
} State;

struct Multipart {
    Arena                *mem;
    const MultipartCalls *calls;
    void                 *data;
    State                 state;
    char                  delimiter[MOST_BOUNDARY + 5];
    size_t                length, matched; /* of the delimiter */
    char                  head[MOST_HEAD];
    size_t                head_size, line; /* where the present line begins */
    char                  tail;
    size_t                n_parts;
    MultipartPart         part;
    bool                  described;
};

static bool
is_boundary(const char *text, size_t length)
{
    if (length == 0 || length > MOST_BOUNDARY || text[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!g_ascii_isalnum(text[i]) && strchr("'()+_,-./:=? ", text[i]) == NULL)
            return false;
    return true;
}

/* The value of a parameter in a header's value, in `mem`; NULL when it is absent or not well formed.
 * A backslash escapes a quote or itself; before anything else it is one, as old Windows wrote it. */
static char *
parameter(Arena *mem, const char *value, const char *name)
{
    const char *at = strchrnul(value, ';');
    size_t      n = strlen(name);

    while (*at == ';') {
        bool  ours;
        char *out, *to;

        at += 1 + strspn(at + 1, " \t");
        ours = g_ascii_strncasecmp(at, name, n) == 0 && at[n] == '=';
        at = at + strcspn(at, "=;");
        if (*at != '=')
            continue;
        out = to = arena_alloc(mem, strlen(at) + 1);
        if (*++at == '"') {
            for (at++; *at != '"' && *at != '\0'; at++) {
                at += *at == '\\' && (at[1] == '"' || at[1] == '\\');
                *to++ = *at;
            }
            if (*at++ != '"')
                return NULL;
        } else {
            while (*at != ';' && *at != ' ' && *at != '\0')
                *to++ = *at++;
        }
        at += strspn(at, " \t");
        if (ours)
            return out;
    }
    return NULL;
}

Multipart *
multipart_new(Arena *mem, const char *content_type, const MultipartCalls *calls, void *data,
              GError **error)
{
    const char *boundary = parameter(mem, content_type, "boundary");
    Multipart  *parser;

    if (boundary == NULL || !is_boundary(boundary, strlen(boundary)))
        return fail_null(error, APP_ERROR_INVALID, "multipart without a boundary");

    parser = ARENA_NEW(mem, Multipart);
    parser->mem = mem;
    parser->calls = calls;
    parser->data = data;
    parser->length = 4 + strlen(boundary);
    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary, strlen(boundary));
    parser->matched = 2;
    return parser;
}

static bool
broken(Multipart *parser, GError **error, const char *what)
{
    parser->state = AT_FAILURE;
    return fail(error, APP_ERROR_INVALID, "multipart: %s", what);
}

/* One header of a part, without its line break. */
static bool
read_line(Multipart *parser, const char *line, GError **error)
{
    const char *value = strchr(line, ':');

    if (value == NULL || value == line)
        return broken(parser, error, "a part's header");

    value += 1 + strspn(value + 1, " \t");
    if (g_ascii_strncasecmp(line, "Content-Type:", 13) == 0 &&
        g_ascii_strncasecmp(value, "multipart/", 10) == 0)
        return broken(parser, error, "a multipart in a part");
    if (g_ascii_strncasecmp(line, "Content-Disposition:", 20) != 0)
        return true;
    if (parser->described || g_ascii_strncasecmp(value, "form-data;", 10) != 0)
        return broken(parser, error, "a part's disposition");

    parser->described = true;
    parser->part.field = parameter(parser->mem, value, "name");
    parser->part.file = parameter(parser->mem, value, "filename");
    return true;
}

static bool
begin_part(Multipart *parser, GError **error)
{
    const MultipartPart *part = &parser->part;

    if (!parser->described || part->field == NULL || part->field[0] == '\0')
        return broken(parser, error, "a part without a name");
    if (++parser->n_parts > MOST_PARTS)
        return broken(parser, error, "too many parts");

    parser->state = AT_BODY;
    return parser->calls->begin(parser->data, part, error);
}

/* A line of the head is complete at head_size, CR LF included. */
static bool
end_line(Multipart *parser, GError **error)
{
    size_t length = parser->head_size - parser->line - 2;
    char  *line = parser->head + parser->line;

    if (length == 0)
        return begin_part(parser, error);
    if (!text_is_valid(line, length))
        return broken(parser, error, "a part's header is no text");
    line[length] = '\0';
    parser->line = parser->head_size;
    return read_line(parser, line, error);
}

static bool
feed_head(Multipart *parser, const uint8_t **at, const uint8_t *end, GError **error)
{
    while (*at < end && parser->state == AT_HEAD) {
        char byte = (char)*(*at)++;
        bool after_cr =
            parser->head_size > parser->line && parser->head[parser->head_size - 1] == '\r';

        if (parser->head_size == MOST_HEAD)
            return broken(parser, error, "a part's head is too long");
        if (after_cr != (byte == '\n'))
            return broken(parser, error, "a line break in a part's head");
        parser->head[parser->head_size++] = byte;
        if (byte == '\n' && !end_line(parser, error))
            return false;
    }
    return true;
}

static bool
give(Multipart *parser, const uint8_t *bytes, size_t size, GError **error)
{
    return size == 0 || parser->calls->bytes(parser->data, bytes, size, error);
}

static bool
end_part(Multipart *parser, GError **error)
{
    bool first = parser->state == AT_START;

    parser->state = AT_TAIL;
    parser->matched = 0;
    parser->tail = '\0';
    return first || parser->calls->end(parser->data, error);
}

/* Go on with a delimiter that began in an earlier call. */
static bool
feed_match(Multipart *parser, const uint8_t **at, const uint8_t *end, GError **error)
{
    while (*at < end && parser->matched < parser->length &&
           (char)**at == parser->delimiter[parser->matched]) {
        parser->matched++;
        (*at)++;
    }
    if (parser->matched == parser->length)
        return end_part(parser, error);
    if (*at == end)
        return true;
    if (parser->state == AT_START)
        return broken(parser, error, "it does not begin with the boundary");

    size_t matched = parser->matched;

    parser->matched = 0;
    return give(parser, (const uint8_t *)parser->delimiter, matched, error);
}

/* How many of the last bytes may begin a delimiter. */
static size_t
count_open(const Multipart *parser, const uint8_t *at, const uint8_t *end)
{
    size_t         look = MIN((size_t)(end - at), parser->length - 1);
    const uint8_t *cr = memrchr(end - look, '\r', look);
    size_t         open = cr == NULL ? 0 : (size_t)(end - cr);

    return open > 0 && memcmp(cr, parser->delimiter, open) == 0 ? open : 0;
}

static bool
feed_body(Multipart *parser, const uint8_t **at, const uint8_t *end, GError **error)
{
    const uint8_t *from = *at, *found;

    if (parser->matched > 0)
        return feed_match(parser, at, end, error);

    found = memmem(from, (size_t)(end - from), parser->delimiter, parser->length);
    if (found != NULL) {
        *at = found + parser->length;
        return give(parser, from, (size_t)(found - from), error) && end_part(parser, error);
    }
    *at = end;
    parser->matched = count_open(parser, from, end);
    return give(parser, from, (size_t)(end - from) - parser->matched, error);
}

/* CR LF: another part; two dashes: the end. */
static bool
feed_tail(Multipart *parser, const uint8_t **at, GError **error)
{
    char byte = (char)*(*at)++;

    if (parser->tail == '\0' && (byte == '\r' || byte == '-')) {
        parser->tail = byte;
        return true;
    }
    if (parser->tail == '\r' && byte == '\n') {
        parser->state = AT_HEAD;
        parser->head_size = parser->line = 0;
        parser->described = false;
        parser->part = (MultipartPart){ .field = NULL };
        return true;
    }
    if (parser->tail == '-' && byte == '-') {
        parser->state = AT_END;
        parser->tail = '\0';
        return true;
    }
    return broken(parser, error, "a boundary goes on");
}

/* One line break may follow the last boundary. */
static bool
feed_end(Multipart *parser, const uint8_t **at, GError **error)
{
    char byte = (char)*(*at)++;

    if (byte != (parser->tail == '\0' ? '\r' : '\n') || parser->tail == '\n')
        return broken(parser, error, "bytes behind the last boundary");
    parser->tail = byte;
    return true;
}

static bool
feed_some(Multipart *parser, const uint8_t **at, const uint8_t *end, GError **error)
{
    switch (parser->state) {
    case AT_START:
        return feed_match(parser, at, end, error);
    case AT_BODY:
        return feed_body(parser, at, end, error);
    case AT_TAIL:
        return feed_tail(parser, at, error);
    case AT_HEAD:
        return feed_head(parser, at, end, error);
    case AT_END:
        return feed_end(parser, at, error);
    case AT_FAILURE:
    default:
        return fail(error, APP_ERROR_INVALID, "multipart: it has failed before");
    }
}

bool
multipart_feed(Multipart *parser, const uint8_t *bytes, size_t size, GError **error)
{
    const uint8_t *at = bytes, *end = bytes + size;

    while (at < end)
        if (!feed_some(parser, &at, end, error)) {
            parser->state = AT_FAILURE;
            return false;
        }
    return true;
}

bool
multipart_is_complete(const Multipart *parser)
{
    return parser->state == AT_END;
}
