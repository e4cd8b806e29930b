/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every line is judged once, when its LF is there; a line without end is only searched for one. So
 * the work is linear however the bytes are cut, and the result does not depend on the cutting. */
#include "http/head.h"

#include <string.h>
#include <strings.h>

enum { TOKEN = 1, TARGET = 2, VALUE = 4, HOST = 8, DIGIT = 16 };

/* RFC 9110 5.6.2 token; RFC 3986 plus what browsers leave bare in a query; field-value with
 * obs-text; reg-name, address and port. */
static const uint8_t kinds[256] = {
    ['\t'] = VALUE,
    [' '] = VALUE,
    ['!'] = TOKEN | TARGET | VALUE,
    ['"'] = VALUE,
    ['#'] = TOKEN | VALUE,
    ['$'] = TOKEN | TARGET | VALUE,
    ['%'] = TOKEN | TARGET | VALUE,
    ['&'] = TOKEN | TARGET | VALUE,
    ['\''] = TOKEN | TARGET | VALUE,
    ['('] = TARGET | VALUE,
    [')'] = TARGET | VALUE,
    ['*'] = TOKEN | TARGET | VALUE,
    ['+'] = TOKEN | TARGET | VALUE,
    [','] = TARGET | VALUE,
    ['-'] = TOKEN | TARGET | VALUE | HOST,
    ['.'] = TOKEN | TARGET | VALUE | HOST,
    ['/'] = TARGET | VALUE,
    ['0' ... '9'] = TOKEN | TARGET | VALUE | HOST | DIGIT,
    [':'] = TARGET | VALUE | HOST,
    [';'] = TARGET | VALUE,
    ['<'] = VALUE,
    ['='] = TARGET | VALUE,
    ['>'] = VALUE,
    ['?'] = TARGET | VALUE,
    ['@'] = TARGET | VALUE,
    ['A' ... 'Z'] = TOKEN | TARGET | VALUE | HOST,
    ['['] = TARGET | VALUE | HOST,
    ['\\'] = VALUE,
    [']'] = TARGET | VALUE | HOST,
    ['^'] = TOKEN | TARGET | VALUE,
    ['_'] = TOKEN | TARGET | VALUE | HOST,
    ['`'] = TOKEN | TARGET | VALUE,
    ['a' ... 'z'] = TOKEN | TARGET | VALUE | HOST,
    ['{'] = TARGET | VALUE,
    ['|'] = TOKEN | TARGET | VALUE,
    ['}'] = TARGET | VALUE,
    ['~'] = TOKEN | TARGET | VALUE,
    [0x80 ... 0xFF] = VALUE,
};

static bool
is_all(const char *text, size_t size, uint8_t kind)
{
    for (size_t i = 0; i < size; i++)
        if ((kinds[(uint8_t)text[i]] & kind) == 0)
            return false;
    return size > 0;
}

static size_t
count(const char *text, size_t size, char what)
{
    size_t n = 0;

    for (const char *end = text + size; (text = memchr(text, what, (size_t)(end - text))) != NULL;
         text++)
        n++;
    return n;
}

static bool
refuse(HeadScan *scan, int status)
{
    scan->status = status;
    return false;
}

static bool
read_method(HeadScan *scan, const char *method, size_t size)
{
    static const char *const others[] = { "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT" };

    if (!is_all(method, size, TOKEN))
        return refuse(scan, 400);
    scan->post = size == 4 && memcmp(method, "POST", 4) == 0;
    if (scan->post || (size == 3 && memcmp(method, "GET", 3) == 0) ||
        (size == 4 && memcmp(method, "HEAD", 4) == 0))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i]) == size && memcmp(method, others[i], size) == 0)
            return refuse(scan, 405);
    return refuse(scan, 501);
}

static bool
read_target(HeadScan *scan, const char *target, size_t size)
{
    if (size > HEAD_MOST_TARGET || count(target, size, '&') >= HEAD_MOST_PAIRS)
        return refuse(scan, 414);
    if (size == 0 || target[0] != '/' || !is_all(target, size, TARGET))
        return refuse(scan, 400);
    return true;
}

static bool
read_version(HeadScan *scan, const char *version, size_t size)
{
    if (size != 8 || memcmp(version, "HTTP/", 5) != 0 || version[6] != '.' ||
        !is_all(version + 5, 1, DIGIT) || !is_all(version + 7, 1, DIGIT))
        return refuse(scan, 400);
    if (version[5] != '1' || version[7] > '1')
        return refuse(scan, 505);
    scan->http_1_1 = version[7] == '1';
    return true;
}

static bool
read_request_line(HeadScan *scan, const char *line, size_t size)
{
    const char *end = line + size;
    const char *target = memchr(line, ' ', size), *version;

    if (target == NULL)
        return refuse(scan, 400);
    target++;
    version = memchr(target, ' ', (size_t)(end - target));
    if (version == NULL)
        return refuse(scan, 400);
    version++;
    return read_version(scan, version, (size_t)(end - version)) &&
           read_method(scan, line, (size_t)(target - line) - 1) &&
           read_target(scan, target, (size_t)(version - target) - 1);
}

static bool
is_named(const char *name, size_t size, const char *what)
{
    return strlen(what) == size && strncasecmp(name, what, size) == 0;
}

static bool
read_length(HeadScan *scan, const char *value, size_t size)
{
    if (scan->has_length || size > 15 || !is_all(value, size, DIGIT))
        return refuse(scan, 400);
    scan->has_length = true;
    for (size_t i = 0; i < size; i++)
        scan->length = scan->length * 10 + (value[i] - '0');
    return true;
}

static bool
once(HeadScan *scan, bool *has)
{
    if (*has)
        return refuse(scan, 400);
    *has = true;
    return true;
}

/* The fields on which the framing depends, and those of which libmicrohttpd makes lists. */
static bool
read_meaning(HeadScan *scan, const char *name, size_t size, const char *value, size_t value_size)
{
    switch (size) {
    case 4:
        if (is_named(name, size, "Host"))
            return once(scan, &scan->has_host) &&
                   (is_all(value, value_size, HOST) || refuse(scan, 400));
        return true;
    case 6:
        if (is_named(name, size, "Expect"))
            return is_named(value, value_size, "100-continue") || refuse(scan, 417);
        if (is_named(name, size, "Cookie"))
            scan->n_cookies += 1 + count(value, value_size, ';');
        return scan->n_cookies <= HEAD_MOST_PAIRS || refuse(scan, 431);
    case 12:
        return !is_named(name, size, "Content-Type") || once(scan, &scan->has_type);
    case 14:
        return !is_named(name, size, "Content-Length") || read_length(scan, value, value_size);
    case 17:
        return !is_named(name, size, "Transfer-Encoding") || refuse(scan, 501);
    default:
        return true;
    }
}

static bool
read_field(HeadScan *scan, const char *line, size_t size)
{
    const char *end = line + size, *colon = memchr(line, ':', size), *value;

    if (++scan->n_fields > HEAD_MOST_FIELDS)
        return refuse(scan, 431);
    if (colon == NULL || !is_all(line, (size_t)(colon - line), TOKEN))
        return refuse(scan, 400);
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t');)
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (end > value && !is_all(value, (size_t)(end - value), VALUE))
        return refuse(scan, 400);
    if (is_named(line, (size_t)(colon - line), "Accept-Language")) {
        scan->language = scan->line;
        scan->language_size = size;
    } else if (is_named(line, (size_t)(colon - line), "Accept")) {
        scan->accept = scan->line;
        scan->accept_size = size;
    }
    return read_meaning(scan, line, (size_t)(colon - line), value, (size_t)(end - value));
}

/* What only the whole head can tell. */
static bool
read_end(HeadScan *scan)
{
    if (scan->http_1_1 && !scan->has_host)
        return refuse(scan, 400);
    if (scan->post && !scan->has_length)
        return refuse(scan, 411);
    if (!scan->post && scan->length > 0)
        return refuse(scan, 400);
    return true;
}

/* The line before the LF at `end`. */
static bool
read_line(HeadScan *scan, const char *data, const char *end, bool *complete)
{
    const char *line = data + scan->line;
    size_t      size = (size_t)(end - line);

    if (size == 0 || end[-1] != '\r')
        return refuse(scan, 400);
    size--;
    if (scan->line == 0)
        return read_request_line(scan, line, size);
    if (size > 0)
        return read_field(scan, line, size);
    *complete = true;
    return read_end(scan);
}

static bool
is_too_long(HeadScan *scan)
{
    if (scan->line == 0 && scan->seen > HEAD_MOST_TARGET + 64)
        return !refuse(scan, 414);
    return scan->seen > HEAD_MOST && !refuse(scan, 431);
}

HeadResult
head_scan(HeadScan *scan, const char *data, size_t size)
{
    bool complete = false;

    if (scan->status != 0)
        return HEAD_REFUSED;
    while (scan->seen < size && !complete) {
        size_t      most = size < HEAD_MOST + 1 ? size : HEAD_MOST + 1;
        const char *end = memchr(data + scan->seen, '\n', most - scan->seen);

        scan->seen = end == NULL ? most : (size_t)(end - data) + 1;
        if (is_too_long(scan))
            return HEAD_REFUSED;
        if (end == NULL)
            return HEAD_MORE;
        if (!read_line(scan, data, end, &complete))
            return HEAD_REFUSED;
        scan->line = scan->seen;
    }
    return complete ? HEAD_COMPLETE : HEAD_MORE;
}
