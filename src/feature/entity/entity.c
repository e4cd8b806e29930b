/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The import as a subcommand, and what the feature gives the application. */
#include "feature/entity/entity.h"

#include <inttypes.h>

const Feature entity_feature = { .name = "entity" };

static void
print_report(const ImportReport *report, FILE *out)
{
    for (size_t i = 0; i < report->n_counts; i++) {
        const ImportCount *count = &report->counts[i];

        fprintf(out,
                "%-18s %5" PRId64 " rows: %" PRId64 " added, %" PRId64 " changed, %" PRId64
                " retired, %" PRId64 " unchanged\n",
                count->file, count->rows, count->added, count->changed, count->retired,
                count->unchanged);
    }
    for (size_t i = 0; i < report->n_faults; i++)
        fprintf(out, "%s:%" PRId64 ": %s\n", report->faults[i].file, report->faults[i].line,
                report->faults[i].reason);
    if (report->all_faults > (int64_t)report->n_faults)
        fprintf(out, "and %" PRId64 " more\n", report->all_faults - (int64_t)report->n_faults);
}

bool
entity_import_command(System *sys, const char *directory, bool registry, FILE *out, GError **error)
{
    static const Who by = { .role = ROLE_SYSTEM };
    g_autoptr(Arena) mem = arena_new();
    g_autofree char *people = g_build_filename(directory, "registry.csv", NULL);
    CommandContext   context = { .sys = sys, .mem = mem, .by = &by };
    ImportReport     report;
    bool             succeeded = entity_import(&context, directory, &report, error);

    print_report(&report, out);
    if (!succeeded || !registry)
        return succeeded;

    succeeded = entity_import_registry(sys, mem, people, &report, error);
    print_report(&report, out);
    return succeeded;
}
