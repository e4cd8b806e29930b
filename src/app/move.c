/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "app/move.h"

#include "app/features.h"
#include "base/clock.h"
#include "core/vault.h"
#include "db/db_move.h"
#include "db/migrate.h"
#include "messages.h"
#include "view/progress.h"

#include <string.h>

enum { MOST_WORKERS = 64, MOST_STEP = 1000000 };

static const char usage[] =
    "sawt: migrate-store [--workers N] [--step ROWS] [--lang ar|en] [--lines]; "
    "`database` and `vault` of the configuration say where to\n";

typedef struct {
    FILE        *out;
    const char  *lang;
    bool         terminal;
    const Words *words;
    Progress    *progress;
    int64_t      rows, begun;
} Mover;

static int64_t
read_number(const char *text, int64_t most)
{
    int64_t number = g_ascii_strtoll(text, NULL, 10);

    return CLAMP(number, 1, most);
}

static bool
read_options(Mover *mover, DbMoveOptions *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--bar") == 0)
            mover->terminal = true;
        else if (strcmp(argv[i], "--lines") == 0)
            mover->terminal = false;
        else if (value == NULL)
            return false;
        else if (strcmp(argv[i], "--lang") == 0)
            mover->lang = argv[++i];
        else if (strcmp(argv[i], "--workers") == 0)
            options->workers = (int)read_number(argv[++i], MOST_WORKERS);
        else if (strcmp(argv[i], "--step") == 0)
            options->step = read_number(argv[++i], MOST_STEP);
        else
            return false;
    }
    return true;
}

/* ---- what is told ---- */

static const char *
file_words(const Mover *mover, const char *schema)
{
    return i18n_text(mover->words, strcmp(schema, vault_schema.name) == 0 ? MSG_MOVE_FILE_VAULT
                                                                          : MSG_MOVE_FILE_CASE);
}

static void
say(Mover *mover, int message, const char *one, const char *two, const char *three)
{
    g_autoptr(Arena) mem = arena_new();

    progress_end(mover->progress);
    fprintf(mover->out, "%s\n",
            i18n_format(mem, mover->words, message, I18N_ARGS(one, two, three)));
    fflush(mover->out);
}

static void
on_stage(DbMoveStage stage, const char *schema, int64_t steps, void *data)
{
    static const int messages[] = {
        [DB_MOVE_PLAN] = MSG_MOVE_STAGE_PLAN,
        [DB_MOVE_COPY] = MSG_MOVE_STAGE_COPY,
        [DB_MOVE_BUILD] = MSG_MOVE_STAGE_BUILD,
        [DB_MOVE_COMPARE] = MSG_MOVE_STAGE_COMPARE,
    };
    g_autoptr(Arena) mem = arena_new();
    Mover *mover = data;

    say(mover, messages[stage], file_words(mover, schema),
        arena_printf(mem, "%.1f", (double)(clock_monotonic() - mover->begun) / (double)SECONDS),
        NULL);
    progress_begin(mover->progress, steps);
}

static bool
on_tick(int64_t done, void *data)
{
    return progress_show(((Mover *)data)->progress, done);
}

static void
on_table(const DbMoveTable *table, void *data)
{
    static const int messages[] = { [DB_MOVE_MOVED] = MSG_MOVE_TABLE_MOVED,
                                    [DB_MOVE_MADE] = MSG_MOVE_TABLE_MADE,
                                    [DB_MOVE_LEFT] = MSG_MOVE_TABLE_LEFT };
    g_autoptr(Arena) mem = arena_new();
    Mover *mover = data;

    mover->rows += table->rows;
    say(mover, messages[table->fate], table->table, i18n_number(mem, table->rows), table->hash);
}

static void
on_difference(const DbMoveDifference *difference, void *data)
{
    static const int messages[] = { [DB_MOVE_OTHER] = MSG_MOVE_DIFFERS_OTHER,
                                    [DB_MOVE_MISSING] = MSG_MOVE_DIFFERS_MISSING,
                                    [DB_MOVE_EXTRA] = MSG_MOVE_DIFFERS_EXTRA,
                                    [DB_MOVE_DERIVED] = MSG_MOVE_DIFFERS_DERIVED };

    say(data, messages[difference->fault], difference->table,
        difference->key == NULL ? "" : difference->key, NULL);
}

/* ---- rights ---- */

/* As `sawt migrate` does: whoever serves owns nothing. */
static bool
grant(const Config *config, const DbMoveOptions *options, GError **error)
{
    const char *const serving[] = { config->database, config->vault };

    for (size_t i = 0; config->database_owner != NULL && options->schemas[i] != NULL; i++) {
        DbOptions owned = { .url = options->urls[i], .schema = options->schemas[i] };

        if (!db_grant(&owned, serving[i], error))
            return false;
    }
    return true;
}

static void
say_end(Mover *mover)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t taken = MAX(clock_monotonic() - mover->begun, 1);

    say(mover, MSG_MOVE_RATE, i18n_number(mem, mover->rows),
        arena_printf(mem, "%.1f", (double)taken / (double)SECONDS),
        i18n_number(mem, mover->rows * SECONDS / taken));
}

static int
move(Mover *mover, const Config *config, DbMoveOptions *options)
{
    g_autoptr(GError) error = NULL;
    bool again = false;

    mover->begun = clock_monotonic();
    if (!db_move(options, &again, &error) || !grant(config, options, &error)) {
        progress_end(mover->progress);
        fprintf(stderr, "sawt: %s\n", error->message);
        return 1;
    }
    if (again) {
        say(mover, MSG_MOVE_AGAIN, NULL, NULL, NULL);
        return 0;
    }
    say_end(mover);
    say(mover, MSG_MOVE_DONE, config->directory, NULL, NULL);
    return 0;
}

int
move_run(const Config *config, int argc, char **argv, FILE *out)
{
    static const DbSchema *const schemas[] = { &features_schema, &vault_schema, NULL };
    const char *const            urls[] = {
                   config->database_owner != NULL ? config->database_owner : config->database,
        config->vault_owner != NULL ? config->vault_owner : config->vault,
    };
    g_autoptr(GError) error = NULL;
    Mover         mover = { .out = out };
    DbMoveOptions options = {
        .directory = config->directory,
        .schemas = schemas,
        .urls = urls,
        .patience = config->database_patience * SECONDS,
        .watch = { on_stage, on_tick, on_table, on_difference, &mover },
    };

    if (!read_options(&mover, &options, argc, argv)) {
        fputs(usage, out);
        return 2;
    }
    if (!config_check(config, &error)) {
        fprintf(stderr, "sawt: %s\n", error->message);
        return 1;
    }
    if (!config_is_pg(config)) {
        fputs("sawt: `database` and `vault` of the configuration say where the store is to be "
              "moved to: "
              "postgresql://…\n",
              stderr);
        return 1;
    }

    mover.words = i18n_words(mover.lang);
    mover.progress = progress_new(out, mover.lang, mover.terminal);
    int code = move(&mover, config, &options);
    progress_free(mover.progress);
    return code;
}
