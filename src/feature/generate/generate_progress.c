/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/generate/generate_progress.h"

#include "base/clock.h"
#include "messages.h"
#include "view/i18n.h"

#include <poll.h>

#define TERMINAL_EVERY (SECONDS / 2)
#define LINES_EVERY (5 * SECONDS)

GenerateProgress
generate_progress_begin(const GenerateOptions *options)
{
    int64_t now = clock_monotonic();

    return (GenerateProgress){
        .out = options->out, .terminal = options->terminal, .begun = now, .shown = now
    };
}

/* A pipe whose other end is closed says so before anything is written. */
static bool
is_read(const GenerateProgress *progress)
{
    struct pollfd end = { .fd = fileno(progress->out) };

    return !ferror(progress->out) &&
           (end.fd < 0 || poll(&end, 1, 0) <= 0 || (end.revents & (POLLERR | POLLHUP)) == 0);
}

bool
generate_progress_show(GenerateProgress *progress, GenerateRun *run)
{
    g_autoptr(Arena) mem = NULL;
    int64_t now = clock_monotonic(), done = atomic_load(&run->kinds[GENERATE_SUBMIT]);
    int64_t since = now - progress->shown, rate, left;

    if (since < (progress->terminal ? TERMINAL_EVERY : LINES_EVERY))
        return is_read(progress);

    mem = arena_new();
    rate = (done - progress->shown_requests) * SECONDS / MAX(since, 1);
    left = (run->requests - run->skipped - done) / MAX(rate, 1);
    progress->shown = now;
    progress->shown_requests = done;
    fprintf(
        progress->out, "%s%s%s", progress->terminal ? "\r\033[K" : "",
        i18n_format(mem, i18n_words(run->lang), MSG_GENERATE_PROGRESS,
                    I18N_ARGS(i18n_number(mem, run->skipped + done),
                              i18n_number(mem, run->requests), i18n_number(mem, rate),
                              arena_printf(mem, "%d:%02d", (int)(left / 60), (int)(left % 60)))),
        progress->terminal ? "" : "\n");
    return fflush(progress->out) == 0 && !ferror(progress->out);
}

static void
print_line(GenerateProgress *progress, Arena *mem, const Words *words, int message, int64_t n)
{
    fprintf(progress->out, "%s\n",
            i18n_format(mem, words, message, I18N_ARGS(i18n_number(mem, n))));
}

static const char *
kind_words(const Words *words, size_t kind)
{
    return i18n_text(words, i18n_find_in("office.event.", generate_kind_names[kind]));
}

void
generate_progress_report(GenerateProgress *progress, GenerateRun *run)
{
    g_autoptr(Arena) mem = arena_new();
    const Words *words = i18n_words(run->lang);
    int64_t      taken = clock_monotonic() - progress->begun, commands = 0;

    if (progress->terminal)
        fputs("\r\033[K", progress->out);
    for (size_t i = 0; i < GENERATE_KINDS; i++) {
        int64_t n = atomic_load(&run->kinds[i]);

        commands += n;
        fprintf(progress->out, "%s\n",
                i18n_format(mem, words, MSG_GENERATE_REPORT_KIND,
                            I18N_ARGS(kind_words(words, i), i18n_number(mem, n))));
    }
    if (run->skipped > 0)
        print_line(progress, mem, words, MSG_GENERATE_REPORT_SKIPPED, run->skipped);
    if (atomic_load(&run->known) > 0)
        print_line(progress, mem, words, MSG_GENERATE_REPORT_KNOWN, atomic_load(&run->known));
    print_line(progress, mem, words, MSG_GENERATE_REPORT_REFUSED, atomic_load(&run->refused));
    if (run->reason != NULL)
        fprintf(progress->out, "%s\n",
                i18n_format(mem, words, MSG_GENERATE_REPORT_REASON, I18N_ARGS(run->reason)));
    fprintf(progress->out, "%s\n",
            i18n_format(mem, words, MSG_GENERATE_REPORT_RATE,
                        I18N_ARGS(i18n_number(mem, commands * SECONDS / MAX(taken, 1)),
                                  i18n_number(mem, atomic_load(&run->kinds[GENERATE_SUBMIT]) *
                                                       SECONDS / MAX(taken, 1)),
                                  arena_printf(mem, "%.1f", (double)taken / (double)SECONDS))));
    fflush(progress->out);
}
