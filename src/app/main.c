/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `sawt SUBCOMMAND`: reads the options that all have, then serves, prints a table of the program, or
 * runs a subcommand on the store (through the running server when there is one). */
#include "app/command_line.h"
#include "app/config.h"
#include "app/control.h"
#include "app/features.h"
#include "app/instance.h"
#include "app/migration.h"
#include "app/move.h"
#include "app/print.h"
#include "app/serve.h"
#include "view/i18n.h"

#include <curl/curl.h>
#include <locale.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "sawt: a national system for complaints\n\n"
    "  sawt serve [--config FILE] [--dir DIR] [--port N] [--trial]\n"
    "             [--fail-db case:N|vault:N]  for tests, in trial mode: the Nth call to that "
    "database\n"
    "                                         after the start fails; background work stands still\n"
    "  sawt migrate-store [--config FILE] [--dir DIR]\n"
    "                                  the SQLite store in DIR into the databases of the "
    "configuration;\n"
    "                                  called again it goes on (docs/operations.md)\n"
    "  sawt migrate                    bring the store to this program's schema (with SQLite, and "
    "in\n"
    "                                  trial mode, whoever opens it does so)\n"
    "  sawt config [--check FILE]      every option with its default; or check a file\n"
    "  sawt routes                     every page with who may use it\n"
    "  sawt jobs                       the background work\n";

/* What stands before the subcommand's own words. */
typedef struct {
    const char    *config_file;
    Config        *config;
    InstanceFaults faults;
    char          *rest[64];
    int            n_rest;
    GPtrArray     *added; /* words of add_caller, or NULL */
} CommandLine;

/* case:N or vault:N. */
static bool
take_fault(CommandLine *line, const char *value, GError **error)
{
    static const char *const files[] = { "case", "vault" };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        size_t length = strlen(files[i]);

        if (strncmp(value, files[i], length) != 0 || value[length] != ':')
            continue;
        line->faults.fail_in = files[i];
        return g_ascii_string_to_signed(value + length + 1, 10, 0, INT64_MAX, &line->faults.fail_at,
                                        NULL) ||
               fail(error, APP_ERROR_INVALID, "--fail-db: \"%s\" is no number of a call",
                    value + length + 1);
    }
    return fail(error, APP_ERROR_INVALID, "--fail-db takes case:N or vault:N, not \"%s\"", value);
}

/* Options with a value that become a configuration key. */
static const struct {
    const char *option, *key;
} shortcuts[] = {
    { "--dir", "directory" },
    { "--port", "port" },
    { "--address", "address" },
    { "--listen", "listen" },
};

static bool
take_shortcut(CommandLine *line, const char *name, const char *value, bool *taken, GError **error)
{
    *taken = true;
    for (size_t i = 0; i < G_N_ELEMENTS(shortcuts); i++)
        if (strcmp(shortcuts[i].option, name) == 0)
            return config_set(line->config, shortcuts[i].key, value, error);
    *taken = strcmp(name, "--fail-db") == 0;
    return !*taken || take_fault(line, value, error);
}

/* key=value of the configuration file, on the command line. */
static bool
take_setting(CommandLine *line, const char *setting, GError **error)
{
    const char      *equals = strchr(setting, '=');
    g_autofree char *key = NULL;

    if (equals == NULL)
        return fail(error, APP_ERROR_INVALID, "--set takes key=value, not \"%s\"", setting);
    key = g_strndup(setting, (size_t)(equals - setting));
    return config_set(line->config, key, equals + 1, error);
}

static const char *
find_config_file(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "--config") == 0)
            return argv[i + 1];
    return NULL;
}

static bool
read_option(CommandLine *line, int argc, char **argv, int *i, GError **error)
{
    const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;
    bool        taken = false;

    if (strcmp(argv[*i], "--trial") == 0)
        return config_set(line->config, "trial", "yes", error);
    if (value != NULL && strcmp(argv[*i], "--config") == 0) {
        (*i)++;
        return true;
    }
    if (value != NULL && strcmp(argv[*i], "--set") == 0) {
        (*i)++;
        return take_setting(line, value, error);
    }
    if (value != NULL && argv[*i][0] == '-' && !take_shortcut(line, argv[*i], value, &taken, error))
        return false;
    if (taken)
        (*i)++;
    else if (line->n_rest < (int)G_N_ELEMENTS(line->rest) - 1)
        line->rest[line->n_rest++] = argv[*i];
    return true;
}

static bool
read_command_line(CommandLine *line, int argc, char **argv, GError **error)
{
    line->config_file = find_config_file(argc, argv);
    line->config = config_load(line->config_file, error);
    if (line->config == NULL)
        return false;
    for (int i = 1; i < argc; i++)
        if (!read_option(line, argc, argv, &i, error))
            return false;
    return true;
}

/* LC_ALL, LC_MESSAGES or LANG, when it is a language of ours; else the first configured one. */
static const char *
caller_lang(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i]);

        if (value == NULL || value[0] == '\0')
            continue;
        for (size_t l = 0; i18n_languages[l] != NULL; l++)
            if (g_str_has_prefix(value, i18n_languages[l]->key))
                return i18n_languages[l]->key;
        break;
    }
    return i18n_languages[0]->key;
}

/* What the server's process does not know of whoever typed the words: before their own words, which may
 * say otherwise. */
static void
add_caller(CommandLine *line, bool has_file)
{
    GPtrArray *words = line->added = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(words, g_strdup(line->rest[0]));
    if (has_file)
        g_ptr_array_add(words, g_canonicalize_filename(line->rest[1], NULL));
    g_ptr_array_add(words, g_strdup("--lang"));
    g_ptr_array_add(words, g_strdup(caller_lang()));
    if (isatty(STDOUT_FILENO))
        g_ptr_array_add(words, g_strdup("--bar"));
    for (int i = has_file ? 2 : 1; i < line->n_rest && words->len < G_N_ELEMENTS(line->rest); i++)
        g_ptr_array_add(words, g_strdup(line->rest[i]));

    line->n_rest = (int)words->len;
    memcpy(line->rest, words->pdata, words->len * sizeof(char *));
}

/* The running server does it; without one this process takes the lock and runs the same code. */
static int
run_on_store(CommandLine *line, const StoreCommand *command)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Instance) instance = NULL;
    int code = 1;

    if (command->of_caller && (line->n_rest > 1 || !command->has_file))
        add_caller(line, command->has_file);
    if (!command->alone &&
        control_ask(line->config->directory, line->n_rest, line->rest, &code, &error))
        return code;
    line->config->bulk = command->alone && line->config->trial && !config_is_pg(line->config);
    if (error == NULL)
        instance = config_check(line->config, &error)
                       ? instance_open(line->config, &line->faults, &error)
                       : NULL;
    if (instance == NULL) {
        fprintf(stderr, "sawt: %s\n", error->message);
        return instance_exit_status(error);
    }
    return command->run(instance_system(instance), line->n_rest, line->rest, stdout);
}

static int
check_config(const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_load(line->rest[2], &error);

    if (config == NULL || !config_check(config, &error)) {
        fprintf(stderr, "sawt: %s\n", error->message);
        return 1;
    }
    printf("%s is right\n", line->rest[2]);
    return 0;
}

static int
serve(const CommandLine *line)
{
    g_autoptr(GError) error = NULL;

    if (!config_check(line->config, &error)) {
        fprintf(stderr, "sawt: %s\n", error->message);
        return 1;
    }
    if (line->faults.fail_in != NULL && !line->config->trial) {
        fputs("sawt: --fail-db is for tests and needs --trial\n", stderr);
        return 1;
    }
    return serve_run(line->config, &line->faults);
}

/* No subcommand on a store: neither of the two that it touches is open. */
static int
move_store(CommandLine *line)
{
    add_caller(line, false);
    return move_run(line->config, line->n_rest, line->rest, stdout);
}

static int
run(CommandLine *line)
{
    const char         *name = line->n_rest > 0 ? line->rest[0] : "help";
    const StoreCommand *command = command_line_find(name);

    if (strcmp(name, "serve") == 0)
        return serve(line);
    if (strcmp(name, "migrate-store") == 0)
        return move_store(line);
    if (strcmp(name, "migrate") == 0)
        return migration_run(line->config, stdout);
    if (strcmp(name, "config") == 0 && line->n_rest == 3 && strcmp(line->rest[1], "--check") == 0)
        return check_config(line);
    if (strcmp(name, "config") == 0) {
        config_explain(stdout);
        return 0;
    }
    if (strcmp(name, "routes") == 0)
        return print_routes(stdout);
    if (strcmp(name, "jobs") == 0)
        return print_jobs(stdout);
    if (command != NULL)
        return run_on_store(line, command);

    fputs(usage, stdout);
    for (size_t i = 0; command_line_store[i].name != NULL; i++)
        printf("  sawt %-26s %s\n", command_line_store[i].usage, command_line_store[i].help);
    return strcmp(name, "help") == 0 ? 0 : 2;
}

int
main(int argc, char **argv)
{
    CommandLine line = { .n_rest = 0 };
    g_autoptr(GError) error = NULL;
    int code;

    setlocale(LC_ALL, "C.UTF-8");
    /* A submission draws eleven random values: from the library's generator, which asks the kernel for
     * its seed, instead of from the kernel each time. */
    randombytes_set_implementation(&randombytes_internal_implementation);
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        fputs("sawt: the crypto or HTTP library did not start\n", stderr);
        return 1;
    }
    if (!read_command_line(&line, argc, argv, &error)) {
        fprintf(stderr, "sawt: %s\n", error->message);
        return 2;
    }
    code = run(&line);
    config_free(line.config);
    if (line.added != NULL)
        g_ptr_array_free(line.added, TRUE);
    return code;
}
