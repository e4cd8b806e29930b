/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/replay/replay_progress.h"

#include "base/clock.h"
#include "messages.h"
#include "view/progress.h"

struct ReplayProgress {
    FILE        *out;
    const Words *words;
    Progress    *line;
};

ReplayProgress *
replay_progress_new(FILE *out, const char *lang, bool terminal)
{
    ReplayProgress *progress = g_new0(ReplayProgress, 1);

    *progress = (ReplayProgress){ out, i18n_words(lang), progress_new(out, lang, terminal) };
    return progress;
}

void
replay_progress_free(ReplayProgress *progress)
{
    progress_free(progress->line);
    g_free(progress);
}

void
replay_progress_begin(ReplayProgress *progress, int64_t steps)
{
    progress_begin(progress->line, steps);
}

bool
replay_progress_show(ReplayProgress *progress, int64_t done)
{
    return progress_show(progress->line, done);
}

static void
print_line(ReplayProgress *progress, Arena *mem, int message, int64_t n)
{
    fprintf(progress->out, "%s\n",
            i18n_format(mem, progress->words, message, I18N_ARGS(i18n_number(mem, n))));
}

void
replay_progress_report(ReplayProgress *progress, ReplayCount *count)
{
    g_autoptr(Arena) mem = arena_new();
    const ReplayTotals *totals = replay_count_totals(count);
    int64_t             taken = progress_taken(progress->line);
    int64_t             commands = totals->requests + totals->acts;

    progress_end(progress->line);
    print_line(progress, mem, MSG_REPLAY_REPORT_ROWS, totals->rows);
    print_line(progress, mem, MSG_REPLAY_REPORT_REQUESTS, totals->requests);
    print_line(progress, mem, MSG_REPLAY_REPORT_ACTS, totals->acts);
    if (totals->known > 0)
        print_line(progress, mem, MSG_REPLAY_REPORT_KNOWN, totals->known);
    print_line(progress, mem, MSG_REPLAY_REPORT_REFUSED, totals->refused);
    replay_count_print(count, progress->out);
    fprintf(progress->out, "%s\n",
            i18n_format(mem, progress->words, MSG_REPLAY_REPORT_RATE,
                        I18N_ARGS(i18n_number(mem, commands * SECONDS / MAX(taken, 1)),
                                  arena_printf(mem, "%.1f", (double)taken / (double)SECONDS))));
    fflush(progress->out);
}
