/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/shrink.h"

#include "base/text.h"
#include "base/thread.h"

#include <sodium.h>
#include <string.h>

static const char complaint[] =
    "{\"subject\":\"المياه مقطوعة عن الحي\",\"text\":\"انقطعت المياه عن الحي منذ خمسة أيام ولم "
    "يرد أحد على اتصالاتنا. نرجو إصلاح الخلل في أقرب وقت.\"}";

static void
comes_back(Bytes plain, size_t most)
{
    g_autoptr(Arena) mem = arena_new();
    Bytes   packed = shrink_pack(mem, plain), opened = { NULL, 0 };
    GError *error = NULL;

    g_assert_cmpuint(packed.size, <=, most);
    g_assert_true(shrink_open(mem, packed, &opened, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(opened.data, opened.size, plain.data, plain.size);
    g_assert_cmpint(opened.data[opened.size], ==, 0);
}

static void
texts_come_back(void)
{
    g_autoptr(Arena) mem = arena_new();
    uint8_t *many = arena_alloc(mem, 100000);

    memset(many, 'x', 100000);
    comes_back(bytes_of_text(""), 1);
    comes_back(bytes_of_text("x"), 2);
    comes_back(bytes_of_text("{\"stars\":3}"), 12);
    comes_back(bytes_of_text(complaint), (sizeof complaint - 1) * 3 / 5);
    comes_back((Bytes){ many, 100000 }, 100);
}

/* What has no order is not made longer by more than the form's byte. */
static void
noise_comes_back(void)
{
    for (size_t size = 0; size < 5000; size += 61) {
        g_autoptr(Arena) mem = arena_new();
        uint8_t *noise = arena_alloc(mem, size + 1);

        randombytes_buf(noise, size);
        comes_back((Bytes){ noise, size }, size + 1);
    }
}

/* Written once, read for years: a program that cannot open these has lost what people wrote. */
static void
old_forms_open(void)
{
    static const struct {
        const char *hex, *plain;
    } kept[] = {
        { "00d985d98ad8a7d987", "مياه" },
        { "0120e4750200c38104ab52273787a65ebd7acc75294d5f1eeb316316fca07a9f3c8d03fcae9a0ae3b4e7"
          "6f02ebea3a699f3760362e07564413c1b8de07654b530ebd1217abca2e4fe1e62f2f1de7e7bb6b0eb105",
          complaint },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        g_autoptr(Arena) mem = arena_new();
        size_t   size = strlen(kept[i].hex) / 2;
        uint8_t *packed = arena_alloc(mem, size);
        Bytes    plain = { NULL, 0 };
        GError  *error = NULL;

        g_assert_true(text_from_hex(kept[i].hex, packed, size));
        g_assert_true(shrink_open(mem, (Bytes){ packed, size }, &plain, &error));
        g_assert_no_error(error);
        g_assert_cmpstr((const char *)plain.data, ==, kept[i].plain);
    }
}

static void
refused(Arena *mem, Bytes packed)
{
    GError *error = NULL;
    Bytes   plain;

    g_assert_false(shrink_open(mem, packed, &plain, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error(&error);
}

static void
what_is_broken_is_refused(void)
{
    static const uint8_t unknown[] = { 2, 0, 0 };
    /* A frame that says that four gigabytes follow. */
    static const uint8_t huge[] = { 1, 0xA0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0 };
    g_autoptr(Arena) mem = arena_new();
    Bytes packed = shrink_pack(mem, bytes_of_text(complaint));

    refused(mem, (Bytes){ NULL, 0 });
    refused(mem, BYTES_OF(unknown));
    refused(mem, BYTES_OF(huge));
    for (size_t size = 1; size < packed.size; size++)
        refused(mem, (Bytes){ packed.data, size });
}

/* What is changed is found by the envelope; here it may give anything but a crash. */
static void
nothing_that_was_changed_does_harm(void)
{
    g_autoptr(Arena) mem = arena_new();
    Bytes packed = shrink_pack(mem, bytes_of_text(complaint));

    for (size_t i = 0; i < packed.size * 8; i++) {
        g_autoptr(Arena) each = arena_new();
        g_autoptr(GError) error = NULL;
        uint8_t *changed = (uint8_t *)arena_bytes(each, packed).data;
        Bytes    plain;

        changed[i / 8] ^= (uint8_t)(1 << i % 8);
        if (!shrink_open(each, (Bytes){ changed, packed.size }, &plain, &error))
            g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    }
}

static void *
pack_often(void *data)
{
    (void)data;
    for (int i = 0; i < 50; i++)
        comes_back(bytes_of_text(complaint), sizeof complaint);
    return NULL;
}

static void
threads_do_not_meet(void)
{
    pthread_t threads[12];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("shrink", 0, pack_often, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add_func("/shrink/texts come back", texts_come_back);
    g_test_add_func("/shrink/noise comes back", noise_comes_back);
    g_test_add_func("/shrink/old forms open", old_forms_open);
    g_test_add_func("/shrink/what is broken is refused", what_is_broken_is_refused);
    g_test_add_func("/shrink/nothing that was changed does harm",
                    nothing_that_was_changed_does_harm);
    g_test_add_func("/shrink/threads do not meet", threads_do_not_meet);
    return g_test_run();
}
