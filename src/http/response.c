/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Holds an answer until the engine writes it. Header names and values are kept as copies in the
 * request's arena; a value with a control character in it is a bug of ours and is dropped, so that
 * no header can be split. */
#include "http/response.h"

#include "base/log.h"
#include "http/request_parts.h"
#include "http/response_parts.h"

#include <string.h>

#define KEEP_ROOM ((size_t)256 * 1024)

/* Origin and Sec-Fetch-Site prove where a form came from. With no-referrer browsers send
 * `Origin: null` with a form, so the policy is same-origin: other sites still learn nothing. */
static const struct {
    const char *name, *value;
} security[] = {
    { "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
      "script-src 'self'; connect-src 'self'; manifest-src 'self'; "
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy",
      "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), serial=(), hid=()" },
};

typedef struct Field {
    const char   *name, *value;
    struct Field *next;
} Field;

typedef struct Cookie {
    const char    *name, *value;
    int64_t        seconds;
    struct Cookie *next;
} Cookie;

struct Response {
    Arena         *mem;
    int            status;
    const char    *type;
    Buffer         body;
    Field         *fields, **fields_end;
    Cookie        *cookies;
    int64_t        cache;
    bool           https;
    bool           streams;
    ResponseStream stream;
    void (*stream_done)(void *data);
};

Response *
response_new(Arena *mem)
{
    Response *res = g_new0(Response, 1);

    res->mem = mem;
    buffer_init(&res->body);
    res->fields_end = &res->fields;
    return res;
}

static void
drop_stream(Response *res)
{
    if (res->streams && res->stream_done != NULL)
        res->stream_done(res->stream.data);
    res->streams = false;
}

void
response_free(Response *res)
{
    if (res == NULL)
        return;
    drop_stream(res);
    buffer_clear(&res->body);
    g_free(res);
}

void
response_reset(Response *res)
{
    drop_stream(res);
    res->status = 0;
    res->type = NULL;
    res->body.size = 0;
    res->fields = NULL;
    res->fields_end = &res->fields;
    res->cache = 0;
}

void
response_renew(Response *res, bool https)
{
    response_reset(res);
    res->cookies = NULL;
    res->https = https;
    if (res->body.room > KEEP_ROOM)
        buffer_clear(&res->body);
}

Buffer *
response_body(Response *res, int status, const char *type)
{
    drop_stream(res);
    res->status = status;
    res->type = type;
    return &res->body;
}

void
response_redirect(Response *res, const char *path)
{
    bool ours = path != NULL && path[0] == '/' && path[1] != '/' && path[1] != '\\';

    for (const char *at = path; ours && *at != '\0'; at++)
        ours = *at > ' ' && *at < 0x7F && *at != '\\';
    response_body(res, 303, NULL)->size = 0;
    response_header(res, "Location", ours ? path : "/");
}

static bool
is_clean(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        if ((*at < ' ' && *at != '\t') || *at == 0x7F)
            return false;
    return true;
}

void
response_header(Response *res, const char *name, const char *value)
{
    Field *field;

    if (!is_clean(value)) {
        log_bug("response.header", LOG_CODE("name", name));
        return;
    }
    for (field = res->fields; field != NULL; field = field->next)
        if (g_ascii_strcasecmp(field->name, name) == 0) {
            field->value = arena_copy(res->mem, value);
            return;
        }
    field = ARENA_NEW(res->mem, Field);
    *field = (Field){ .name = arena_copy(res->mem, name), .value = arena_copy(res->mem, value) };
    *res->fields_end = field;
    res->fields_end = &field->next;
}

/* RFC 6265's cookie-octets. */
static bool
is_cookie_value(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7F || strchr("\",;\\", *at) != NULL)
            return false;
    return true;
}

void
response_cookie(Response *res, const char *name, const char *value, int64_t seconds)
{
    Cookie *cookie;

    if (seconds < 0)
        value = "";
    if (!is_cookie_value(value)) {
        log_bug("response.cookie", LOG_CODE("name", name));
        return;
    }
    for (cookie = res->cookies; cookie != NULL; cookie = cookie->next)
        if (g_str_equal(cookie->name, name))
            break;
    if (cookie == NULL) {
        cookie = ARENA_NEW(res->mem, Cookie);
        cookie->name = arena_copy(res->mem, name);
        cookie->next = res->cookies;
        res->cookies = cookie;
    }
    cookie->value = arena_copy(res->mem, value);
    cookie->seconds = seconds;
}

void
response_cache(Response *res, int64_t seconds)
{
    res->cache = seconds;
}

void
response_stream(Response *res, int status, const char *type, int64_t size, ResponseRead read,
                void (*done)(void *data), void *data)
{
    response_body(res, status, type)->size = 0;
    res->streams = true;
    res->stream = (ResponseStream){ .size = size, .read = read, .data = data };
    res->stream_done = done;
}

void
response_attachment(Response *res, const char *name)
{
    static const char hex[] = "0123456789ABCDEF";
    GString          *value = g_string_new("attachment; filename=\"");

    for (const char *at = name; *at != '\0'; at++)
        if (((unsigned char)*at & 0xC0) != 0x80) /* one for each code point */
            g_string_append_c(value, g_ascii_isalnum(*at) || strchr("._-", *at) ? *at : '_');
    g_string_append(value, "\"; filename*=UTF-8''");
    for (const char *at = name; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;

        if (g_ascii_isalnum(*at) || strchr("._-", *at) != NULL) {
            g_string_append_c(value, *at);
        } else {
            g_string_append_c(value, '%');
            g_string_append_c(value, hex[byte >> 4]);
            g_string_append_c(value, hex[byte & 15]);
        }
    }
    response_header(res, "Content-Disposition", value->str);
    g_string_free(value, true);
}

int
response_status(const Response *res)
{
    return res->status;
}

void
response_set_status(Response *res, int status)
{
    res->status = status;
}

const char *
response_type(const Response *res)
{
    return res->type;
}

Bytes
response_bytes(const Response *res)
{
    return (Bytes){ (const uint8_t *)(res->body.data == NULL ? "" : res->body.data),
                    res->body.size };
}

const char *
response_find(const Response *res, const char *name)
{
    for (const Field *field = res->fields; field != NULL; field = field->next)
        if (g_ascii_strcasecmp(field->name, name) == 0)
            return field->value;
    return NULL;
}

const char *
response_find_cookie(const Response *res, const char *name)
{
    for (const Cookie *cookie = res->cookies; cookie != NULL; cookie = cookie->next)
        if (g_str_equal(cookie->name, name))
            return cookie->value;
    return NULL;
}

const ResponseStream *
response_stream_of(const Response *res)
{
    return res->streams ? &res->stream : NULL;
}

static const char *
caching(const Response *res)
{
    if (res->cache <= 0)
        return "no-store";
    return arena_printf(res->mem, "private, max-age=%" G_GINT64_FORMAT, res->cache);
}

static void
each_cookie(const Response *res, ResponseEach each, void *data)
{
    for (const Cookie *cookie = res->cookies; cookie != NULL; cookie = cookie->next) {
        const char *secure = res->https ? "; Secure" : "";
        const char *prefix = res->https ? REQUEST_COOKIE_PREFIX : "";
        const char *base = "HttpOnly; SameSite=Lax; Path=/";
        const char *value;

        if (cookie->seconds == 0)
            value = arena_printf(res->mem, "%s%s=%s; %s%s", prefix, cookie->name, cookie->value,
                                 base, secure);
        else
            value =
                arena_printf(res->mem, "%s%s=%s; %s%s; Max-Age=%" G_GINT64_FORMAT, prefix,
                             cookie->name, cookie->value, base, secure, MAX(cookie->seconds, 0));
        each(data, "Set-Cookie", value);
    }
}

void
response_each_header(Response *res, ResponseEach each, void *data)
{
    if (res->type != NULL)
        each(data, "Content-Type", res->type);
    for (size_t i = 0; i < G_N_ELEMENTS(security); i++)
        if (response_find(res, security[i].name) == NULL)
            each(data, security[i].name, security[i].value);
    if (res->https)
        each(data, "Strict-Transport-Security", "max-age=31536000");
    if (response_find(res, "Cache-Control") == NULL)
        each(data, "Cache-Control", caching(res));
    for (const Field *field = res->fields; field != NULL; field = field->next)
        each(data, field->name, field->value);
    each_cookie(res, each, data);
}
