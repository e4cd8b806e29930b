/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of subcommands that work on a store. */
#include "app/command_line.h"

#include "app/appoint.h"
#include "app/features.h"
#include "app/rotate.h"
#include "app/trial.h"
#include "core/session.h"
#include "db/verify.h"
#include "feature/check/check.h"
#include "feature/entity/entity.h"
#include "feature/generate/generate.h"
#include "feature/replay/replay.h"

#include <string.h>

/* `error` by its place: what is `done` is evaluated at the same time as it. */
static int
report(FILE *out, bool done, GError *const *error)
{
    if (!done)
        fprintf(out, "sawt: %s\n", (*error)->message);
    return done ? 0 : 1;
}

static int
import_data(System *sys, int argc, char **argv, FILE *out)
{
    g_autoptr(GError) error = NULL;

    if (argc < 2) {
        fputs("sawt: import takes the folder of the reference data\n", out);
        return 2;
    }
    return report(out,
                  entity_import_command(
                      sys, argv[1], argc > 2 && strcmp(argv[2], "--registry") == 0, out, &error),
                  &error);
}

static int
make_accounts(System *sys, int argc, char **argv, FILE *out)
{
    g_autoptr(GError) error = NULL;

    if (argc > 1 && strcmp(argv[1], "add") == 0)
        return report(out, appoint(sys, argc - 2, argv + 2, out, &error), &error);
    if (argc > 1) {
        fputs("sawt: accounts takes nothing, or add\n", out);
        return 2;
    }
    return report(out,
                  sys->trial ? trial_accounts(sys, out, &error)
                             : trial_first_administrator(sys, out, &error),
                  &error);
}

static bool
read_replay_options(ReplayOptions *options, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--bar") == 0)
            options->terminal = true;
        else if (strcmp(argv[i], "--lines") == 0)
            options->terminal = false;
        else if (argv[i][0] != '-')
            options->format = argv[i];
        else if (value != NULL && strcmp(argv[i], "--lang") == 0)
            options->lang = argv[++i];
        else if (value != NULL && strcmp(argv[i], "--rows") == 0)
            options->most = g_ascii_strtoll(argv[++i], NULL, 10);
        else
            return false;
    }
    return true;
}

static int
replay(System *sys, int argc, char **argv, FILE *out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) mem = arena_new();
    ReplayOptions options = { .out = out };

    if (argc < 2 || !read_replay_options(&options, argc, argv)) {
        fprintf(out,
                "sawt: replay FILE [FORMAT] [--rows N] [--lang ar|en] [--lines]; formats: %s\n",
                replay_format_names(mem));
        return 2;
    }
    options.path = argv[1];
    return report(out, replay_run(sys, &options, &error), &error);
}

static bool
read_check_options(CheckOptions *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bar") == 0)
            options->terminal = true;
        else if (strcmp(argv[i], "--lines") == 0)
            options->terminal = false;
        else if (i + 1 < argc && strcmp(argv[i], "--lang") == 0)
            options->lang = argv[++i];
        else
            return false;
    }
    return true;
}

static int
check(System *sys, int argc, char **argv, FILE *out)
{
    g_autoptr(GError) error = NULL;
    CheckOptions options = { .out = out };
    bool         sound = false;

    if (!read_check_options(&options, argc, argv)) {
        fputs("sawt: check [--lang ar|en] [--lines]\n", out);
        return 2;
    }
    if (report(out, check_run(sys, &options, &sound, &error), &error) != 0)
        return 2;
    return sound ? 0 : 1;
}

static bool
read_generate_options(GenerateOptions *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--bar") == 0)
            options->terminal = true;
        else if (strcmp(argv[i], "--lines") == 0)
            options->terminal = false;
        else if (value == NULL)
            return false;
        else if (strcmp(argv[i], "--requests") == 0)
            options->requests = g_ascii_strtoll(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            options->seed = g_ascii_strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--texts") == 0)
            options->data = argv[++i];
        else if (strcmp(argv[i], "--lang") == 0)
            options->lang = argv[++i];
        else
            return false;
    }
    return options->requests > 0;
}

static int
generate(System *sys, int argc, char **argv, FILE *out)
{
    g_autoptr(GError) error = NULL;
    GenerateOptions options = { .out = out, .data = "data", .seed = 1 };

    if (!read_generate_options(&options, argc, argv)) {
        fputs("sawt: generate --requests N [--seed S] [--texts DIR] [--lang ar|en] [--lines]\n",
              out);
        return 2;
    }
    return report(out, generate_run(sys, &options, &error), &error);
}

static int
print_sql(System *sys, int argc, char **argv, FILE *out)
{
    bool plans = false, dialects = false;

    for (int i = 1; i < argc; i++) {
        plans = plans || strcmp(argv[i], "--plans") == 0;
        dialects = dialects || strcmp(argv[i], "--dialects") == 0;
    }
    db_print_queries(sys->db, out, plans, dialects);
    db_print_queries(vault_db(sys->vault), out, plans, dialects);
    return 0;
}

/* For trying out what happens when the registry does not answer. */
static int
turn_registry(System *sys, int argc, char **argv, FILE *out)
{
    RegistryState state;

    if (!sys->trial) {
        fputs("sawt: only the trial registry can be turned off\n", out);
        return 2;
    }
    if (argc > 1 && !registry_state_parse(argv[1], &state)) {
        fputs("sawt: registry takes up, slow or down\n", out);
        return 2;
    }
    if (argc > 1)
        registry_set_state(sys, state);
    fprintf(out, "registry: %s\n",
            registry_state_name((RegistryState)atomic_load(&sys->registry.state)));
    return 0;
}

const StoreCommand command_line_store[] = {
    { "import", "import DIR [--registry]", "load reference data (and the trial registry)",
      import_data, false, false, false },
    { "accounts", "accounts [add ...]",
      "trial accounts, the first administrator's link, or one more", make_accounts, false, false,
      false },
    { "replay", "replay FILE [FORMAT]", "feed a history of requests through the commands", replay,
      true, true, false },
    { "check", "check [--lang ar|en] [--lines]",
      "is the store whole? exit status 1 when it is not (docs/operations.md)", check, true, false,
      false },
    { "generate", "generate --requests N", "make a large store for trials", generate, true, false,
      true },
    { "registry", "registry [up|slow|down]", "how the trial registry behaves until the server ends",
      turn_registry, false, false, false },
    { "rotate", "rotate PURPOSE [--resume]", "a new key of the ring, and data keys wrapped by it",
      rotate_command, false, false, false },
    { "sql", "sql [--plans] [--dialects]", "every statement", print_sql, false, false, false },
    { NULL, NULL, NULL, NULL, false, false, false },
};

const StoreCommand *
command_line_find(const char *name)
{
    for (size_t i = 0; command_line_store[i].name != NULL; i++)
        if (strcmp(command_line_store[i].name, name) == 0)
            return &command_line_store[i];
    return NULL;
}
