/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One line a row, columns by tabs, so that tests can read them. */
#include "app/print.h"

#include "app/features.h"
#include "core/access.h"
#include "core/limits.h"

int
print_routes(FILE *out)
{
    for (size_t i = 0; features[i] != NULL; i++)
        for (const Route *route = features[i]->routes; route != NULL && route->path != NULL;
             route++)
            fprintf(out, "%s\t%s\t%s\t%s\t%s\n", route->method == HTTP_GET ? "GET" : "POST",
                    route->path, access_perm_name((Perm)route->needs),
                    limits_rules[route->limit].name, features[i]->name);
    return 0;
}

int
print_jobs(FILE *out)
{
    g_autoptr(Arena) mem = arena_new();

    for (const JobSpec *const *list = features_jobs(mem); *list != NULL; list++)
        for (const JobSpec *job = *list; job->name != NULL; job++)
            fprintf(out, "%s\t%" G_GINT64_FORMAT " s\t%s\n", job->name,
                    (gint64)(job->every / SECONDS), job->each ? "every node" : "one node");
    return 0;
}
