/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The envelope holds the end of its time, the hash of the session, and the text. */
#include "feature/desk/desk_seal.h"

#include <sodium.h>
#include <string.h>

#define MOST_SEALED 2048

enum { TIME_SIZE = sizeof(int64_t), HASH_SIZE = 32, HEAD_SIZE = TIME_SIZE + HASH_SIZE };

static CryptoPlace
place_of(const char *purpose)
{
    return (CryptoPlace){ "cookie", purpose, 0 };
}

char *
desk_seal_write(System *sys, Arena *mem, const Who *who, const char *purpose, const char *text,
                int64_t seconds)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };
    int64_t  until = GINT64_TO_BE(clock_now(sys->clock) + seconds * SECONDS);
    size_t   length = strlen(text);
    uint8_t *plain = arena_alloc(mem, HEAD_SIZE + length);

    g_assert(who->session.size == HASH_SIZE);
    memcpy(plain, &until, TIME_SIZE);
    memcpy(plain + TIME_SIZE, who->session.data, HASH_SIZE);
    memcpy(plain + HEAD_SIZE, text, length);
    vault_key(sys->vault, VAULT_KEY_COOKIE, &ring);
    crypto_key_derive(&ring, "desk", 0, &key);
    return crypto_base64(
        mem, crypto_seal(mem, &key, place_of(purpose), (Bytes){ plain, HEAD_SIZE + length }));
}

/* The bytes of a base64 text of any length; {NULL, 0} when it is none. */
static Bytes
decode(Arena *mem, const char *cookie)
{
    size_t length = strlen(cookie), size = length / 4 * 3 + (length % 4 == 0 ? 0 : length % 4 - 1);
    uint8_t *bytes;

    if (length > MOST_SEALED || length % 4 == 1)
        return (Bytes){ NULL, 0 };
    bytes = arena_alloc(mem, size);
    return crypto_from_base64(cookie, bytes, size) ? (Bytes){ bytes, size } : (Bytes){ NULL, 0 };
}

const char *
desk_seal_read(System *sys, Arena *mem, const Who *who, const char *purpose, const char *cookie)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };
    g_autoptr(GError) none = NULL;
    Bytes   sealed = { NULL, 0 }, plain;
    int64_t until;

    if (cookie != NULL)
        sealed = decode(mem, cookie);
    if (sealed.size < CRYPTO_OVERHEAD + HEAD_SIZE || who->session.size != HASH_SIZE ||
        !vault_key_of(sys->vault, VAULT_KEY_COOKIE, crypto_key_id(sealed), &ring, &none))
        return NULL;

    crypto_key_derive(&ring, "desk", 0, &key);
    if (!crypto_open(mem, &key, place_of(purpose), sealed, &plain, &none) || plain.size < HEAD_SIZE)
        return NULL;
    memcpy(&until, plain.data, TIME_SIZE);
    if (clock_now(sys->clock) >= GINT64_FROM_BE(until) ||
        sodium_memcmp(plain.data + TIME_SIZE, who->session.data, HASH_SIZE) != 0)
        return NULL;
    return (const char *)plain.data + HEAD_SIZE;
}
