/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GKeyFile reads, the table decides: a key that it does not list is refused, and every value goes
 * through its parser. Strings belong to the Config's chunk and live as long as it does. */
#include "app/config.h"

#include <stddef.h>
#include <string.h>

#define GROUP "sawt"

typedef enum { OPTION_TEXT, OPTION_INT, OPTION_FLAG, OPTION_LIST } OptionKind;

typedef struct {
    const char *name;
    OptionKind  kind;
    size_t      offset;
    const char *preset; /* NULL: nothing */
    int64_t     min, max;
    const char *help;
} Option;

typedef struct {
    Config        config;
    GStringChunk *texts;
    GPtrArray    *lists;
} ConfigOwner;

#define TEXT(field, preset, help)                                                                  \
    {                                                                                              \
#field, OPTION_TEXT, offsetof(Config, field), preset, 0, 0, help                           \
    }
#define INT(field, preset, min, max, help)                                                         \
    {                                                                                              \
#field, OPTION_INT, offsetof(Config, field), preset, min, max, help                        \
    }
#define FLAG(field, preset, help)                                                                  \
    {                                                                                              \
#field, OPTION_FLAG, offsetof(Config, field), preset, 0, 0, help                           \
    }
#define LIST(field, preset, help)                                                                  \
    {                                                                                              \
#field, OPTION_LIST, offsetof(Config, field), preset, 0, 0, help                           \
    }

static const Option options[] = {
    TEXT(address, "http://localhost:8080",
         "Address of the site as people type it; links and QR codes begin with it."),
    TEXT(database, "sqlite",
         "Where the case lies: sqlite (embedded, in the directory), or the address of a PostgreSQL "
         "database: postgresql://sawt@db1,db2/sawt?sslmode=verify-full&sslrootcert=…&passfile=…"),
    TEXT(database_owner, NULL,
         "With PostgreSQL: the same database as the role that owns it, for `sawt migrate` only, "
         "which "
         "lets the role of `database` read and write there; none: that role owns its schema."),
    INT(database_patience, "20", 1, 600,
        "Seconds that a write waits for a database server that is gone."),
    TEXT(directory, "/var/lib/sawt",
         "Directory of the store: case, vault, attachments, control socket."),
    INT(gateway_timeout, "10000", 100, 15000,
        "Milliseconds that a call of the SMS gateway or the SMTP server may take."),
    FLAG(head_reader, "yes",
         "Check every request's head before the HTTP library sees it (no: a proxy in front does)."),
    INT(head_seconds, "10", 1, 120,
        "Seconds in which the head of a request must be whole; then the connection is cut."),
    FLAG(https, "no",
         "The site is reached over https: Secure cookies and HSTS. Production needs it."),
    INT(io_threads, "0", 0, 64, "Threads that read and write connections; 0: one for each core."),
    TEXT(listen, "127.0.0.1", "Address to listen on."),
    TEXT(mail_from, NULL, "Sender of e-mail."),
    TEXT(mail_password_file, NULL, "File with the SMTP password."),
    TEXT(mail_url, NULL,
         "SMTP server: smtp://host:25 or smtps://host:465; none: e-mail stays in the outbox."),
    TEXT(mail_user, NULL, "SMTP user."),
    INT(port, "8080", 0, 65535, "Port to listen on; 0: any free one."),
    INT(queue, "2048", 1, 65536, "Requests that wait for a worker; more are answered 503 at once."),
    INT(readers, "0", 0, 256, "Reader connections to the store; 0: two for each core."),
    TEXT(registry, NULL,
         "Identity registry: embedded (the trial one, only in trial mode) or none: who registers "
         "goes on as provisional."),
    TEXT(
        replicas, NULL,
        "With PostgreSQL: standby servers of the case, as in postgresql://sawt@db2,db3/sawt?…, on "
        "which searches and lists may be read that may be ten seconds old; none: everything on the "
        "primary."),
    INT(retry_first, "5000", 10, 3600000,
        "Milliseconds before a message is tried again; doubled with each try."),
    INT(retry_longest, "1800000", 10, 86400000, "The longest of these pauses, in milliseconds."),
    INT(retry_most, "12", 1, 100,
        "Tries after which a message goes by the other channel, or is given up."),
    TEXT(root_key_file, NULL,
         "File with the vault's root key (32 bytes in hexadecimal), readable by the owner only."),
    TEXT(sms_from, "Sawt", "Sender of SMS."),
    TEXT(sms_password_file, NULL, "File with the SMS gateway's password."),
    TEXT(sms_url, NULL, "Kannel's sendsms address; none: SMS stay in the outbox."),
    TEXT(sms_user, NULL, "User of the SMS gateway."),
    TEXT(timezone, "Asia/Amman", "Zone of office hours, dates and the year in a number."),
    FLAG(trial, "no", "Trial mode: trial registry, outbox page, one-time codes on the page."),
    LIST(trusted_proxies, NULL,
         "Addresses of proxies whose Forwarded and X-Forwarded-For are believed."),
    TEXT(vault, NULL,
         "With PostgreSQL: the vault's database or schema, with a role of its own, as in "
         "postgresql://sawt_vault@db1,db2/vault?…; it may not be the case's."),
    TEXT(vault_owner, NULL, "The same for the vault."),
    INT(workers, "128", 1, 1024, "Worker threads: requests that are worked on at once."),
    INT(writers, "4", 1, 32, "Connections that write to PostgreSQL; SQLite has one."),
};

static const Option *
find_option(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static bool
set_flag(bool *flag, const Option *option, const char *value, GError **error)
{
    if (strcmp(value, "yes") == 0)
        *flag = true;
    else if (strcmp(value, "no") == 0)
        *flag = false;
    else
        return fail(error, APP_ERROR_INVALID, "%s takes yes or no, not \"%s\"", option->name,
                    value);
    return true;
}

static bool
set_int(int64_t *number, const Option *option, const char *value, GError **error)
{
    gint64 parsed;

    if (!g_ascii_string_to_signed(value, 10, option->min, option->max, &parsed, NULL))
        return fail(error, APP_ERROR_INVALID,
                    "%s takes a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                    ", not \"%s\"",
                    option->name, (gint64)option->min, (gint64)option->max, value);
    *number = parsed;
    return true;
}

static const char *const *
split_list(ConfigOwner *owner, const char *value)
{
    char **parts = g_strsplit_set(value, ", ", -1);
    size_t kept = 0;

    for (size_t i = 0; parts[i] != NULL; i++) {
        if (parts[i][0] == '\0')
            g_free(parts[i]);
        else
            parts[kept++] = parts[i];
    }
    parts[kept] = NULL;
    g_ptr_array_add(owner->lists, parts);
    return (const char *const *)parts;
}

static bool
set_option(ConfigOwner *owner, const Option *option, const char *value, GError **error)
{
    void *member = (char *)&owner->config + option->offset;

    switch (option->kind) {
    case OPTION_FLAG:
        return set_flag(member, option, value, error);
    case OPTION_INT:
        return set_int(member, option, value, error);
    case OPTION_LIST:
        *(const char *const **)member = split_list(owner, value);
        return true;
    case OPTION_TEXT:
        if (value[0] == '\0' && option->preset != NULL)
            return fail(error, APP_ERROR_INVALID, "%s may not be empty", option->name);
        *(const char **)member =
            value[0] == '\0' ? NULL : g_string_chunk_insert(owner->texts, value);
        return true;
    default:
        g_assert_not_reached();
    }
}

bool
config_set(Config *config, const char *key, const char *value, GError **error)
{
    const Option *option = find_option(key);

    if (option == NULL)
        return fail(error, APP_ERROR_INVALID,
                    "there is no option \"%s\"; `sawt config --explain` lists them", key);
    return set_option((ConfigOwner *)config, option, value, error);
}

/* GKeyFile forgets where a key stood, and that it stood twice: the line of the last, and how many. */
static int
line_of(const char *text, const char *key, int *n)
{
    int    line = 1, found = 0;
    size_t length = strlen(key);

    *n = 0;
    for (const char *at = text; at != NULL; line++) {
        at += strspn(at, " \t");
        if (strncmp(at, key, length) == 0 && strchr(" \t=", at[length]) != NULL) {
            found = line;
            (*n)++;
        }
        at = strchr(at, '\n');
        if (at != NULL)
            at++;
    }
    return found;
}

static bool
read_key(Config *config, GKeyFile *file, const char *key, int n, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autofree char *value = g_key_file_get_string(file, GROUP, key, &cause);

    if (n > 1)
        return fail(error, APP_ERROR_INVALID, "%s stands twice", key);
    if (cause != NULL) /* GLib gives a value with it */
        return fail(error, APP_ERROR_INVALID, "%s: %s", key, cause->message);
    return config_set(config, key, value, error);
}

static bool
read_keys(Config *config, GKeyFile *file, const char *path, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, NULL, error);
    g_autofree char *text = NULL;

    if (keys == NULL || !g_file_get_contents(path, &text, NULL, error))
        return false;
    for (size_t i = 0; keys[i] != NULL; i++) {
        int n, line = line_of(text, keys[i], &n);

        if (!read_key(config, file, keys[i], n, error)) {
            g_prefix_error(error, "%s:%d: ", path, line);
            return false;
        }
    }
    return true;
}

static bool
read_file(Config *config, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_auto(GStrv) groups = NULL;
    g_autoptr(GError) cause = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &cause))
        return fail(error, APP_ERROR_INVALID, "%s: %s", path, cause->message);
    groups = g_key_file_get_groups(file, NULL);
    for (size_t i = 0; groups[i] != NULL; i++)
        if (strcmp(groups[i], GROUP) != 0)
            return fail(error, APP_ERROR_INVALID, "%s: the only section is [" GROUP "], not [%s]",
                        path, groups[i]);
    return groups[0] == NULL || read_keys(config, file, path, error);
}

Config *
config_load(const char *path, GError **error)
{
    ConfigOwner *owner = g_new0(ConfigOwner, 1);

    owner->texts = g_string_chunk_new(512);
    owner->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    owner->config.trusted_proxies = split_list(owner, "");
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (options[i].preset != NULL && !set_option(owner, &options[i], options[i].preset, error))
            g_assert_not_reached();
    if (path != NULL && !read_file(&owner->config, path, error)) {
        config_free(&owner->config);
        return NULL;
    }
    return &owner->config;
}

void
config_free(Config *config)
{
    ConfigOwner *owner = (ConfigOwner *)config;

    if (owner == NULL)
        return;
    g_string_chunk_free(owner->texts);
    g_ptr_array_free(owner->lists, TRUE);
    g_free(owner);
}

bool
config_is_pg(const Config *config)
{
    return g_str_has_prefix(config->database, "postgresql://");
}

static bool
check_database(const Config *config, GError **error)
{
    if (!config_is_pg(config) && (config->database_owner != NULL || config->vault_owner != NULL))
        return fail(error, APP_ERROR_INVALID,
                    "database_owner and vault_owner are for PostgreSQL only");
    if (!config_is_pg(config) && config->replicas != NULL)
        return fail(error, APP_ERROR_INVALID, "replicas is for PostgreSQL only");
    if (!config_is_pg(config))
        return (strcmp(config->database, "sqlite") == 0 && config->vault == NULL) ||
               fail(error, APP_ERROR_INVALID,
                    config->vault != NULL
                        ? "vault is for PostgreSQL only: with SQLite it lies in the directory"
                        : "database takes sqlite or postgresql://…");
    if (config->vault == NULL || !g_str_has_prefix(config->vault, "postgresql://"))
        return fail(error, APP_ERROR_INVALID,
                    "database is on PostgreSQL: vault takes postgresql://… too, with a role and a "
                    "database or schema of its own");
    if (strcmp(config->database, config->vault) == 0)
        return fail(error, APP_ERROR_INVALID, "database and vault are the same");
    if (config->replicas != NULL && !g_str_has_prefix(config->replicas, "postgresql://"))
        return fail(error, APP_ERROR_INVALID, "replicas takes postgresql://…");
    return (config->database_owner == NULL) == (config->vault_owner == NULL) ||
           fail(error, APP_ERROR_INVALID,
                "database_owner and vault_owner belong together: give both, or none");
}

bool
config_check(const Config *config, GError **error)
{
    if (!check_database(config, error))
        return false;
    if (config->registry != NULL && strcmp(config->registry, "none") != 0 &&
        (strcmp(config->registry, "embedded") != 0 || !config->trial))
        return fail(error, APP_ERROR_INVALID,
                    "registry: none, or in trial mode embedded, not \"%s\"", config->registry);
    if (!config->trial && config->root_key_file == NULL)
        return fail(error, APP_ERROR_INVALID,
                    "root_key_file is missing: production needs a root key of its own (32 random "
                    "bytes in hexadecimal in a file that only the owner reads)");
    if (!config->trial && !config->https)
        return fail(error, APP_ERROR_INVALID,
                    "https is missing: production is reached over https only (behind a proxy that "
                    "speaks it: https = yes, and address as people type it)");
    if (config->https != g_str_has_prefix(config->address, "https://"))
        return fail(error, APP_ERROR_INVALID, "address and https disagree: %s", config->address);
    if (config->sms_url != NULL && (config->sms_user == NULL || config->sms_password_file == NULL))
        return fail(error, APP_ERROR_INVALID, "sms_url needs sms_user and sms_password_file");
    if (config->mail_url != NULL && config->mail_from == NULL)
        return fail(error, APP_ERROR_INVALID, "mail_url needs mail_from");
    if (config->retry_first > config->retry_longest)
        return fail(error, APP_ERROR_INVALID, "retry_first is longer than retry_longest");
    return true;
}

void
config_explain(FILE *out)
{
    fprintf(out,
            "# Sawt. Every option with its default; a line that begins with # is a comment.\n\n"
            "[" GROUP "]\n");
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        fprintf(out, "\n# %s\n#%s = %s\n", options[i].help, options[i].name,
                options[i].preset == NULL ? "" : options[i].preset);
}
