/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "view/progress.h"

#include "base/clock.h"
#include "base/stream.h"
#include "messages.h"

#define BAR 24
#define TERMINAL_EVERY (SECONDS / 5)
#define LINES_EVERY (3 * SECONDS)
#define RATE_OVER (5 * SECONDS) /* the rate that is shown is that of the last seconds */

typedef struct {
    int64_t at, done;
} Mark;

struct Progress {
    FILE        *out;
    const Words *words;
    bool         terminal;
    int64_t      steps, begun, shown;
    Mark         older, newer; /* of the rate */
};

Progress *
progress_new(FILE *out, const char *lang, bool terminal)
{
    Progress *progress = g_new0(Progress, 1);

    *progress = (Progress){ .out = out, .words = i18n_words(lang), .terminal = terminal };
    return progress;
}

void
progress_free(Progress *progress)
{
    g_free(progress);
}

void
progress_begin(Progress *progress, int64_t steps)
{
    progress->steps = steps;
    progress->begun = progress->shown = clock_monotonic();
    progress->older = progress->newer = (Mark){ progress->begun, 0 };
}

/* Steps in a second, over the last seconds. */
static int64_t
rate_now(Progress *progress, int64_t now, int64_t done)
{
    if (now - progress->newer.at > RATE_OVER) {
        progress->older = progress->newer;
        progress->newer = (Mark){ now, done };
    }
    return (done - progress->older.done) * SECONDS / MAX(now - progress->older.at, 1);
}

/* A bar is the same in both directions of writing: full on the left, as the terminal draws it. */
static void
draw_bar(Progress *progress, int64_t done)
{
    int full = (int)(MIN(done, progress->steps) * BAR / progress->steps);

    fputs("\r\033[K", progress->out);
    for (int i = 0; i < BAR; i++)
        fputs(i < full ? "█" : "░", progress->out);
    fputs("  ", progress->out);
}

bool
progress_show(Progress *progress, int64_t done)
{
    g_autoptr(Arena) mem = NULL;
    int64_t now = clock_monotonic(), rate, left;

    if (progress->steps == 0 ||
        now - progress->shown < (progress->terminal ? TERMINAL_EVERY : LINES_EVERY))
        return stream_is_read(progress->out);

    mem = arena_new();
    progress->shown = now;
    rate = rate_now(progress, now, done);
    left = rate == 0 ? 0 : MAX(progress->steps - done, 0) / rate * SECONDS;
    if (progress->terminal)
        draw_bar(progress, done);
    fputs(i18n_format(mem, progress->words, MSG_PROGRESS_LINE,
                      I18N_ARGS(i18n_number(mem, done), i18n_number(mem, progress->steps),
                                i18n_number(mem, rate),
                                arena_printf(mem, "%d:%02d", (int)(left / MINUTES),
                                             (int)(left / SECONDS % 60)))),
          progress->out);
    if (!progress->terminal)
        fputc('\n', progress->out);
    return fflush(progress->out) == 0 && !ferror(progress->out);
}

void
progress_end(Progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", progress->out);
}

int64_t
progress_taken(const Progress *progress)
{
    return clock_monotonic() - progress->begun;
}
