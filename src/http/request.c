/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads what came in. Headers are kept as the engine found them; query and cookies are decoded when
 * somebody asks. Whatever is not valid UTF-8 counts as absent: a handler never sees such bytes. */
#include "http/request.h"

#include "base/text.h"
#include "http/request_parts.h"

#include <string.h>

bool
request_begin(Request *req, Arena *mem, const char *method, const char *target)
{
    RequestParts *parts = ARENA_NEW(mem, RequestParts);
    const char   *mark;

    *req = (Request){ .mem = mem, .parts = parts, .method = HTTP_GET };
    parts->target = arena_copy(mem, target);
    mark = strchr(parts->target, '?');
    parts->query = mark == NULL ? NULL : mark + 1;
    req->path = mark == NULL ? parts->target
                             : arena_text(mem, parts->target, (size_t)(mark - parts->target));

    if (g_str_equal(method, "POST"))
        req->method = HTTP_POST;
    else if (g_str_equal(method, "HEAD"))
        parts->head = true;
    else
        return g_str_equal(method, "GET");
    return true;
}

void
request_add_header(Request *req, const char *name, const char *value)
{
    RequestParts *parts = req->parts;

    if (parts->n_fields < REQUEST_MOST_FIELDS)
        parts->fields[parts->n_fields++] = (RequestPair){ name, value };
}

int64_t
request_unescape(char *out, const char *text, size_t length, bool plus)
{
    char *to = out;

    for (size_t i = 0; i < length; i++) {
        int high, low;

        if (text[i] != '%') {
            *to++ = text[i] == '+' && plus ? ' ' : text[i];
            continue;
        }
        if (length - i < 3)
            return -1;
        high = g_ascii_xdigit_value(text[i + 1]);
        low = g_ascii_xdigit_value(text[i + 2]);
        if (high < 0 || low < 0)
            return -1;
        *to++ = (char)(high << 4 | low);
        i += 2;
    }
    return to - out;
}

char *
request_decode(Arena *mem, const char *text, size_t length, bool plus)
{
    char   *out = arena_alloc(mem, length + 1);
    int64_t size = request_unescape(out, text, length, plus);

    return size < 0 || !text_is_valid(out, (size_t)size) ? NULL : out;
}

const char *
request_param(const Request *req, const char *name)
{
    for (size_t i = 0; i < req->parts->n_params; i++)
        if (g_str_equal(req->parts->params[i].name, name))
            return req->parts->params[i].value;
    g_error("the route has no {%s}", name);
}

static void
read_query(const Request *req)
{
    RequestParts *parts = req->parts;
    const char   *at = parts->query, *end;

    parts->query_read = true;
    for (; at != NULL && parts->n_query < REQUEST_MOST_QUERY; at = *end == '\0' ? NULL : end + 1) {
        const char *equals;
        char       *name, *value;

        end = strchrnul(at, '&');
        equals = memchr(at, '=', (size_t)(end - at));
        if (equals == NULL)
            equals = end;
        name = request_decode(req->mem, at, (size_t)(equals - at), true);
        at = equals < end ? equals + 1 : end;
        value = request_decode(req->mem, at, (size_t)(end - at), true);
        if (name != NULL && value != NULL)
            parts->query_pairs[parts->n_query++] = (RequestPair){ name, value };
    }
}

const char *
request_query(const Request *req, const char *name)
{
    if (!req->parts->query_read)
        read_query(req);
    for (size_t i = 0; i < req->parts->n_query; i++)
        if (g_str_equal(req->parts->query_pairs[i].name, name))
            return req->parts->query_pairs[i].value;
    return NULL;
}

const char *
request_header(const Request *req, const char *name)
{
    for (size_t i = 0; i < req->parts->n_fields; i++)
        if (g_ascii_strcasecmp(req->parts->fields[i].name, name) == 0)
            return req->parts->fields[i].value;
    return NULL;
}

/* The value of `name` in one Cookie header, with its length. */
static const char *
find_cookie(const char *field, const char *name, size_t *length)
{
    size_t      n = strlen(name);
    const char *end;

    for (const char *at = field;; at = end + 1) {
        at += strspn(at, " \t");
        end = strchrnul(at, ';');
        if ((size_t)(end - at) > n && at[n] == '=' && memcmp(at, name, n) == 0) {
            *length = (size_t)(end - at) - n - 1;
            return at + n + 1;
        }
        if (*end == '\0')
            return NULL;
    }
}

const char *
request_cookie(const Request *req, const char *name)
{
    if (req->parts->https)
        name = arena_printf(req->mem, REQUEST_COOKIE_PREFIX "%s", name);
    for (size_t i = 0; i < req->parts->n_fields; i++) {
        const RequestPair *field = &req->parts->fields[i];
        const char        *value;
        size_t             length;

        if (g_ascii_strcasecmp(field->name, "Cookie") != 0)
            continue;
        value = find_cookie(field->value, name, &length);
        if (value == NULL)
            continue;
        while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
            length--;
        return text_is_valid(value, length) ? arena_text(req->mem, value, length) : NULL;
    }
    return NULL;
}

bool
request_media_type(const Request *req, char *out, size_t room)
{
    const char *type = request_header(req, "Content-Type");
    size_t      length;

    if (type == NULL)
        return false;

    length = strcspn(type, "; \t");
    if (length == 0 || length >= room)
        return false;

    for (size_t i = 0; i < length; i++)
        out[i] = g_ascii_tolower(type[i]);
    out[length] = '\0';
    return true;
}

/* The quality of one media range, in thousandths: "; q=0.5" → 500. */
static int
quality(const char *range, size_t length)
{
    const char *q = memmem(range, length, "q=", 2);
    int         value = 0, digits = 0;

    if (q == NULL || (q[-1] != ';' && q[-1] != ' '))
        return 1000;
    for (q += 2; q < range + length && digits < 4; q++) {
        if (*q == '.')
            continue;
        if (!g_ascii_isdigit(*q))
            break;
        value = value * 10 + (*q - '0');
        digits++;
    }
    for (; digits < 4; digits++)
        value *= 10;
    return value;
}

bool
request_wants_json(const Request *req)
{
    const char *accept = request_header(req, "Accept"), *end;
    int         json = 0, html = 0;

    if (accept == NULL)
        return false;

    for (const char *at = accept;; at = end + 1) {
        size_t length;

        at += strspn(at, " \t");
        end = strchrnul(at, ',');
        length = (size_t)(end - at);
        if (g_ascii_strncasecmp(at, "application/json", MIN(length, 16)) == 0 && length >= 16)
            json = MAX(json, quality(at, length));
        else if (g_ascii_strncasecmp(at, "text/html", MIN(length, 9)) == 0 && length >= 9)
            html = MAX(html, quality(at, length));
        if (*end == '\0')
            return json > html;
    }
}

const char *
request_target(const Request *req)
{
    return req->parts->target;
}

int
request_refused(const Request *req)
{
    return req->parts == NULL ? 0 : req->parts->status;
}
