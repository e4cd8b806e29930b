/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The writer appends at once; it cannot fail. The reader leaves the grammar to json-c and first looks
 * through the bytes for what json-c lets pass: words like NaN, control characters, \u0000 (which
 * would cut a text short), and members that share a key (of which json-c keeps the last; it is found
 * by counting colons). */
#include "base/json.h"

#include "base/text.h"
#include "base/utf8.h"

#define json_bool json_c_bool /* json-c has a type of this name */
#include <json-c/json.h>
#undef json_bool
#include <limits.h>
#include <math.h>
#include <string.h>

#define DEPTH 3 /* object, array, scalar */
#define JOINT '\x1f'

void
json_init(Json *json, GString *out)
{
    *json = (Json){ .out = out };
}

/* As it stands; U+FFFD may stand for what is no UTF-8. */
static bool
is_plain(uint32_t code)
{
    return code != '"' && code != '\\' && code != 0x2028 && code != 0x2029 && code != 0xFFFD &&
           !utf8_is_control(code) && !utf8_is_bidi(code);
}

static void
put_code(GString *out, uint32_t code)
{
    if (code == '"' || code == '\\')
        g_string_append_printf(out, "\\%c", (char)code);
    else if (code == '\n')
        g_string_append(out, "\\n");
    else if (code == 0xFFFD)
        g_string_append(out, "\xEF\xBF\xBD");
    else
        g_string_append_printf(out, "\\u%04x", code);
}

static void
put_text(GString *out, const char *text)
{
    const char *plain = text;

    g_string_append_c(out, '"');
    while (true) {
        const char *here;
        uint32_t    code;

        while ((uint8_t)*text < 0x7F && *text >= ' ' && *text != '"' && *text != '\\')
            text++;
        here = text;
        code = utf8_next(&text);
        if (code == 0)
            break;
        if (is_plain(code))
            continue;
        g_string_append_len(out, plain, here - plain);
        put_code(out, code);
        plain = text;
    }
    g_string_append_len(out, plain, text - plain);
    g_string_append_c(out, '"');
}

/* What stands before a value: the comma, and the key in an object. */
static void
begin_value(Json *json, const char *key)
{
    if (json->comma)
        g_string_append_c(json->out, ',');
    if (key != NULL) {
        put_text(json->out, key);
        g_string_append_c(json->out, ':');
    }
    json->comma = true;
}

static void
open_group(Json *json, const char *key, char bracket)
{
    begin_value(json, key);
    g_string_append_c(json->out, bracket);
    json->comma = false;
}

static void
close_group(Json *json, char bracket)
{
    g_string_append_c(json->out, bracket);
    json->comma = true;
}

void
json_object_begin(Json *json, const char *key)
{
    open_group(json, key, '{');
}

void
json_object_end(Json *json)
{
    close_group(json, '}');
}

void
json_array_begin(Json *json, const char *key)
{
    open_group(json, key, '[');
}

void
json_array_end(Json *json)
{
    close_group(json, ']');
}

void
json_text(Json *json, const char *key, const char *value)
{
    begin_value(json, key);
    if (value == NULL)
        g_string_append(json->out, "null");
    else
        put_text(json->out, value);
}

void
json_int(Json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    g_string_append_printf(json->out, "%" G_GINT64_FORMAT, value);
}

void
json_bool(Json *json, const char *key, bool value)
{
    begin_value(json, key);
    g_string_append(json->out, value ? "true" : "false");
}

/* Behind the closing quote of the string that begins at `at`, or NULL. */
static const char *
skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if ((uint8_t)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
            return NULL;
        at++;
    }
    return at < end ? at + 1 : NULL;
}

static const char *
skip_digits(const char *at, const char *end)
{
    while (at < end && g_ascii_isdigit(*at))
        at++;
    return at;
}

/* Behind the number that begins at `at`, or NULL: json-c takes "1." and the like. */
static const char *
skip_number(const char *at, const char *end)
{
    const char *digits = *at == '-' ? at + 1 : at;

    at = skip_digits(digits, end);
    if (at == digits || (*digits == '0' && at > digits + 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = at + 1;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        digits = at + 1 < end && (at[1] == '+' || at[1] == '-') ? at + 2 : at + 1;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    return at;
}

/* False when a byte outside strings has no place in JSON; else how many colons there are. */
static bool
look_through(const char *text, size_t length, size_t *n_colons)
{
    const char *at = text, *end = text + length;

    *n_colons = 0;
    while (at < end) {
        if (*at == '"' || *at == '-' || g_ascii_isdigit(*at)) {
            at = *at == '"' ? skip_string(at, end) : skip_number(at, end);
            if (at == NULL)
                return false;
            continue;
        }
        if (*at == '\0' || strchr("{}[]:,truefalsn \t\r\n", *at) == NULL)
            return false;
        *n_colons += *at == ':';
        at++;
    }
    return true;
}

/* NULL with `error` set unless the text is one object with different keys. */
static struct json_object *
parse(const char *text, size_t length, GError **error)
{
    struct json_tokener *tokener;
    struct json_object  *object;
    bool                 whole;
    size_t               n_colons;

    if (length > INT_MAX || !look_through(text, length, &n_colons))
        return fail_null(error, APP_ERROR_INVALID, "no JSON: a byte that has no place in it");

    tokener = json_tokener_new_ex(DEPTH);
    g_assert(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, text, (int)length);
    whole = json_tokener_get_error(tokener) == json_tokener_success &&
            json_object_is_type(object, json_type_object);
    json_tokener_free(tokener);

    if (whole && (size_t)json_object_object_length(object) == n_colons)
        return object;

    json_object_put(object);
    return fail_null(error, APP_ERROR_INVALID,
                     whole ? "JSON: a key twice, or an object inside" : "no JSON object");
}

/* json-c puts the nearest limit in the place of an integer that is beyond it. */
static bool
is_exact(struct json_object *value, enum json_type type)
{
    if (type == json_type_double)
        return isfinite(json_object_get_double(value));
    if (type == json_type_int)
        return json_object_get_int64(value) != INT64_MIN &&
               (json_object_get_int64(value) < INT64_MAX ||
                json_object_get_uint64(value) == INT64_MAX);
    return true;
}

static bool
read_scalar(struct json_object *value, const char **text, GError **error)
{
    enum json_type type = json_object_get_type(value);

    *text = NULL;
    if (type == json_type_null)
        return true;

    if (type == json_type_array || type == json_type_object)
        return fail(error, APP_ERROR_INVALID, "JSON: nested too deep");

    if (!is_exact(value, type))
        return fail(error, APP_ERROR_INVALID, "JSON: a number too large");

    *text = json_object_get_string(value);
    if (!text_is_valid(*text, strlen(*text)))
        return fail(error, APP_ERROR_INVALID, "JSON: a text with noncharacters");
    return true;
}

static bool
read_array(Arena *mem, struct json_object *array, const char **text, GError **error)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    size_t      n = json_object_array_length(array);
    const char *part;

    for (size_t i = 0; i < n; i++) {
        if (!read_scalar(json_object_array_get_idx(array, i), &part, error))
            return false;

        if (part == NULL || strchr(part, JOINT) != NULL)
            return fail(error, APP_ERROR_INVALID, "JSON: null or U+001F in an array");

        if (i > 0)
            g_string_append_c(joined, JOINT);
        g_string_append(joined, part);
    }
    *text = arena_text(mem, joined->str, joined->len);
    return true;
}

static bool
read_member(Arena *mem, const char *key, struct json_object *value, JsonPair *pair, GError **error)
{
    const char *text;

    if (!text_is_valid(key, strlen(key)))
        return fail(error, APP_ERROR_INVALID, "JSON: a key with noncharacters");

    pair->key = arena_copy(mem, key);
    if (json_object_is_type(value, json_type_array))
        return read_array(mem, value, &pair->text, error);

    if (!read_scalar(value, &text, error))
        return false;

    pair->text = arena_copy(mem, text);
    return true;
}

static bool
read_members(Arena *mem, struct json_object *object, JsonPair *pairs, size_t most, size_t *n_pairs,
             GError **error)
{
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    size_t                      n = 0;

    if ((size_t)json_object_object_length(object) > most)
        return fail(error, APP_ERROR_INVALID, "JSON: more than %zu members", most);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at), n++) {
        if (!read_member(mem, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at),
                         &pairs[n], error))
            return false;
    }
    *n_pairs = n;
    return true;
}

/* ---- what our own writer writes ---- */

/* A string from behind its quote on, up to its end in `*at`. NULL when it needs the whole parser: escapes, control
 * characters, no end, no text. */
static const char *
read_plain_text(Arena *mem, const char **at, const char *end)
{
    const char *from = *at, *to = from;

    while (to < end && *to != '"' && *to != '\\' && (unsigned char)*to >= ' ')
        to++;
    if (to == end || *to != '"' || !text_is_valid(from, (size_t)(to - from)))
        return NULL;
    *at = to + 1;
    return arena_text(mem, from, (size_t)(to - from));
}

/* Of at most 18 digits, so that it fits. */
static const char *
read_plain_number(Arena *mem, const char **at, const char *end)
{
    const char *from = *at, *to = skip_digits(from, end);

    if (to == from || to > from + 18 || (*from == '0' && to > from + 1))
        return NULL;
    *at = to;
    return arena_text(mem, from, (size_t)(to - from));
}

static bool
read_plain_member(Arena *mem, const char **at, const char *end, JsonPair *pair)
{
    if (end - *at < 2 || *(*at)++ != '"')
        return false;
    pair->key = read_plain_text(mem, at, end);
    if (pair->key == NULL || end - *at < 2 || *(*at)++ != ':')
        return false;
    if (**at == '"') {
        (*at)++;
        pair->text = read_plain_text(mem, at, end);
    } else {
        pair->text = read_plain_number(mem, at, end);
    }
    return pair->text != NULL;
}

static bool
has_key(const JsonPair *pairs, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(pairs[i].key, key) == 0)
            return true;
    return false;
}

/* An object of plain texts and numbers with nothing between, as most of ours are; json-c would take four times
 * as long for them. False: it may be JSON all the same. */
static bool
read_plain(Arena *mem, const char *text, size_t length, JsonPair *pairs, size_t most,
           size_t *n_pairs)
{
    const char *at = text, *end = text + length;
    size_t      n = 0;

    if (length < 2 || length > INT_MAX || *at != '{' || end[-1] != '}')
        return false;
    for (at++; n < most; at++) {
        if (!read_plain_member(mem, &at, end, &pairs[n]) || has_key(pairs, n, pairs[n].key) ||
            at == end)
            return false;
        n++;
        if (*at == '}') {
            *n_pairs = n;
            return at + 1 == end;
        }
        if (*at != ',')
            return false;
    }
    return false;
}

bool
json_read(Arena *mem, const char *text, size_t length, JsonPair *pairs, size_t most,
          size_t *n_pairs, GError **error)
{
    struct json_object *object;
    bool                read;

    if (read_plain(mem, text, length, pairs, most, n_pairs))
        return true;
    object = parse(text, length, error);
    if (object == NULL)
        return false;

    read = read_members(mem, object, pairs, most, n_pairs, error);
    json_object_put(object);
    return read;
}

const char *
json_find(const JsonPair *pairs, size_t n_pairs, const char *key)
{
    for (size_t i = 0; i < n_pairs; i++) {
        if (strcmp(pairs[i].key, key) == 0)
            return pairs[i].text;
    }
    return NULL;
}
