/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file is read twice: once for the order of time, once for the words, part by part. Rights and rules
 * are those of people; what they refuse is counted. */
#include "feature/replay/replay.h"

#include "feature/replay/replay_index.h"
#include "feature/replay/replay_play.h"

#include <string.h>

char *
replay_format_names(Arena *mem)
{
    char *names = arena_copy(mem, replay_formats[0]->name);

    for (size_t i = 1; replay_formats[i] != NULL; i++)
        names = arena_printf(mem, "%s, %s", names, replay_formats[i]->name);
    return names;
}

static bool
find_format(const char *name, const ReplayFormat **format, GError **error)
{
    g_autoptr(Arena) mem = arena_new();

    *format = NULL;
    if (name == NULL)
        return true;
    for (size_t i = 0; replay_formats[i] != NULL; i++)
        if (strcmp(replay_formats[i]->name, name) == 0) {
            *format = replay_formats[i];
            return true;
        }
    return fail(error, APP_ERROR_INVALID, "there is no format \"%s\", only %s", name,
                replay_format_names(mem));
}

static bool
play_parts(System *sys, ReplayIndex *index, ReplayPlay *play, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    ReplayItem *items;
    AppTime     until = 0;
    size_t      n;

    while (until != INT64_MAX) {
        arena_reset(mem);
        if (!replay_index_next(index, mem, &items, &n, &until, error) ||
            !replay_play_until(play, items, n, until, error))
            return false;
    }
    return vault_flush_hints(sys->vault, mem, error); /* without a server no job does it */
}

bool
replay_run(System *sys, const ReplayOptions *options, GError **error)
{
    g_autoptr(ReplayCount) count = replay_count_new(sys, options->lang);
    g_autoptr(ReplayProgress) progress =
        replay_progress_new(options->out, options->lang, options->terminal);
    g_autoptr(ReplayIndex) index = NULL;
    g_autoptr(ReplayPlay) play = NULL;
    ReplaySource source = {
        .sys = sys, .path = options->path, .most = options->most, .now = clock_now(sys->clock)
    };
    ReplayStage stage = { .sys = sys, .count = count, .progress = progress };
    bool        played;

    if (!sys->trial)
        return fail(error, APP_ERROR_INVALID,
                    "histories are replayed in the name of invented people: into a trial's store "
                    "only (--trial)");
    if (!find_format(options->format, &source.format, error))
        return false;
    index = replay_index_new(&source, count, error);
    if (index == NULL)
        return false;

    stage.format = replay_index_format(index);
    play = replay_play_new(&stage);
    replay_progress_begin(progress, replay_index_steps(index));
    played = play_parts(sys, index, play, error);
    replay_progress_report(progress, count);
    return played;
}
