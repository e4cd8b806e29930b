/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration: one sorted table of options (etc/sawt.conf is written from it and says the
 * same). An unknown key or a value of the wrong kind is an error with its line. Secrets come from
 * files only, never from the configuration itself. */
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <stdio.h>

typedef struct Config {
    const char        *address;                      /* of the site, for links */
    const char        *database;                     /* sqlite, or postgresql://… */
    const char        *database_owner, *vault_owner; /* whom `sawt migrate` works as */
    const char        *directory;                    /* of the store */
    const char        *listen;                       /* address */
    const char        *mail_from, *mail_password_file, *mail_url, *mail_user;
    const char        *replicas; /* postgresql://…: where reads may be stale; NULL: none */
    const char        *registry; /* embedded, none; NULL: by the mode */
    const char        *root_key_file;
    const char        *sms_from, *sms_password_file, *sms_url, *sms_user;
    const char        *timezone;
    const char        *vault;           /* postgresql://…; NULL on SQLite */
    const char *const *trusted_proxies; /* NULL-terminated */
    int64_t            gateway_timeout; /* milliseconds, as the next two */
    int64_t            retry_first, retry_longest, retry_most;
    int64_t            database_patience, head_seconds, io_threads, port, queue, readers, workers;
    int64_t            writers;
    bool               head_reader, https, trial;
    bool               bulk; /* no option: the command writes much, and nobody waits */
} Config;

/* Defaults, then the file (NULL: none). INVALID names file, line and what would be right. */
Config *config_load(const char *path, GError **error) MUST_USE;
void    config_free(Config *config);
/* As if the file said `key = value`: for the command line. INVALID. */
bool config_set(Config *config, const char *key, const char *value, GError **error) MUST_USE;
/* What belongs together: production needs an https address and a root key, and so on. INVALID. */
bool config_check(const Config *config, GError **error) MUST_USE;
/* Does the store lie on PostgreSQL? */
bool config_is_pg(const Config *config);
/* Every option with its default and what it does, in the form of the file. */
void config_explain(FILE *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)
