/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables as a tree of path parts, built once before threads start and never changed. Static
 * parts are tried before the {param}; what cannot be right in a table stops the start. */
#include "http/route.h"

#include "http/request_parts.h"
#include "http/route_parts.h"

#include <string.h>

#define MOST_PARTS 16

typedef struct {
    const char *text;
    size_t      length;
} Part;

typedef struct Node Node;

struct Node {
    char        *part; /* NULL: a {param} */
    GPtrArray   *children;
    Node        *param;
    const Route *get, *post;
};

struct Router {
    const Gate *gate;
    Node       *root;
    GPtrArray  *routes; /* sorted by path */
};

static void
node_free(void *data)
{
    Node *node = data;

    if (node == NULL)
        return;
    g_ptr_array_unref(node->children);
    node_free(node->param);
    g_free(node->part);
    g_free(node);
}

static Node *
node_new(const Part *part)
{
    Node *node = g_new0(Node, 1);

    node->part = part == NULL ? NULL : g_strndup(part->text, part->length);
    node->children = g_ptr_array_new_with_free_func(node_free);
    return node;
}

/* "/a/b" → "a", "b"; "/" → "". False: over MOST_PARTS. */
static bool
split(const char *path, Part parts[MOST_PARTS], size_t *n)
{
    *n = 0;
    if (*path != '/')
        return false;
    for (;; path += parts[*n - 1].length) {
        if (*n == MOST_PARTS)
            return false;
        path++;
        parts[*n] = (Part){ path, strcspn(path, "/") };
        *n += 1;
        if (path[parts[*n - 1].length] == '\0')
            return true;
    }
}

static bool
is_param(const Part *part)
{
    return part->length > 2 && part->text[0] == '{' && part->text[part->length - 1] == '}';
}

static Node *
child_of(const Node *node, const Part *part)
{
    for (size_t i = 0; i < node->children->len; i++) {
        Node *child = node->children->pdata[i];

        if (strncmp(child->part, part->text, part->length) == 0 &&
            child->part[part->length] == '\0')
            return child;
    }
    return NULL;
}

static Node *
grow(Node *node, const Part *part)
{
    Node *child;

    if (is_param(part)) {
        if (node->param == NULL)
            node->param = node_new(NULL);
        return node->param;
    }
    child = child_of(node, part);
    if (child == NULL) {
        child = node_new(part);
        g_ptr_array_add(node->children, child);
    }
    return child;
}

static bool
check_route(const Route *route, const Gate *gate, GError **error)
{
    bool post = route->method == HTTP_POST;

    if (route->handler == NULL)
        return fail(error, APP_ERROR_INTERNAL, "route %s has no handler", route->path);
    if (route->method != HTTP_GET && !post)
        return fail(error, APP_ERROR_INTERNAL, "route %s has no method", route->path);
    if (route->needs == 0)
        return fail(error, APP_ERROR_INTERNAL, "route %s does not say who may use it", route->path);
    if (post && route->needs == gate->perm_public && route->limit == 0)
        return fail(error, APP_ERROR_INTERNAL, "public form %s has no rate limit", route->path);
    if (post && route->form == NULL)
        return fail(error, APP_ERROR_INTERNAL, "POST %s has no form", route->path);
    if (!post && route->upload != NULL)
        return fail(error, APP_ERROR_INTERNAL, "GET %s has an upload", route->path);
    if (route->quick && (post || route->limit != 0))
        return fail(error, APP_ERROR_INTERNAL, "route %s is quick, and cannot be run twice",
                    route->path);
    return true;
}

static bool
check_parts(const Route *route, const Part *parts, size_t n, GError **error)
{
    size_t n_params = 0;

    for (size_t i = 0; i < n; i++) {
        bool param = is_param(&parts[i]);

        n_params += param;
        if (!param && memchr(parts[i].text, '{', parts[i].length) != NULL)
            return fail(error, APP_ERROR_INTERNAL, "route %s: a broken {param}", route->path);
        for (size_t j = 0; param && j < i; j++)
            if (parts[j].length == parts[i].length &&
                memcmp(parts[j].text, parts[i].text, parts[i].length) == 0)
                return fail(error, APP_ERROR_INTERNAL, "route %s: a {param} twice", route->path);
    }
    if (n_params > REQUEST_MOST_PARAMS)
        return fail(error, APP_ERROR_INTERNAL, "route %s: too many {params}", route->path);
    return true;
}

static bool
add_route(Router *router, const Route *route, GError **error)
{
    Part          parts[MOST_PARTS];
    size_t        n;
    Node         *node = router->root;
    const Route **place;

    if (!check_route(route, router->gate, error))
        return false;
    if (!split(route->path, parts, &n))
        return fail(error, APP_ERROR_INTERNAL, "route %s: not a path", route->path);
    if (!check_parts(route, parts, n, error))
        return false;

    for (size_t i = 0; i < n; i++)
        node = grow(node, &parts[i]);
    place = route->method == HTTP_POST ? &node->post : &node->get;
    if (*place != NULL)
        return fail(error, APP_ERROR_INTERNAL, "routes %s and %s are the same", route->path,
                    (*place)->path);
    *place = route;
    g_ptr_array_add(router->routes, (void *)route);
    return true;
}

static int
by_path(const void *a, const void *b)
{
    const Route *const *left = a, *const *right = b;
    int                 order = strcmp((*left)->path, (*right)->path);

    return order != 0 ? order : (int)(*left)->method - (int)(*right)->method;
}

Router *
router_new(const Route *const *tables, const Gate *gate, GError **error)
{
    g_autoptr(Router) router = g_new0(Router, 1);

    router->gate = gate;
    router->root = node_new(NULL);
    router->routes = g_ptr_array_new();
    for (; *tables != NULL; tables++)
        for (const Route *route = *tables; route->path != NULL; route++)
            if (!add_route(router, route, error))
                return NULL;
    g_ptr_array_sort(router->routes, by_path);
    return g_steal_pointer(&router);
}

void
router_free(Router *router)
{
    if (router == NULL)
        return;
    node_free(router->root);
    g_ptr_array_unref(router->routes);
    g_free(router);
}

const Gate *
router_gate(const Router *router)
{
    return router->gate;
}

typedef struct {
    Part       parts[MOST_PARTS];
    size_t     n;
    HttpMethod method;
    bool       other; /* the path is there for the other method */
} Search;

static const Route *
walk(const Node *node, Search *search, size_t depth)
{
    const Route *found = NULL;
    const Node  *child;

    if (depth == search->n) {
        found = search->method == HTTP_POST ? node->post : node->get;
        search->other = search->other || node->get != NULL || node->post != NULL;
        return found;
    }
    child = child_of(node, &search->parts[depth]);
    if (child != NULL)
        found = walk(child, search, depth + 1);
    if (found == NULL && node->param != NULL && search->parts[depth].length > 0)
        found = walk(node->param, search, depth + 1);
    return found;
}

/* A decoded slash, or a dot that names a folder, would let one part of a path pose as another. */
static bool
is_harmless(const char *value)
{
    return value != NULL && value[0] != '\0' && strpbrk(value, "/\\") == NULL &&
           !g_str_equal(value, ".") && !g_str_equal(value, "..");
}

static bool
read_params(Request *req, const Route *route, const Search *search)
{
    RequestParts *parts = req->parts;
    Part          names[MOST_PARTS];
    size_t        n;

    parts->n_params = 0;
    split(route->path, names, &n);
    for (size_t i = 0; i < n; i++) {
        char *value;

        if (!is_param(&names[i]))
            continue;
        value = request_decode(req->mem, search->parts[i].text, search->parts[i].length, false);
        if (!is_harmless(value))
            return false;
        parts->params[parts->n_params++] = (RequestPair){
            .name = arena_text(req->mem, names[i].text + 1, names[i].length - 2),
            .value = value,
        };
    }
    return true;
}

const Route *
router_find(const Router *router, Request *req, Response *res, GError **error)
{
    Search       search = { .method = req->method };
    const Route *route = NULL;

    if (split(req->path, search.parts, &search.n))
        route = walk(router->root, &search, 0);
    if (route == NULL && search.other) {
        req->parts->status = 405;
        response_header(res, "Allow", req->method == HTTP_POST ? "GET, HEAD" : "POST");
        return fail_null(error, APP_ERROR_INVALID, "the path takes another method");
    }
    if (route == NULL || !read_params(req, route, &search))
        return fail_null(error, APP_ERROR_NOT_FOUND, "no such path");

    req->route = route;
    return route;
}

void
router_each(const Router *router, void (*each)(const Route *route, void *data), void *data)
{
    for (size_t i = 0; i < router->routes->len; i++)
        each(router->routes->pdata[i], data);
}
