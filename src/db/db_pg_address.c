/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a store lies. What must stay true: no secret stands in an address, and what goes over a network
 * goes encrypted, to a server that has proved who it is. */
#include "db/db_pg.h"

#include <string.h>

/* What the address says, or else the environment (PGHOST and the like). NULL: neither. */
static char *
value_of(PQconninfoOption *said, PQconninfoOption *presets, const char *keyword)
{
    PQconninfoOption *const lists[] = { said, presets };

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        for (const PQconninfoOption *at = lists[i]; at != NULL && at->keyword != NULL; at++)
            if (strcmp(at->keyword, keyword) == 0 && at->val != NULL && at->val[0] != '\0')
                return g_strdup(at->val);
    return NULL;
}

/* A socket in the file system, or this machine's own address. */
static bool
is_local(const char *host)
{
    return host[0] == '\0' || host[0] == '/' || host[0] == '@' || strcmp(host, "localhost") == 0 ||
           strcmp(host, "::1") == 0 || g_str_has_prefix(host, "127.");
}

/* What goes over a network is what people wrote and who they are: encrypted, and to nobody else. */
static bool
check_network(PQconninfoOption *said, PQconninfoOption *presets, GError **error)
{
    g_autofree char *hostaddr = value_of(said, presets, "hostaddr");
    g_autofree char *named = value_of(said, presets, "host");
    g_autofree char *service = value_of(said, presets, "service");
    g_autofree char *mode = value_of(said, presets, "sslmode");
    const char      *host = hostaddr != NULL ? hostaddr : named;
    g_auto(GStrv) hosts = g_strsplit(host == NULL ? "" : host, ",", -1);
    bool verified = mode != NULL && strcmp(mode, "verify-full") == 0;

    if (service != NULL)
        return fail(error, APP_ERROR_INVALID,
                    "the address of the database names a service: write out what it stands for");
    for (size_t i = 0; hosts[i] != NULL; i++)
        if (!verified && !is_local(hosts[i]))
            return fail(error, APP_ERROR_INVALID,
                        "the database on %s is reached over a network: its address needs "
                        "sslmode=verify-full (and sslrootcert=…, the certificate of who signs for "
                        "the servers)",
                        hosts[i]);
    return true;
}

static bool
check_secrets(const PQconninfoOption *said, GError **error)
{
    for (const PQconninfoOption *at = said; at->keyword != NULL; at++)
        if (at->val != NULL &&
            (strcmp(at->keyword, "password") == 0 || strcmp(at->keyword, "sslpassword") == 0))
            return fail(error, APP_ERROR_INVALID,
                        "the address of the database holds a %s: put it into a file that only the "
                        "owner reads (passfile=…), or use a client certificate",
                        at->keyword);
    return true;
}

bool
pg_check_url(const char *url, GError **error)
{
    char             *message = NULL;
    PQconninfoOption *said = PQconninfoParse(url, &message);

    if (said == NULL) {
        g_strchomp(message);
        bool failed =
            fail(error, APP_ERROR_INVALID, "this is no address of a database: %s", message);
        PQfreemem(message);
        return failed;
    }

    PQconninfoOption *presets = PQconndefaults();
    bool              right = check_secrets(said, error) && check_network(said, presets, error);
    PQconninfoFree(presets);
    PQconninfoFree(said);
    return right;
}

/* Of a server that lets us in, but is no primary (yet), or has no room. */
static bool
may_pass(const char *message)
{
    static const char *const words[] = { "read-only", "hot standby", "too many", "slots" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(message, words[i]) != NULL)
            return true;
    return false;
}

/* Nothing secret is sent: the question ends before the server is told who asks. */
bool
pg_explain_start(const char *url, GError **error)
{
    static const char *const names[] = { "dbname", "sslmode", "target_session_attrs",
                                         "connect_timeout", NULL };
    const char *const        values[] = { url, "prefer", "any", "3", NULL };

    if (error_code(*error) == APP_ERROR_BUSY && !may_pass((*error)->message) &&
        PQpingParams(names, values, 1) == PQPING_OK)
        (*error)->code = APP_ERROR_INVALID;
    return false;
}
