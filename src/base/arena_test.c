/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

static bool
is_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static void
pieces_are_zeroed_aligned_and_apart(void)
{
    static const size_t sizes[] = {
        0, 1, 15, 16, 17, 100, 4000, 5000, 16000, 16320, 20000, 300000
    };
    g_autoptr(Arena) arena = arena_new();

    for (size_t round = 0; round < 3; round++) {
        char *pieces[G_N_ELEMENTS(sizes)][8];

        for (size_t i = 0; i < G_N_ELEMENTS(sizes) * 8; i++) {
            size_t size = sizes[i / 8];
            char  *piece = pieces[i / 8][i % 8] = arena_alloc(arena, size);

            g_assert_nonnull(piece);
            g_assert_true((uintptr_t)piece % alignof(max_align_t) == 0);
            g_assert_true(is_zero(piece, size));
            memset(piece, (int)(i + 1), size);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(sizes) * 8; i++) {
            for (size_t k = 0; k < sizes[i / 8]; k++)
                g_assert_cmpint((uint8_t)pieces[i / 8][i % 8][k], ==, (uint8_t)(i + 1));
        }
        arena_reset(arena);
    }
}

static void
texts_are_copied(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *large = g_strnfill(100000, 'x');
    char             own[] = "صوت";
    char            *copy = arena_copy(arena, own);

    own[0] = '\0';
    g_assert_cmpstr(copy, ==, "صوت");
    g_assert_null(arena_copy(arena, NULL));
    g_assert_cmpstr(arena_text(arena, "abcdef", 3), ==, "abc");
    g_assert_cmpstr(arena_text(arena, NULL, 0), ==, "");
    g_assert_cmpstr(arena_printf(arena, "%d-%s", 7, "ب"), ==, "7-ب");
    g_assert_cmpstr(arena_printf(arena, "%s", large), ==, large);
    g_assert_cmpuint(strlen(arena_printf(arena, "%255d", 1)), ==, 255);
    g_assert_cmpuint(strlen(arena_printf(arena, "%256d", 1)), ==, 256);
}

static void
bytes_keep_no_value_apart_from_empty(void)
{
    static const uint8_t some[] = { 1, 0, 2 };
    g_autoptr(Arena) arena = arena_new();
    Bytes none = { NULL, 0 };
    Bytes empty = { some, 0 };
    Bytes copy = arena_bytes(arena, BYTES_OF(some));

    g_assert_true(bytes_equal(copy, BYTES_OF(some)));
    g_assert_true(copy.data != some);
    g_assert_null(arena_bytes(arena, none).data);
    g_assert_nonnull(arena_bytes(arena, empty).data);
    g_assert_true(bytes_equal(none, none));
    g_assert_true(bytes_equal(empty, arena_bytes(arena, empty)));
    g_assert_false(bytes_equal(none, empty));
    g_assert_false(bytes_equal(copy, (Bytes){ some, 2 }));
    g_assert_false(bytes_equal(copy, (Bytes){ (const uint8_t *)"\1\0\3", 3 }));
    g_assert_true(bytes_equal(bytes_of_text("ab"), (Bytes){ (const uint8_t *)"ab", 2 }));
    g_assert_null(bytes_of_text(NULL).data);
}

static void
arrays_are_typed(void)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t *numbers = ARENA_ARRAY(arena, int64_t, 1000);
    Bytes   *bytes = ARENA_NEW(arena, Bytes);

    numbers[999] = 1;
    g_assert_cmpint(numbers[0], ==, 0);
    g_assert_null(bytes->data);
}

/* In a process of its own: what must abort does. */
static void
dies(void (*how)(void), const char *path)
{
    if (g_test_subprocess()) {
        how();
        exit(0);
    }
    g_test_trap_subprocess(path, 0, 0);
    g_test_trap_assert_failed();
}

static void
overflow(void)
{
    g_autoptr(Arena) arena = arena_new();
    volatile size_t n = SIZE_MAX / 4;

    (void)!ARENA_ARRAY(arena, int64_t, n);
}

static void
a_product_that_is_no_size_aborts(void)
{
    dies(overflow, NULL);
}

#if defined(__SANITIZE_ADDRESS__)
#define POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONED 1
#endif
#endif

#ifdef POISONED
static void
use_after_reset(void)
{
    g_autoptr(Arena) arena = arena_new();
    volatile char *piece = arena_alloc(arena, 10);

    arena_reset(arena);
    piece[0] = 1;
}

static void
write_past_the_end(void)
{
    g_autoptr(Arena) arena = arena_new();
    volatile char  *piece = arena_alloc(arena, 16);
    volatile size_t at = 16;

    (void)arena_alloc(arena, 16);
    piece[at] = 1;
}

static void
a_pointer_kept_past_its_request_is_caught(void)
{
    dies(use_after_reset, NULL);
}

static void
a_write_past_a_piece_is_caught(void)
{
    dies(write_past_the_end, NULL);
}
#endif

static void
errors_have_codes_and_statuses(void)
{
    static const int statuses[] = {
        [APP_ERROR_INVALID] = 422,   [APP_ERROR_UNAUTHENTICATED] = 401,
        [APP_ERROR_FORBIDDEN] = 403, [APP_ERROR_NOT_FOUND] = 404,
        [APP_ERROR_CONFLICT] = 409,  [APP_ERROR_LIMITED] = 429,
        [APP_ERROR_TOO_LARGE] = 413, [APP_ERROR_BUSY] = 503,
        [APP_ERROR_INTERNAL] = 500,  [APP_ERROR_RACE] = 500,
    };
    g_autoptr(GError) foreign = g_error_new(G_FILE_ERROR, APP_ERROR_INVALID, "of another domain");

    for (size_t code = 0; code < G_N_ELEMENTS(statuses); code++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(fail(&error, code, "row %d", 7));
        g_assert_cmpstr(error->message, ==, "row 7");
        g_assert_cmpint(error_code(error), ==, code);
        g_assert_cmpint(error_status(error_code(error)), ==, statuses[code]);
    }
    g_assert_null(fail_null(NULL, APP_ERROR_BUSY, "nobody asks"));
    g_assert_cmpint(error_code(foreign), ==, APP_ERROR_INTERNAL);
    g_assert_cmpint(error_code(NULL), ==, APP_ERROR_INTERNAL);
    g_assert_cmpint(error_status((AppError)99), ==, 500);
}

static void
cost(void)
{
    g_autoptr(Arena) arena = arena_new();
    int rounds = 20000;

    if (!g_test_perf())
        return;
    g_test_timer_start();
    for (int i = 0; i < rounds; i++) {
        for (int k = 0; k < 100; k++)
            (void)!arena_alloc(arena, 48);
        arena_reset(arena);
    }
    g_test_message("%.1f ns per piece of 48 bytes", g_test_timer_elapsed() * 1e9 / rounds / 100);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arena/pieces-are-zeroed-aligned-and-apart",
                    pieces_are_zeroed_aligned_and_apart);
    g_test_add_func("/arena/texts-are-copied", texts_are_copied);
    g_test_add_func("/arena/bytes-keep-no-value-apart-from-empty",
                    bytes_keep_no_value_apart_from_empty);
    g_test_add_func("/arena/arrays-are-typed", arrays_are_typed);
    g_test_add_func("/arena/a-product-that-is-no-size-aborts", a_product_that_is_no_size_aborts);
#ifdef POISONED
    g_test_add_func("/arena/a-pointer-kept-past-its-request-is-caught",
                    a_pointer_kept_past_its_request_is_caught);
    g_test_add_func("/arena/a-write-past-a-piece-is-caught", a_write_past_a_piece_is_caught);
#endif
    g_test_add_func("/error/codes-and-statuses", errors_have_codes_and_statuses);
    g_test_add_func("/arena/cost", cost);
    return g_test_run();
}
