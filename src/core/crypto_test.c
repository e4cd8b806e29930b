/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/crypto.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const CryptoPlace place = { "person", "identity", 42 };

static CryptoKey
fixed_key(uint8_t fill)
{
    CryptoKey key = { .id = 7 };

    memset(key.bytes, fill, sizeof key.bytes);
    return key;
}

static void
refused(bool succeeded, GError **error, AppError code)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    g_clear_error(error);
}

/* ---- the envelope ---- */

static void
seals_and_opens(void)
{
    g_autoptr(Arena) mem = arena_new();
    CryptoKey key = fixed_key(1);
    GError   *error = NULL;

    for (size_t size = 0; size < 300; size += 37) {
        uint8_t *plain = arena_alloc(mem, size + 1);
        Bytes    opened = { NULL, 0 };

        crypto_random(plain, size);
        Bytes sealed = crypto_seal(mem, &key, place, (Bytes){ plain, size });
        g_assert_cmpuint(sealed.size, ==, size + CRYPTO_OVERHEAD);
        g_assert_cmpuint(crypto_key_id(sealed), ==, 7);
        g_assert_true(crypto_open(mem, &key, place, sealed, &opened, &error));
        g_assert_no_error(error);
        g_assert_cmpmem(opened.data, opened.size, plain, size);
        g_assert_cmpint(opened.data[size], ==, 0);
    }
}

static void
seals_anew_each_time(void)
{
    g_autoptr(Arena) mem = arena_new();
    CryptoKey key = fixed_key(1);
    Bytes     a = crypto_seal(mem, &key, place, bytes_of_text("ليلى"));
    Bytes     b = crypto_seal(mem, &key, place, bytes_of_text("ليلى"));

    g_assert_false(bytes_equal(a, b));
    g_assert_cmpmem(a.data, 22, b.data, 22); /* but for nonce and what follows */
}

static void
opens_nothing_that_was_changed(void)
{
    g_autoptr(Arena) mem = arena_new();
    CryptoKey key = fixed_key(1);
    Bytes     sealed = crypto_seal(mem, &key, place, bytes_of_text("0791234567"));
    GError   *error = NULL;

    for (size_t i = 0; i < sealed.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            uint8_t *changed = (uint8_t *)arena_bytes(mem, sealed).data;
            Bytes    plain = { NULL, 0 };

            changed[i] ^= (uint8_t)(1 << bit);
            refused(crypto_open(mem, &key, place, (Bytes){ changed, sealed.size }, &plain, &error),
                    &error, APP_ERROR_INTERNAL);
            g_assert_null(plain.data);
        }
    for (size_t size = 0; size < sealed.size; size++) {
        Bytes plain;

        refused(crypto_open(mem, &key, place, (Bytes){ sealed.data, size }, &plain, &error), &error,
                APP_ERROR_INTERNAL);
    }
}

static void
opens_in_its_place_only(void)
{
    static const CryptoPlace others[] = {
        { "person", "identity", 43 },   { "person", "contact", 42 },
        { "registry", "identity", 42 }, { "personi", "dentity", 42 },
        { "person", "identit", 42 },    { "", "personidentity", 42 },
        { "person", "identity", -42 },  { "person", "identity", 42 + (INT64_C(1) << 32) },
    };
    g_autoptr(Arena) mem = arena_new();
    CryptoKey key = fixed_key(1);
    Bytes     sealed = crypto_seal(mem, &key, place, bytes_of_text("x")), plain;
    GError   *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        refused(crypto_open(mem, &key, others[i], sealed, &plain, &error), &error,
                APP_ERROR_INTERNAL);
}

static void
opens_under_its_key_only(void)
{
    g_autoptr(Arena) mem = arena_new();
    CryptoKey key = fixed_key(1), other = fixed_key(2), epoch = fixed_key(1);
    Bytes     sealed = crypto_seal(mem, &key, place, bytes_of_text("x")), plain;
    uint8_t   into[2];
    GError   *error = NULL;

    epoch.id = 8;
    refused(crypto_open(mem, &other, place, sealed, &plain, &error), &error, APP_ERROR_INTERNAL);
    refused(crypto_open(mem, &epoch, place, sealed, &plain, &error), &error, APP_ERROR_INTERNAL);
    refused(crypto_open_into(&key, place, sealed, into, 2, &error), &error, APP_ERROR_INTERNAL);
    refused(crypto_open_into(&key, place, (Bytes){ NULL, 0 }, into, 0, &error), &error,
            APP_ERROR_INTERNAL);
    g_assert_true(crypto_open_into(&key, place, sealed, into, 1, &error));
    g_assert_cmpuint(crypto_key_id(bytes_of_text("no envelope")), ==, 0);
}

/* draft-irtf-cfrg-xchacha-03, A.3.1: that it is this algorithm that the library computes. */
static void
is_the_algorithm_of_the_draft(void)
{
    static const char plain[] =
        "Ladies and Gentlemen of the class of '99: If I could offer you only "
        "one tip for the future, sunscreen would be it.";
    static const char cipher[] =
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4e"
        "da7e"
        "39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b23835"
        "6"
        "5d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
    uint8_t            key[32], nonce[24], data[12], out[sizeof plain - 1 + 16];
    unsigned long long size;
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(0x80 + i);
    for (size_t i = 0; i < sizeof nonce; i++)
        nonce[i] = (uint8_t)(0x40 + i);
    g_assert_true(text_from_hex("50515253c0c1c2c3c4c5c6c7", data, sizeof data));
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, &size, (const uint8_t *)plain, sizeof plain - 1,
                                               data, sizeof data, NULL, nonce, key);
    g_assert_cmpstr(text_hex(mem, (Bytes){ out, size }), ==, cipher);
}

static void
wycheproof_has_no_such_vectors(void)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "..", "shared", "data", "vec-crypto-wycheproof",
                              "xchacha20_poly1305_test.json", NULL);

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        g_test_skip(
            "vec-crypto-wycheproof has no XChaCha20-Poly1305; the draft's vector stands in");
}

/* ---- keys and MACs ---- */

static void
derives_by_purpose_and_number(void)
{
    CryptoKey key = fixed_key(1), other = fixed_key(2), a, b;

    crypto_key_derive(&key, "handle", 1, &a);
    crypto_key_derive(&key, "handle", 1, &b);
    g_assert_cmpmem(a.bytes, 32, b.bytes, 32);
    g_assert_cmpuint(a.id, ==, 7);
    crypto_key_derive(&key, "handle", 2, &b);
    g_assert_cmpint(memcmp(a.bytes, b.bytes, 32), !=, 0);
    crypto_key_derive(&key, "handles", 1, &b);
    g_assert_cmpint(memcmp(a.bytes, b.bytes, 32), !=, 0);
    crypto_key_derive(&other, "handle", 1, &b);
    g_assert_cmpint(memcmp(a.bytes, b.bytes, 32), !=, 0);

    crypto_key_random(&a);
    crypto_key_random(&b);
    g_assert_cmpint(memcmp(a.bytes, b.bytes, 32), !=, 0);
    crypto_key_clear(&a);
    for (size_t i = 0; i < sizeof a.bytes; i++)
        g_assert_cmpint(a.bytes[i], ==, 0);
}

static void
knows_where_a_part_ends(void)
{
    CryptoKey key = fixed_key(1);
    uint8_t   a[32], b[32];

    crypto_mac(&key, (Bytes[]){ bytes_of_text("ab"), bytes_of_text("c") }, 2, a);
    crypto_mac(&key, (Bytes[]){ bytes_of_text("a"), bytes_of_text("bc") }, 2, b);
    g_assert_cmpint(memcmp(a, b, 32), !=, 0);
    crypto_mac(&key, (Bytes[]){ bytes_of_text("ab"), bytes_of_text("c"), { NULL, 0 } }, 3, b);
    g_assert_cmpint(memcmp(a, b, 32), !=, 0);
    crypto_digest((Bytes[]){ bytes_of_text("ab"), bytes_of_text("c") }, 2, a);
    crypto_digest((Bytes[]){ bytes_of_text("a"), bytes_of_text("bc") }, 2, b);
    g_assert_cmpint(memcmp(a, b, 32), !=, 0);
}

/* ---- bytes as text ---- */

static void
writes_base32(void)
{
    static const uint8_t bytes[] = { 0xFF, 0x00, 0xAA, 0x55, 0x12, 0x34, 0x56 };
    char                 text[12];

    crypto_base32(bytes, 10, text);
    g_assert_cmpstr(text, ==,
                    "ZW0AMN8J6H"); /* 11111 11100 00000 01010 10100 10101 01000 10010 00110 10001 */
    crypto_base32((const uint8_t[]){ 0 }, 1, text);
    g_assert_cmpstr(text, ==, "0");
}

static const struct {
    const char *typed, *folded; /* NULL: refused */
} typed_cases[] = {
    { "ZW0AMN8J6H", "ZW0AMN8J6H" },
    { "zw0am-n8j6h", "ZW0AMN8J6H" },
    { " ZWOAM N8J6H ", "ZW0AMN8J6H" },
    { "iLo1234567", "1101234567" },
    { "١٢٣٤٥٦٧٨٩٠", "1234567890" },
    { "\u200f۱۲۳۴۵‐۶۷۸۹۰\u200e", "1234567890" },
    { "ZW0AMN8J6", NULL },
    { "ZW0AMN8J6HH", NULL },
    { "ZW0AMN8J6U", NULL },
    { "ZW0AMN8J6é", NULL },
    { "ZW0AMN8J6\xFF", NULL },
    { "ZW0AMN8J6{", NULL },
    { "", NULL },
};

static void
reads_base32_as_people_type_it(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(typed_cases); i++) {
        char folded[11] = "";
        bool read = crypto_base32_fold(typed_cases[i].typed, 10, folded);

        if (read != (typed_cases[i].folded != NULL))
            g_error("%s: %d", typed_cases[i].typed, read);
        if (read)
            g_assert_cmpstr(folded, ==, typed_cases[i].folded);
    }
}

static void
reads_one_base64_only(void)
{
    g_autoptr(Arena) mem = arena_new();
    uint8_t bytes[5] = { 0xFB, 0xEF, 0xFF, 0x00, 0x01 }, back[5];

    g_assert_cmpstr(crypto_base64(mem, BYTES_OF(bytes)), ==, "--__AAE");
    g_assert_true(crypto_from_base64("--__AAE", back, 5));
    g_assert_cmpmem(back, 5, bytes, 5);
    g_assert_false(crypto_from_base64("--__AAF", back, 5)); /* bits behind the end */
    g_assert_false(crypto_from_base64("--__AAE=", back, 5));
    g_assert_false(crypto_from_base64("++//AAE", back, 5));
    g_assert_false(crypto_from_base64("--__AAE\n", back, 5));
    g_assert_false(crypto_from_base64("--__AA", back, 5));
    g_assert_false(crypto_from_base64("--__AAEA", back, 5));
    g_assert_false(crypto_from_base64("", back, 5));
}

/* ---- passwords ---- */

static bool
is_right(const char *hash, const char *password)
{
    GError *error = NULL;
    bool    right = false;

    g_assert_true(crypto_password_check(hash, password, &right, &error));
    g_assert_no_error(error);
    return right;
}

static void
knows_a_password(void)
{
    g_autoptr(Arena) mem = arena_new();
    const char *hash, *again;
    GError     *error = NULL;

    g_assert_true(crypto_password_hash(mem, "كلمة سر طويلة بما يكفي", &hash, &error));
    g_assert_true(crypto_password_hash(mem, "كلمة سر طويلة بما يكفي", &again, &error));
    g_assert_true(g_str_has_prefix(hash, "$argon2id$v=19$m=65536,t=2,p=1$"));
    g_assert_cmpstr(hash, !=, again);
    g_assert_true(is_right(hash, "كلمة سر طويلة بما يكفي"));
    g_assert_false(is_right(hash, "كلمة سر طويلة بما يكف"));
    g_assert_false(is_right(hash, ""));
    g_assert_false(is_right("no hash", "x"));
    g_assert_false(is_right("", "x"));
    g_assert_false(is_right(NULL, "x"));

    /* One letter in two code points, or in one. */
    g_assert_true(crypto_password_hash(mem, "caf\u00e9 at nine o'clock", &hash, &error));
    g_assert_true(is_right(hash, "cafe\u0301 at nine o'clock"));
}

/* Of this thread, so that a busy machine does not matter. */
static int64_t
processor_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * SECONDS + now.tv_nsec / 1000;
}

static int64_t
time_of_check(const char *hash)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t begun = processor_time();

        is_right(hash, "some long password");
        best = MIN(best, processor_time() - begun);
    }
    return best;
}

/* The least of five; a factor of two would be seen. */
static void
takes_as_long_for_nobody(void)
{
    g_autoptr(Arena) mem = arena_new();
    const char *hash;
    GError     *error = NULL;

    g_assert_true(crypto_password_hash(mem, "another long password", &hash, &error));
    int64_t somebody = time_of_check(hash), nobody = time_of_check(NULL);
    g_test_message("a password takes %" G_GINT64_FORMAT " us, nobody's %" G_GINT64_FORMAT " us",
                   somebody, nobody);
    g_assert_cmpint(nobody, >, somebody / 2);
    g_assert_cmpint(somebody, >, nobody / 2);
}

static int64_t
rss_anon(void)
{
    FILE   *status = fopen("/proc/self/status", "r");
    char    line[256];
    int64_t kib = -1;

    while (status != NULL && kib < 0 && fgets(line, sizeof line, status) != NULL)
        if (g_str_has_prefix(line, "RssAnon:"))
            kib = g_ascii_strtoll(line + strlen("RssAnon:"), NULL, 10);
    if (status != NULL)
        fclose(status);
    return kib;
}

static void
gives_its_memory_back(void)
{
    int64_t before;

    is_right(NULL, "x");
    before = rss_anon();
    for (int i = 0; i < 4; i++)
        is_right(NULL, "x");
    g_test_message("RssAnon %" G_GINT64_FORMAT " KiB before, %" G_GINT64_FORMAT " KiB after",
                   before, rss_anon());
    g_assert_cmpint(rss_anon() - before, <, 16 * 1024);
}

typedef struct {
    atomic_int busy, done;
} Crowd;

static void *
check_in_crowd(void *data)
{
    Crowd  *crowd = data;
    GError *error = NULL;
    bool    right;

    if (!crypto_password_check(NULL, "x", &right, &error)) {
        g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
        g_clear_error(&error);
        atomic_fetch_add(&crowd->busy, 1);
        return NULL;
    }
    atomic_fetch_add(&crowd->done, 1);
    return NULL;
}

/* More than all places can do in five seconds: the last get BUSY, and memory stays what it may be. */
static void
refuses_a_crowd(void)
{
    enum { MOST = 400 };
    Crowd      crowd = { 0 };
    pthread_t *threads = g_new(pthread_t, MOST);
    int64_t    one = time_of_check(NULL);
    long       places = sysconf(_SC_NPROCESSORS_ONLN);
    int        n = (int)CLAMP(12 * SECONDS / MAX(one, 1) * places, 40, MOST);

    if ((int64_t)n * one < 8 * SECONDS * places) {
        g_test_skip("this machine hashes too fast for this many threads");
        g_free(threads);
        return;
    }
    for (int i = 0; i < n; i++)
        threads[i] = thread_start("crowd", 256 * 1024, check_in_crowd, &crowd);
    for (int i = 0; i < n; i++)
        thread_join(threads[i]);
    g_test_message("of %d, %d were done and %d refused", n, crowd.done, crowd.busy);
    g_assert_cmpint(crowd.busy, >, 0);
    g_assert_cmpint(crowd.done, >, 0);
    g_assert_true(is_right(NULL, "x") == false); /* places are free again */
    g_free(threads);
}

/* ---- TOTP ---- */

/* RFC 6238, appendix B, cut to six digits. */
static const struct {
    int64_t     seconds;
    const char *digits;
} rfc_cases[] = {
    { 59, "287082" },         { 1111111109, "081804" }, { 1111111111, "050471" },
    { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
};

static const Bytes rfc_secret = { (const uint8_t *)"12345678901234567890", 20 };

static void
is_the_totp_of_the_rfc(void)
{
    g_autoptr(Arena) mem = arena_new();
    char digits[7];

    for (size_t i = 0; i < G_N_ELEMENTS(rfc_cases); i++) {
        crypto_totp(rfc_secret, rfc_cases[i].seconds / 30, digits);
        g_assert_cmpstr(digits, ==, rfc_cases[i].digits);
        g_assert_cmpint(crypto_totp_step(rfc_secret, digits, rfc_cases[i].seconds), ==,
                        rfc_cases[i].seconds / 30);
    }
    g_assert_cmpstr(crypto_totp_text(mem, rfc_secret), ==, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    g_assert_cmpstr(crypto_totp_text(mem, bytes_of_text("foobar")), ==, "MZXW6YTBOI");
}

static void
takes_a_step_to_each_side(void)
{
    static const char *const nonsense[] = { "", "28708", "2870820", "28708a", "٢٨٧٠٨٢", " 287082" };
    int64_t                  now = 59 + 3000;
    char                     digits[7];

    for (int64_t off = -3; off <= 3; off++) {
        crypto_totp(rfc_secret, now / 30 + off, digits);
        g_assert_cmpint(crypto_totp_step(rfc_secret, digits, now), ==,
                        off >= -1 && off <= 1 ? now / 30 + off : 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(nonsense); i++)
        g_assert_cmpint(crypto_totp_step(rfc_secret, nonsense[i], 59), ==, 0);
    g_assert_cmpint(crypto_totp_step(rfc_secret, NULL, 59), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add_func("/crypto/seals and opens", seals_and_opens);
    g_test_add_func("/crypto/seals anew each time", seals_anew_each_time);
    g_test_add_func("/crypto/opens nothing that was changed", opens_nothing_that_was_changed);
    g_test_add_func("/crypto/opens in its place only", opens_in_its_place_only);
    g_test_add_func("/crypto/opens under its key only", opens_under_its_key_only);
    g_test_add_func("/crypto/is the algorithm of the draft", is_the_algorithm_of_the_draft);
    g_test_add_func("/crypto/wycheproof", wycheproof_has_no_such_vectors);
    g_test_add_func("/crypto/derives by purpose and number", derives_by_purpose_and_number);
    g_test_add_func("/crypto/knows where a part ends", knows_where_a_part_ends);
    g_test_add_func("/crypto/writes base32", writes_base32);
    g_test_add_func("/crypto/reads base32 as people type it", reads_base32_as_people_type_it);
    g_test_add_func("/crypto/reads one base64 only", reads_one_base64_only);
    g_test_add_func("/crypto/knows a password", knows_a_password);
    g_test_add_func("/crypto/takes as long for nobody", takes_as_long_for_nobody);
    g_test_add_func("/crypto/gives its memory back", gives_its_memory_back);
    g_test_add_func("/crypto/refuses a crowd", refuses_a_crowd);
    g_test_add_func("/crypto/is the totp of the rfc", is_the_totp_of_the_rfc);
    g_test_add_func("/crypto/takes a step to each side", takes_a_step_to_each_side);
    return g_test_run();
}
