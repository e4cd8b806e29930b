/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every option by itself, what each refuses and in which words, and what belongs together. */
#include "app/config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *directory, *path;
} Fixture;

static void
up(Fixture *fixture, const void *data)
{
    (void)data;
    fixture->directory = g_dir_make_tmp("sawt-config-XXXXXX", NULL);
    g_assert_nonnull(fixture->directory);
    fixture->path = g_build_filename(fixture->directory, "sawt.conf", NULL);
}

static void
down(Fixture *fixture, const void *data)
{
    (void)data;
    g_unlink(fixture->path);
    g_rmdir(fixture->directory);
    g_free(fixture->path);
    g_free(fixture->directory);
}

static Config *
load(Fixture *fixture, const char *text, gssize size, GError **error)
{
    g_assert_true(g_file_set_contents(fixture->path, text, size, NULL));
    return config_load(fixture->path, error);
}

/* ---- what is read ---- */

static void
presets(Fixture *fixture, const void *data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) none = config_load(NULL, &error);
    g_autoptr(Config) empty = load(fixture, "", -1, &error);

    (void)data;
    g_assert_no_error(error);
    g_assert_nonnull(empty);
    g_assert_cmpstr(none->address, ==, "http://localhost:8080");
    g_assert_cmpstr(none->database, ==, "sqlite");
    g_assert_cmpstr(none->directory, ==, "/var/lib/sawt");
    g_assert_cmpstr(none->listen, ==, "127.0.0.1");
    g_assert_cmpstr(none->timezone, ==, "Asia/Amman");
    g_assert_cmpstr(none->sms_from, ==, "Sawt");
    g_assert_null(none->root_key_file);
    g_assert_null(none->sms_url);
    g_assert_null(none->mail_url);
    g_assert_null(none->trusted_proxies[0]);
    g_assert_cmpint(none->head_seconds, ==, 10);
    g_assert_cmpint(none->port, ==, 8080);
    g_assert_cmpint(none->queue, ==, 2048);
    g_assert_cmpint(none->workers, ==, 128);
    g_assert_cmpint(none->gateway_timeout, ==, 10000);
    g_assert_cmpint(none->retry_first, ==, 5000);
    g_assert_cmpint(none->retry_longest, ==, 1800000);
    g_assert_cmpint(none->retry_most, ==, 12);
    g_assert_cmpint(none->io_threads, ==, 0);
    g_assert_cmpint(none->readers, ==, 0);
    g_assert_cmpint(none->writers, ==, 4);
    g_assert_cmpint(none->database_patience, ==, 20);
    g_assert_null(none->vault);
    g_assert_null(none->replicas);
    g_assert_true(none->head_reader);
    g_assert_false(none->https);
    g_assert_false(none->trial);
}

/* Each option with a value that is not its preset. */
static const char every[] =
    "# a comment\n\n[sawt]\naddress = https://sawt.example\ndatabase = other\n"
    "gateway_timeout = 200\nretry_first = 20\nretry_longest = 30\nretry_most = 2\n"
    "directory = /srv/صوت\nhead_reader = no\nhead_seconds = 3\nhttps = yes\nio_threads = 2\n"
    "listen = ::1\nmail_from = a@b\nmail_password_file = /m\nmail_url = smtp://h:25\n"
    "mail_user = u\nport = 1\nqueue = 9\nreaders = 4\nregistry = none\nroot_key_file = "
    "/k\nsms_from = S\n"
    "sms_password_file = /s\nsms_url = http://g/\nsms_user = su\ntimezone = UTC\ntrial = yes\n"
    "trusted_proxies = 10.0.0.1, ::1,,10.0.0.2\nworkers = 5\nwriters = 6\n"
    "vault = postgresql:///v\nvault_owner = postgresql:///w\ndatabase_owner = "
    "postgresql:///o\nreplicas = postgresql:///r\ndatabase_patience = 7\n";

static void
every_option(Fixture *fixture, const void *data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = load(fixture, every, -1, &error);

    (void)data;
    g_assert_no_error(error);
    g_assert_cmpstr(config->address, ==, "https://sawt.example");
    g_assert_cmpstr(config->database, ==, "other");
    g_assert_cmpstr(config->directory, ==, "/srv/صوت");
    g_assert_cmpstr(config->listen, ==, "::1");
    g_assert_cmpstr(config->mail_from, ==, "a@b");
    g_assert_cmpstr(config->mail_password_file, ==, "/m");
    g_assert_cmpstr(config->mail_url, ==, "smtp://h:25");
    g_assert_cmpstr(config->mail_user, ==, "u");
    g_assert_cmpstr(config->registry, ==, "none");
    g_assert_cmpstr(config->root_key_file, ==, "/k");
    g_assert_cmpstr(config->sms_from, ==, "S");
    g_assert_cmpstr(config->sms_password_file, ==, "/s");
    g_assert_cmpstr(config->sms_url, ==, "http://g/");
    g_assert_cmpstr(config->sms_user, ==, "su");
    g_assert_cmpstr(config->timezone, ==, "UTC");
    g_assert_true(g_strv_equal(config->trusted_proxies,
                               (const char *const[]){ "10.0.0.1", "::1", "10.0.0.2", NULL }));
    g_assert_cmpint(config->head_seconds, ==, 3);
    g_assert_cmpint(config->io_threads, ==, 2);
    g_assert_cmpint(config->port, ==, 1);
    g_assert_cmpint(config->queue, ==, 9);
    g_assert_cmpint(config->readers, ==, 4);
    g_assert_cmpint(config->workers, ==, 5);
    g_assert_cmpint(config->writers, ==, 6);
    g_assert_cmpint(config->database_patience, ==, 7);
    g_assert_cmpstr(config->vault, ==, "postgresql:///v");
    g_assert_cmpstr(config->vault_owner, ==, "postgresql:///w");
    g_assert_cmpstr(config->database_owner, ==, "postgresql:///o");
    g_assert_cmpstr(config->replicas, ==, "postgresql:///r");
    g_assert_cmpint(config->gateway_timeout, ==, 200);
    g_assert_cmpint(config->retry_first, ==, 20);
    g_assert_cmpint(config->retry_longest, ==, 30);
    g_assert_cmpint(config->retry_most, ==, 2);
    g_assert_true(!config->head_reader && config->https && config->trial);
}

/* The file that is shipped says what the program says, and names every option that is tried here. */
static void
the_shipped_file(Fixture *fixture, const void *data)
{
    g_autofree char *shipped = g_test_build_filename(G_TEST_DIST, "etc", "sawt.conf", NULL);
    g_autofree char *wanted = NULL, *said = NULL;
    g_auto(GStrv) lines = NULL;
    FILE  *out = fopen(fixture->path, "w");
    size_t n = 0, tried = 0;

    (void)data;
    g_assert_nonnull(out);
    config_explain(out);
    g_assert_cmpint(fclose(out), ==, 0);
    g_assert_true(g_file_get_contents(fixture->path, &said, NULL, NULL));
    g_assert_true(g_file_get_contents(shipped, &wanted, NULL, NULL));
    g_assert_cmpstr(said, ==, wanted);

    lines = g_strsplit(said, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        g_autofree char *line = NULL, *key = NULL;

        if (lines[i][0] != '#' || !g_ascii_islower(lines[i][1]))
            continue;
        key = g_strndup(lines[i] + 1, strcspn(lines[i] + 1, " "));
        line = g_strdup_printf("\n%s = ", key);
        n++;
        tried += strstr(every, line) != NULL;
    }
    g_assert_cmpuint(n, >, 20);
    g_assert_cmpuint(tried, ==, n);
}

/* ---- what is refused ---- */

#define S "[sawt]\n"

static const struct {
    const char *name, *text;
    const char *line; /* of the message, or NULL when it has none */
    const char *words;
} refused[] = {
    { "an unknown key", S "port = 1\nprot = 2\n", ":3: ", "there is no option \"prot\"" },
    { "a key of another's beginning", S "workers_most = 1\n", ":2: ", "\"workers_most\"" },
    { "a key in capitals", S "Port = 1\n", ":2: ", "\"Port\"" },
    { "another section", "[other]\nport = 1\n", NULL, "the only section is [sawt], not [other]" },
    { "two sections", S "port = 1\n[more]\n", NULL, "not [more]" },
    { "a key before the section", "port = 1\n", NULL, "sawt.conf: " },
    { "no key at all", S "nonsense\n", NULL, "sawt.conf: " },
    { "a number with a unit", S "port = 80x\n",
      ":2: ", "port takes a whole number from 0 to 65535" },
    { "no number", S "\nport =\n", ":3: ", "port takes a whole number" },
    { "a negative number", S "port = -1\n", ":2: ", "not \"-1\"" },
    { "one above", S "port = 65536\n", ":2: ", "65535" },
    { "one that no machine holds", S "port = 99999999999999999999\n", ":2: ", "65535" },
    { "a fraction", S "port = 80.0\n", ":2: ", "whole number" },
    { "hexadecimal", S "port = 0x50\n", ":2: ", "whole number" },
    { "no worker", S "workers = 0\n", ":2: ", "from 1 to 1024" },
    { "too many workers", S "workers = 1025\n", ":2: ", "from 1 to 1024" },
    { "too many readers", S "readers = 257\n", ":2: ", "from 0 to 256" },
    { "too many threads", S "io_threads = 65\n", ":2: ", "from 0 to 64" },
    { "no time for a head", S "head_seconds = 0\n", ":2: ", "from 1 to 120" },
    { "too much time for a head", S "head_seconds = 121\n", ":2: ", "from 1 to 120" },
    { "a gateway without time", S "gateway_timeout = 99\n", ":2: ", "from 100 to 15000" },
    { "no try", S "retry_most = 0\n", ":2: ", "from 1 to 100" },
    { "no pause", S "retry_first = 9\n", ":2: ", "from 10 to 3600000" },
    { "a pause of more than a day", S "retry_longest = 86400001\n", ":2: ", "86400000" },
    { "no place to wait", S "queue = 0\n", ":2: ", "from 1 to 65536" },
    { "too many places to wait", S "queue = 65537\n", ":2: ", "from 1 to 65536" },
    { "true is not yes", S "trial = true\n", ":2: ", "trial takes yes or no, not \"true\"" },
    { "YES is not yes", S "https = YES\n", ":2: ", "https takes yes or no" },
    { "an empty flag", S "head_reader =\n", ":2: ", "head_reader takes yes or no" },
    { "no directory", S "directory =\n", ":2: ", "directory may not be empty" },
    { "no address", S "address =\n", ":2: ", "address may not be empty" },
    { "no engine", S "database =\n", ":2: ", "database may not be empty" },
    { "nowhere to listen", S "listen =\n", ":2: ", "listen may not be empty" },
    { "no zone", S "timezone =\n", ":2: ", "timezone may not be empty" },
    { "a key that comes twice", S "port = 1\nworkers = 2\nport = 3\n",
      ":4: ", "port stands twice" },
    { "an escape that is none", S "directory = a\\qb\n", ":2: ", "directory" },
    { "bytes that are no text", S "directory = \xff\n", ":2: ", "directory" },
    { "indented, behind comments", "# port = x\n\n" S "#port = y\n   port = z\n",
      ":5: ", "not \"z\"" },
};

static void
refuses(Fixture *fixture, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Config) config = load(fixture, refused[i].text, -1, &error);

        g_test_message("%s: %s", refused[i].name, error == NULL ? "accepted" : error->message);
        g_assert_null(config);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, fixture->path));
        g_assert_nonnull(strstr(error->message, refused[i].words));
        if (refused[i].line != NULL)
            g_assert_nonnull(strstr(error->message, refused[i].line));
    }
}

static void
refuses_files(Fixture *fixture, const void *data)
{
    g_autoptr(GError) error = NULL, other = NULL;

    (void)data;
    g_assert_null(config_load(fixture->path, &error)); /* not there */
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, fixture->path));
    g_assert_null(config_load(fixture->directory, &other));
    g_assert_error(other, APP_ERROR, APP_ERROR_INVALID);
}

/* The ends of each range are in it. */
static void
limits(Fixture *fixture, const void *data)
{
    static const char *const right[] = {
        "port = 0",          "port = 65535",    "workers = 1",      "workers = 1024",
        "readers = 0",       "readers = 256",   "queue = 1",        "queue = 65536",
        "io_threads = 0",    "io_threads = 64", "head_seconds = 1", "head_seconds = 120",
        "trusted_proxies =", "sms_url =",       "writers = 1",      "writers = 32",
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(right); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf(S "%s\n", right[i]);
        g_autoptr(Config) config = load(fixture, text, -1, &error);

        g_assert_no_error(error);
        g_assert_nonnull(config);
    }
}

static void
sets(Fixture *fixture, const void *data)
{
    g_autoptr(GError) error = NULL, unknown = NULL, wrong = NULL;
    g_autoptr(Config) config = config_load(NULL, &error);

    (void)fixture, (void)data;
    g_assert_true(config_set(config, "port", "0", &error));
    g_assert_true(config_set(config, "directory", "/srv/x", &error));
    g_assert_no_error(error);
    g_assert_cmpint(config->port, ==, 0);
    g_assert_cmpstr(config->directory, ==, "/srv/x");
    g_assert_false(config_set(config, "colour", "green", &unknown));
    g_assert_error(unknown, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(unknown->message, "sawt config"));
    g_assert_false(config_set(config, "port", "many", &wrong));
    g_assert_error(wrong, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpint(config->port, ==, 0); /* as it was */
}

/* ---- what belongs together ---- */

#define PRODUCTION S "https = yes\naddress = https://sawt.example\nroot_key_file = /k\n"

static const struct {
    const char *name, *text, *words; /* NULL: right */
} together[] = {
    { "a trial", S "trial = yes\n", NULL },
    { "production", PRODUCTION, NULL },
    { "production with gateways",
      PRODUCTION "sms_url = http://g/\nsms_user = u\nsms_password_file = /p\nmail_url = smtp://h\n"
                 "mail_from = a@b\n",
      NULL },
    { "production without a registry", PRODUCTION "registry = none\n", NULL },
    { "production with the trial's registry", PRODUCTION "registry = embedded\n",
      "registry: none" },
    { "a trial with its registry", S "trial = yes\nregistry = embedded\n", NULL },
    { "a registry that nobody knows", S "trial = yes\nregistry = ldap\n", "registry: none" },
    { "another engine", S "trial = yes\ndatabase = dbase\n", "takes sqlite or postgresql" },
    { "PostgreSQL", S "trial = yes\ndatabase = postgresql:///a\nvault = postgresql:///b\n", NULL },
    { "the case there, and the vault nowhere", S "trial = yes\ndatabase = postgresql:///a\n",
      "vault takes postgresql" },
    { "the vault there, and the case here", S "trial = yes\nvault = postgresql:///b\n",
      "vault is for PostgreSQL only" },
    { "owners",
      S "trial = yes\ndatabase = postgresql:///a\nvault = postgresql:///b\n"
        "database_owner = postgresql:///c\nvault_owner = postgresql:///d\n",
      NULL },
    { "one owner",
      S "trial = yes\ndatabase = postgresql:///a\nvault = postgresql:///b\n"
        "database_owner = postgresql:///c\n",
      "database_owner and vault_owner belong together" },
    { "owners of files", S "trial = yes\nvault_owner = postgresql:///d\n",
      "database_owner and vault_owner are for PostgreSQL only" },
    { "both in one", S "trial = yes\ndatabase = postgresql:///a\nvault = postgresql:///a\n",
      "are the same" },
    { "replicas of a file", S "trial = yes\nreplicas = postgresql:///c\n",
      "replicas is for PostgreSQL only" },
    { "replicas of another kind",
      S "trial = yes\ndatabase = postgresql:///a\nvault = postgresql:///b\nreplicas = yes\n",
      "replicas takes postgresql" },
    { "replicas",
      S "trial = yes\ndatabase = postgresql:///a\nvault = postgresql:///b\nreplicas = "
        "postgresql:///c\n",
      NULL },
    { "production without a key", S "https = yes\naddress = https://sawt.example\n",
      "root_key_file is missing" },
    { "production in the clear", S "root_key_file = /k\n", "https" },
    { "an address in the clear", S "trial = yes\nhttps = yes\n", "address and https disagree" },
    { "https that is not said", S "trial = yes\naddress = https://x\n",
      "address and https disagree" },
    { "SMS without a user", S "trial = yes\nsms_url = http://g/\nsms_password_file = /p\n",
      "sms_url needs sms_user" },
    { "SMS without a password", S "trial = yes\nsms_url = http://g/\nsms_user = u\n",
      "sms_password_file" },
    { "a pause longer than the longest", S "trial = yes\nretry_first = 31\nretry_longest = 30\n",
      "retry_first is longer than retry_longest" },
    { "e-mail from nobody", S "trial = yes\nmail_url = smtp://h\n", "mail_url needs mail_from" },
};

static void
checks(Fixture *fixture, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(together); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Config) config = load(fixture, together[i].text, -1, &error);
        bool right;

        g_assert_no_error(error);
        right = config_check(config, &error);
        g_test_message("%s: %s", together[i].name, right ? "right" : error->message);
        g_assert_cmpint(right, ==, together[i].words == NULL);
        if (!right) {
            g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
            g_assert_nonnull(strstr(error->message, together[i].words));
        }
    }
}

#define ADD(name, test) g_test_add("/config/" name, Fixture, NULL, up, test, down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("presets", presets);
    ADD("every", every_option);
    ADD("shipped", the_shipped_file);
    ADD("refuses", refuses);
    ADD("refuses-files", refuses_files);
    ADD("limits", limits);
    ADD("set", sets);
    ADD("check", checks);
    return g_test_run();
}
