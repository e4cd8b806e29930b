/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libsodium put into the one form that this house uses. What must stay true: a nonce is random and
 * never chosen, everything that is compared with a secret is compared in constant time, and what an
 * envelope says of itself (version, algorithm, key id, commitment) is authenticated with its place.
 *
 * One thing lives longer than a call: how many password hashes may run at once is the machine's
 * limit (64 MiB each), not a request's, so the places are the process's. */
#include "core/crypto.h"

#include "base/clock.h"
#include "base/thread.h"
#include "base/utf8.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum {
    VERSION = 1,
    ALGORITHM = 1, /* XChaCha20-Poly1305 */
    COMMITMENT_SIZE = 16,
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    AT_KEY_ID = 2,
    AT_COMMITMENT = 6,
    AT_NONCE = AT_COMMITMENT + COMMITMENT_SIZE,
    AT_BODY = AT_NONCE + NONCE_SIZE,
    NAME_MOST = 60, /* of a table or column */
    PLACE_MOST = AT_NONCE + 2 * (1 + NAME_MOST) + 8,
};

G_STATIC_ASSERT(CRYPTO_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
G_STATIC_ASSERT(CRYPTO_OVERHEAD == AT_BODY + TAG_SIZE);
G_STATIC_ASSERT(CRYPTO_MAC_SIZE == crypto_generichash_BYTES);

static void
put_32(uint8_t *out, uint32_t value)
{
    value = GUINT32_TO_BE(value);
    memcpy(out, &value, sizeof value);
}

static void
put_64(uint8_t *out, uint64_t value)
{
    value = GUINT64_TO_BE(value);
    memcpy(out, &value, sizeof value);
}

/* ---- keys ---- */

void
crypto_random(void *out, size_t size)
{
    randombytes_buf(out, size);
}

void
crypto_key_random(CryptoKey *key)
{
    *key = (CryptoKey){ .id = 0 };
    randombytes_buf(key->bytes, sizeof key->bytes);
}

void
crypto_key_clear(CryptoKey *key)
{
    sodium_memzero(key, sizeof *key);
}

void
crypto_key_derive(const CryptoKey *from, const char *purpose, int64_t number, CryptoKey *out)
{
    uint8_t value[8], mac[CRYPTO_MAC_SIZE];

    put_64(value, (uint64_t)number);
    crypto_mac(from,
               (Bytes[]){ bytes_of_text("sawt key"), bytes_of_text(purpose), BYTES_OF(value) }, 3,
               mac);
    *out = (CryptoKey){ .id = from->id };
    memcpy(out->bytes, mac, sizeof out->bytes);
    sodium_memzero(mac, sizeof mac);
}

/* ---- MAC and hash ---- */

void
crypto_mac(const CryptoKey *key, const Bytes *parts, size_t n, uint8_t out[CRYPTO_MAC_SIZE])
{
    crypto_generichash_state state;
    uint8_t                  size[8];

    crypto_generichash_init(&state, key->bytes, sizeof key->bytes, CRYPTO_MAC_SIZE);
    for (size_t i = 0; i < n; i++) {
        put_64(size, parts[i].size);
        crypto_generichash_update(&state, size, sizeof size);
        crypto_generichash_update(&state, parts[i].data, parts[i].size);
    }
    crypto_generichash_final(&state, out, CRYPTO_MAC_SIZE);
    sodium_memzero(&state, sizeof state);
}

void
crypto_digest(const Bytes *parts, size_t n, uint8_t out[32])
{
    crypto_hash_sha256_state state;
    uint8_t                  size[8];

    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < n; i++) {
        put_64(size, parts[i].size);
        crypto_hash_sha256_update(&state, size, sizeof size);
        crypto_hash_sha256_update(&state, parts[i].data, parts[i].size);
    }
    crypto_hash_sha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

/* ---- the envelope ---- */

static uint8_t *
put_name(uint8_t *at, const char *name)
{
    size_t size = strlen(name);

    g_assert(size <= NAME_MOST);
    *at++ = (uint8_t)size;
    memcpy(at, name, size);
    return at + size;
}

/* Associated data: the envelope's own head, and where it lives. */
static size_t
put_place(uint8_t out[PLACE_MOST], const uint8_t *head, CryptoPlace place)
{
    uint8_t *at = out;

    memcpy(at, head, AT_NONCE);
    at = put_name(at + AT_NONCE, place.table);
    at = put_name(at, place.column);
    put_64(at, (uint64_t)place.row);
    return (size_t)(at + 8 - out);
}

static void
make_commitment(const CryptoKey *key, uint8_t out[COMMITMENT_SIZE])
{
    static const uint8_t purpose[] = "sawt commitment 1";

    crypto_generichash(out, COMMITMENT_SIZE, purpose, sizeof purpose - 1, key->bytes,
                       sizeof key->bytes);
}

G_STATIC_ASSERT(COMMITMENT_SIZE == sizeof(((CryptoKey *)0)->commitment));

void
crypto_key_commit(CryptoKey *key)
{
    make_commitment(key, key->commitment);
    key->committed = true;
}

static void
put_head(const CryptoKey *key, uint8_t head[AT_NONCE])
{
    head[0] = VERSION;
    head[1] = ALGORITHM;
    put_32(head + AT_KEY_ID, key->id);
    if (key->committed)
        memcpy(head + AT_COMMITMENT, key->commitment, COMMITMENT_SIZE);
    else
        make_commitment(key, head + AT_COMMITMENT);
}

Bytes
crypto_seal(Arena *mem, const CryptoKey *key, CryptoPlace place, Bytes plain)
{
    size_t   size = CRYPTO_OVERHEAD + plain.size;
    uint8_t *out = arena_alloc(mem, size);
    uint8_t  where[PLACE_MOST];

    put_head(key, out);
    randombytes_buf(out + AT_NONCE, NONCE_SIZE);
    size_t where_size = put_place(where, out, place);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + AT_BODY, NULL, plain.data, plain.size, where,
                                               where_size, NULL, out + AT_NONCE, key->bytes);
    return (Bytes){ out, size };
}

bool
crypto_open_into(const CryptoKey *key, CryptoPlace place, Bytes envelope, uint8_t *out, size_t size,
                 GError **error)
{
    uint8_t head[AT_NONCE], where[PLACE_MOST];

    if (envelope.size < CRYPTO_OVERHEAD || envelope.size - CRYPTO_OVERHEAD != size)
        return fail(error, APP_ERROR_INTERNAL, "%s.%s: no envelope of its size", place.table,
                    place.column);

    put_head(key, head);
    if (sodium_memcmp(head, envelope.data, sizeof head) != 0)
        return fail(error, APP_ERROR_INTERNAL, "%s.%s: sealed under another key or version",
                    place.table, place.column);

    size_t where_size = put_place(where, head, place);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, envelope.data + AT_BODY,
                                                   size + TAG_SIZE, where, where_size,
                                                   envelope.data + AT_NONCE, key->bytes) != 0)
        return fail(error, APP_ERROR_INTERNAL, "%s.%s: changed, or of another row", place.table,
                    place.column);
    return true;
}

bool
crypto_open(Arena *mem, const CryptoKey *key, CryptoPlace place, Bytes envelope, Bytes *plain,
            GError **error)
{
    size_t   size = envelope.size < CRYPTO_OVERHEAD ? 0 : envelope.size - CRYPTO_OVERHEAD;
    uint8_t *out = arena_alloc(mem, size + 1);

    if (!crypto_open_into(key, place, envelope, out, size, error))
        return false;

    *plain = (Bytes){ out, size };
    return true;
}

uint32_t
crypto_key_id(Bytes envelope)
{
    uint32_t id;

    if (envelope.size < CRYPTO_OVERHEAD || envelope.data[0] != VERSION ||
        envelope.data[1] != ALGORITHM)
        return 0;
    memcpy(&id, envelope.data + AT_KEY_ID, sizeof id);
    return GUINT32_FROM_BE(id);
}

/* ---- bytes as text ---- */

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char rfc_4648[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* The `n`th group of five bits; what lies behind the end is zero. */
static unsigned
five_bits(const uint8_t *bytes, size_t size, size_t n)
{
    size_t   at = n * 5 / 8;
    unsigned pair = (unsigned)bytes[at] << 8 | (at + 1 < size ? bytes[at + 1] : 0u);

    return pair >> (11 - n * 5 % 8) & 31;
}

void
crypto_base32(const uint8_t *bytes, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++)
        out[i] = crockford[five_bits(bytes, (length * 5 + 7) / 8, i)];
    out[length] = '\0';
}

/* '\0': no character of the alphabet. */
static char
fold_character(uint32_t code)
{
    int digit = utf8_digit(code);

    if (digit >= 0)
        return (char)('0' + digit);
    if (code > 'z')
        return '\0';

    char upper = g_ascii_toupper((char)code);
    if (upper == 'O')
        return '0';
    if (upper == 'I' || upper == 'L')
        return '1';
    return strchr(crockford, upper) == NULL ? '\0' : upper;
}

bool
crypto_base32_fold(const char *text, size_t length, char *out)
{
    size_t   n = 0;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        if (utf8_is_space(code) || utf8_is_dash(code) || utf8_is_hidden(code))
            continue;

        char folded = fold_character(code);
        if (folded == '\0' || n == length)
            return false;
        out[n++] = folded;
    }
    out[n] = '\0';
    return n == length;
}

char *
crypto_base64(Arena *mem, Bytes bytes)
{
    size_t size = sodium_base64_ENCODED_LEN(bytes.size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);

    return sodium_bin2base64(arena_alloc(mem, size), size, bytes.data, bytes.size,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool
crypto_from_base64(const char *text, uint8_t *out, size_t size)
{
    size_t      got;
    const char *end;
    size_t      length = strlen(text);

    return sodium_base642bin(out, size, text, length, NULL, &got, &end,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           got == size && end == text + length;
}

/* ---- passwords ---- */

#define PASSES 2
#define MEMORY ((size_t)64 * 1024 * 1024)
#define PATIENCE (5 * SECONDS)

/* Of a password that nobody knows: what is computed when there is no account. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$ikReAjR/g2gGXYOWz7RN2w$"
                             "6gHhZLU58RsIFWzZW6tU/EenkVqIJG/P1FEVjCJB72c";

static struct {
    pthread_once_t once;
    Lock           lock;
    Signal         freed;
    long           free;
} places = { .once = PTHREAD_ONCE_INIT };

static void
prepare_places(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    lock_init(&places.lock);
    signal_init(&places.freed);
    places.free = MAX(cores, 1);
}

static bool
take_place(GError **error)
{
    int64_t deadline = clock_monotonic() + PATIENCE;

    pthread_once(&places.once, prepare_places);
    lock_take(&places.lock);
    while (places.free == 0) {
        int64_t left = deadline - clock_monotonic();

        if (left <= 0 || !signal_wait_for(&places.freed, &places.lock, left))
            break;
    }
    bool taken = places.free > 0;
    if (taken)
        places.free--;
    lock_leave(&places.lock);

    return taken || fail(error, APP_ERROR_BUSY, "too many passwords are being hashed");
}

static void
leave_place(void)
{
    lock_take(&places.lock);
    places.free++;
    lock_leave(&places.lock);
    signal_one(&places.freed);
}

/* Keyboards write the same letters in different code points: NFKC, as NIST SP 800-63B has it. */
static char *
canonical(const char *password)
{
    char *normal = g_utf8_normalize(password, -1, G_NORMALIZE_NFKC);

    return normal != NULL ? normal : g_strdup(password);
}

static void
forget(char *password)
{
    sodium_memzero(password, strlen(password));
    g_free(password);
}

bool
crypto_password_hash(Arena *mem, const char *password, const char **hash, GError **error)
{
    char *out = arena_alloc(mem, crypto_pwhash_argon2id_STRBYTES);

    if (!take_place(error))
        return false;

    char *normal = canonical(password);
    int   result = crypto_pwhash_argon2id_str(out, normal, strlen(normal), PASSES, MEMORY);
    forget(normal);
    leave_place();
    if (result != 0)
        return fail(error, APP_ERROR_BUSY, "no memory to hash a password");

    *hash = out;
    return true;
}

bool
crypto_password_check(const char *hash, const char *password, bool *right, GError **error)
{
    if (!take_place(error))
        return false;

    char *normal = canonical(password);
    errno = 0;
    int result =
        crypto_pwhash_argon2id_str_verify(hash != NULL ? hash : nobody, normal, strlen(normal));
    bool lacking = result != 0 && errno == ENOMEM;
    forget(normal);
    leave_place();
    if (lacking)
        return fail(error, APP_ERROR_BUSY, "no memory to check a password");

    *right = result == 0 && hash != NULL;
    return true;
}

/* ---- TOTP ---- */

enum { TOTP_DIGITS = 6, TOTP_SECONDS = 30, TOTP_STEPS = 1 };

void
crypto_totp(Bytes secret, int64_t step, char out[7])
{
    uint8_t  counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    put_64(counter, (uint64_t)step);
    if (HMAC(EVP_sha1(), secret.data, (int)secret.size, counter, sizeof counter, mac, &size) ==
        NULL)
        g_error("crypto: OpenSSL has no HMAC-SHA1");

    const uint8_t *at = mac + (mac[size - 1] & 15);
    uint32_t       number =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    g_snprintf(out, TOTP_DIGITS + 1, "%06u", number % 1000000);
    sodium_memzero(mac, sizeof mac);
}

/* All steps are computed, so that the time tells nothing; the newest one counts. */
int64_t
crypto_totp_step(Bytes secret, const char *digits, int64_t now_seconds)
{
    int64_t step = now_seconds / TOTP_SECONDS, found = 0;
    char    expected[TOTP_DIGITS + 1];

    if (digits == NULL || strlen(digits) != TOTP_DIGITS)
        return 0;

    for (int64_t i = step - TOTP_STEPS; i <= step + TOTP_STEPS; i++) {
        crypto_totp(secret, i, expected);
        if (sodium_memcmp(expected, digits, TOTP_DIGITS) == 0)
            found = i;
    }
    sodium_memzero(expected, sizeof expected);
    return found;
}

char *
crypto_totp_text(Arena *mem, Bytes secret)
{
    size_t length = (secret.size * 8 + 4) / 5;
    char  *out = arena_alloc(mem, length + 1);

    for (size_t i = 0; i < length; i++)
        out[i] = rfc_4648[five_bits(secret.data, secret.size, i)];
    return out;
}
