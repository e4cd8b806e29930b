/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one envelope, and keys in locked memory.
 *
 *   version 1 | algorithm 1 | key id 4 | key commitment 16 | nonce 24 | ciphertext and tag
 *
 * XChaCha20-Poly1305 with a random nonce; associated data = table, column, row id, so that a
 * ciphertext moved to another row does not open. The commitment is a MAC of the key: an envelope
 * opens under one key only. */
#pragma once

#include "base/arena.h"

#define CRYPTO_KEY_SIZE 32
#define CRYPTO_MAC_SIZE 32
#define CRYPTO_OVERHEAD (1 + 1 + 4 + 16 + 24 + 16)

/* On the stack of who uses it; wiped by crypto_key_clear. Who writes `bytes` begins with an empty key, or
 * the commitment would be another's. */
typedef struct {
    uint8_t  bytes[CRYPTO_KEY_SIZE];
    uint32_t id; /* epoch for ring keys, 0 for data keys */
    bool     committed;
    uint8_t  commitment[16];
} CryptoKey;

void crypto_key_random(CryptoKey *key);
void crypto_key_clear(CryptoKey *key);
/* Compute the commitment now, for a key that opens or seals many envelopes. */
void crypto_key_commit(CryptoKey *key);
/* A key for a purpose and number, derived (keyed BLAKE2b). */
void crypto_key_derive(const CryptoKey *from, const char *purpose, int64_t number, CryptoKey *out);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CryptoKey, crypto_key_clear)

/* Where an envelope lives. */
typedef struct {
    const char *table, *column;
    int64_t     row;
} CryptoPlace;

Bytes crypto_seal(Arena *mem, const CryptoKey *key, CryptoPlace place, Bytes plain);
/* INTERNAL when it does not open: other key, other place, changed. `plain` has a NUL behind it. */
bool crypto_open(Arena *mem, const CryptoKey *key, CryptoPlace place, Bytes envelope, Bytes *plain,
                 GError **error) MUST_USE;
/* The same for what must not lie in an arena, such as keys: exactly `size` bytes into `out`. */
bool crypto_open_into(const CryptoKey *key, CryptoPlace place, Bytes envelope, uint8_t *out,
                      size_t size, GError **error) MUST_USE;
/* The key id that an envelope names; 0 when it is none. */
uint32_t crypto_key_id(Bytes envelope);

/* Keyed BLAKE2b-256 over parts, each with its length before it. */
void crypto_mac(const CryptoKey *key, const Bytes *parts, size_t n, uint8_t out[CRYPTO_MAC_SIZE]);
/* SHA-256 over parts, each with its length before it. (libsodium has a crypto_hash of its own.) */
void crypto_digest(const Bytes *parts, size_t n, uint8_t out[32]);
void crypto_random(void *out, size_t size);

/* Crockford base32 (no I L O U), `length` characters from the first bits of `bytes`. */
void crypto_base32(const uint8_t *bytes, size_t length, char *out);
/* Upper case, with O→0, I and L→1, any script's digits ASCII, dashes and spaces dropped; false when it
 * is not `length` long or holds another character. `out` has room for length + 1. */
bool crypto_base32_fold(const char *text, size_t length, char *out);
/* URL-safe base64 without padding, both ways. False unless it is the one text of `size` bytes. */
char *crypto_base64(Arena *mem, Bytes bytes);
bool  crypto_from_base64(const char *text, uint8_t *out, size_t size);

/* Argon2id of the NFKC form, 2 passes, 64 MiB; at most as many at once as cores, the rest wait 5 s,
 * then BUSY. */
bool
crypto_password_hash(Arena *mem, const char *password, const char **hash, GError **error) MUST_USE;
/* `hash` NULL takes the same time and is false. BUSY as above. */
bool
crypto_password_check(const char *hash, const char *password, bool *right, GError **error) MUST_USE;
/* RFC 6238, SHA-1, six digits, 30 s: the step at which `digits` is right within one step of `now`, or 0. */
int64_t crypto_totp_step(Bytes secret, const char *digits, int64_t now_seconds);
void    crypto_totp(Bytes secret, int64_t step, char out[7]);
/* Base32 (RFC 4648) of a TOTP secret, for otpauth:// links. */
char *crypto_totp_text(Arena *mem, Bytes secret);
