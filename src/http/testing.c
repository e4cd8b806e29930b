/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a browser does, as far as a server can tell. The two arenas take turns, so that a form can be
 * made of what the last answer said. */
#include "http/testing.h"

#include "http/peer.h"
#include "http/request_parts.h"
#include "http/response_parts.h"

#include <string.h>

#define BOUNDARY "----sawt-testing-7Vq2"

struct Testing {
    const Router *router;
    const Clock  *clock;
    Arena        *mem, *next; /* of the last answer; of the request that is being made */
    Response     *res;
    Request       req;
    GHashTable   *headers, *cookies;
    uint8_t       peer[PEER_SIZE];
    int64_t       next_id;
};

Testing *
testing_new(const Router *router, const Clock *clock)
{
    Testing *testing = g_new0(Testing, 1);

    testing->router = router;
    testing->clock = clock;
    testing->mem = arena_new();
    testing->next = arena_new();
    testing->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    testing->cookies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    testing->next_id = 1;
    testing_set_peer(testing, "127.0.0.1");
    return testing;
}

void
testing_free(Testing *testing)
{
    if (testing == NULL)
        return;
    response_free(testing->res);
    arena_free(testing->mem);
    arena_free(testing->next);
    g_hash_table_unref(testing->headers);
    g_hash_table_unref(testing->cookies);
    g_free(testing);
}

static void
set(GHashTable *table, const char *name, const char *value)
{
    if (value == NULL)
        g_hash_table_remove(table, name);
    else
        g_hash_table_replace(table, g_strdup(name), g_strdup(value));
}

void
testing_set_header(Testing *testing, const char *name, const char *value)
{
    set(testing->headers, name, value);
}

void
testing_set_cookie(Testing *testing, const char *name, const char *value)
{
    set(testing->cookies, name, value);
}

const char *
testing_cookie(const Testing *testing, const char *name)
{
    return g_hash_table_lookup(testing->cookies, name);
}

void
testing_set_peer(Testing *testing, const char *address)
{
    bool good = peer_parse(address, strlen(address), testing->peer);

    g_assert(good);
    peer_cut(testing->peer);
}

static void
add_headers(Testing *testing, Request *req)
{
    g_autoptr(GString) cookies = g_string_new(NULL);
    GHashTableIter iter;
    gpointer       name, value;

    g_hash_table_iter_init(&iter, testing->headers);
    while (g_hash_table_iter_next(&iter, &name, &value))
        request_add_header(req, arena_copy(req->mem, name), arena_copy(req->mem, value));
    g_hash_table_iter_init(&iter, testing->cookies);
    while (g_hash_table_iter_next(&iter, &name, &value))
        g_string_append_printf(cookies, "%s%s=%s", cookies->len > 0 ? "; " : "", (const char *)name,
                               (const char *)value);
    if (cookies->len > 0)
        request_add_header(req, "Cookie", arena_copy(req->mem, cookies->str));
}

static void
keep_cookie(void *data, const char *name, const char *value)
{
    Testing *testing = data;
    g_auto(GStrv) parts = NULL;
    const char      *equals = strchr(value, '=');
    g_autofree char *cookie = NULL;

    if (g_ascii_strcasecmp(name, "Set-Cookie") != 0 || equals == NULL)
        return;
    parts = g_strsplit(value, ";", 2);
    cookie = g_strndup(value, (size_t)(equals - value));
    set(testing->cookies, cookie,
        strstr(value, "Max-Age=0") != NULL ? NULL : parts[0] + (equals - value) + 1);
}

/* The last answer's memory becomes the next request's. */
static void
turn(Testing *testing)
{
    Arena *mem = testing->mem;

    response_free(g_steal_pointer(&testing->res));
    testing->mem = testing->next;
    testing->next = mem;
    arena_reset(testing->next);
    testing->res = response_new(testing->mem);
}

const Response *
testing_send(Testing *testing, const char *method, const char *target, const char *type,
             const void *body, size_t size)
{
    Request         *req = &testing->req;
    g_autofree char *copy = g_strdup(target); /* it may lie in the last answer */
    bool             known;

    turn(testing);
    known = request_begin(req, testing->mem, method, copy);
    g_assert(known);
    req->id = testing->next_id++;
    req->now = clock_now(testing->clock);
    memcpy(req->peer, testing->peer, PEER_SIZE);
    add_headers(testing, req);
    if (type != NULL)
        request_add_header(req, "Content-Type", type);
    if (size > 0)
        req->parts->body = arena_text(testing->mem, body, size);
    req->parts->body_size = size;
    router_run(testing->router, req, testing->res);
    response_each_header(testing->res, keep_cookie, testing);
    return testing->res;
}

const Response *
testing_get(Testing *testing, const char *target)
{
    return testing_send(testing, "GET", target, NULL, NULL, 0);
}

const Response *
testing_post(Testing *testing, const char *target, const char *form)
{
    return testing_send(testing, "POST", target, "application/x-www-form-urlencoded", form,
                        strlen(form));
}

const Response *
testing_upload(Testing *testing, const char *target, const TestingPart *parts, size_t n)
{
    g_autoptr(GString) body = g_string_new(NULL);

    for (size_t i = 0; i < n; i++) {
        g_string_append_printf(
            body, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"", parts[i].field);
        if (parts[i].file != NULL)
            g_string_append_printf(body,
                                   "; filename=\"%s\"\r\n"
                                   "Content-Type: application/octet-stream",
                                   parts[i].file);
        g_string_append(body, "\r\n\r\n");
        g_string_append_len(body, parts[i].data, (gssize)parts[i].size);
        g_string_append(body, "\r\n");
    }
    g_string_append(body, "--" BOUNDARY "--\r\n");
    return testing_send(testing, "POST", target, "multipart/form-data; boundary=" BOUNDARY,
                        body->str, body->len);
}

const Response *
testing_follow(Testing *testing)
{
    const char *location = response_find(testing->res, "Location");

    return location == NULL ? testing->res : testing_get(testing, location);
}

const char *
testing_text(const Testing *testing)
{
    Bytes bytes = response_bytes(testing->res);

    return arena_text(testing->mem, (const char *)bytes.data, bytes.size);
}

const Request *
testing_request(const Testing *testing)
{
    return &testing->req;
}

static void
append_encoded(GString *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (g_ascii_isalnum(*text) || strchr("-._*", *text) != NULL)
            g_string_append_c(out, *text);
        else if (*text == ' ')
            g_string_append_c(out, '+');
        else
            g_string_append_printf(out, "%%%02X", (unsigned char)*text);
}

char *
testing_form(Testing *testing, ...)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *text;
    va_list     pairs;
    bool        value = false;

    va_start(pairs, testing);
    while ((text = va_arg(pairs, const char *)) != NULL) {
        if (!value && out->len > 0)
            g_string_append_c(out, '&');
        append_encoded(out, text);
        if (!value)
            g_string_append_c(out, '=');
        value = !value;
    }
    va_end(pairs);
    return arena_copy(testing->next, out->str);
}
