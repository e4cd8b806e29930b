/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/account/account_phone.h"

#include <string.h>

#define MOST_SEALED 512

static const CryptoPlace place = { "cookie", "phone", 0 };

char *
account_phone_seal(System *sys, Arena *mem, const char *phone)
{
    g_auto(CryptoKey) key = { .id = 0 };
    const char *plain =
        arena_printf(mem, "%" G_GINT64_FORMAT " %s",
                     (gint64)(clock_now(sys->clock) + ACCOUNT_PHONE_SECONDS * SECONDS), phone);

    vault_key(sys->vault, VAULT_KEY_COOKIE, &key);
    return text_hex(mem, crypto_seal(mem, &key, place, bytes_of_text(plain)));
}

const char *
account_phone_open(System *sys, Arena *mem, const char *cookie)
{
    g_auto(CryptoKey) key = { .id = 0 };
    uint8_t sealed[MOST_SEALED];
    Bytes   plain;
    char   *phone = NULL;

    if (cookie == NULL || strlen(cookie) > 2 * MOST_SEALED ||
        !text_from_hex(cookie, sealed, strlen(cookie) / 2))
        return NULL;
    vault_key(sys->vault, VAULT_KEY_COOKIE, &key);
    if (!crypto_open(mem, &key, place, (Bytes){ sealed, strlen(cookie) / 2 }, &plain, NULL))
        return NULL;
    if (g_ascii_strtoll((const char *)plain.data, &phone, 10) < clock_now(sys->clock) ||
        *phone != ' ')
        return NULL;
    return phone + 1;
}
