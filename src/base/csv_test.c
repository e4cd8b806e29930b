/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/csv.h"

#include "base/vectors.h"

#include <glib/gstdio.h>
#include <string.h>
#include <zlib.h>

typedef struct {
    char *folder, *path;
} Place;

static void
place_init(Place *place, gconstpointer unused)
{
    (void)unused;
    place->folder = g_dir_make_tmp("sawt-csv-XXXXXX", NULL);
    g_assert_nonnull(place->folder);
    place->path = g_build_filename(place->folder, "table.csv", NULL);
}

static void
place_clear(Place *place, gconstpointer unused)
{
    (void)unused;
    g_unlink(place->path);
    g_rmdir(place->folder);
    g_free(place->path);
    g_free(place->folder);
}

static void
put_packed(const Place *place, const char *content, size_t size)
{
    gzFile file = gzopen(place->path, "wb");

    g_assert_cmpint(gzwrite(file, content, (unsigned)size), ==, (int)size);
    g_assert_cmpint(gzclose(file), ==, Z_OK);
}

static void
put_plain(const Place *place, const char *content, size_t size)
{
    g_assert_true(g_file_set_contents(place->path, content, (gssize)size, NULL));
}

/* The whole file as "field|field/" with the header first; a broken row is "!line/". */
static char *
read_all(const char *path, GError **error)
{
    g_autoptr(Csv) csv = csv_open(path, error);
    GString *all = g_string_new(NULL);
    g_autoptr(Arena) mem = arena_new();
    const char *const *fields;

    while (csv != NULL) {
        g_autoptr(GError) wrong = NULL;

        if (csv_next(csv, mem, &fields, &wrong)) {
            for (size_t i = 0; i < csv_n_columns(csv); i++)
                g_string_append_printf(all, i == 0 ? "%s" : "|%s", fields[i]);
            g_string_append_c(all, '/');
            continue;
        }
        if (wrong == NULL)
            break;
        if (error_code(wrong) != APP_ERROR_INVALID) {
            g_string_append(all, "damaged");
            break;
        }
        g_string_append_printf(all, "!%" G_GINT64_FORMAT "/", csv_line(csv));
    }
    return g_string_free(all, FALSE);
}

static const struct {
    const char *name, *content, *all; /* NULL: csv_open refuses */
} cases[] = {
    { "simple", "a,b\n1,2\n3,4\n", "1|2/3|4/" },
    { "without a last line break", "a,b\n1,2", "1|2/" },
    { "CRLF", "a,b\r\n1,2\r\n", "1|2/" },
    { "a byte order mark",
      "\xEF\xBB\xBF"
      "a,b\n1,2\n",
      "1|2/" },
    { "a byte order mark before a quote", "\xEF\xBB\xBF\"a\",b\n1,2\n", "1|2/" },
    { "a header alone", "a,b\n", "" },
    { "quotes", "a,b\n\"1,2\",\"say \"\"yes\"\"\"\n", "1,2|say \"yes\"/" },
    { "line breaks in quotes", "a,b\n\"x\ny\",\"p\r\nq\"\n1,2\n", "x\ny|p\r\nq/1|2/" },
    { "empty fields", "a,b\n,\n\"\",x\n", "|/|x/" },
    { "one column with empty rows", "a\n\n\"\"\nx\n", "//x/" },
    { "empty lines between", "a,b\n\n1,2\r\n\r\n\n3,4\n\n", "1|2/3|4/" },
    { "spaces belong to the field", "a,b\n 1 , 2 \n", " 1 | 2 /" },
    { "Arabic", "الاسم,الرقم\nصوت,٢٦\n", "صوت|٢٦/" },
    { "too few fields", "a,b\n1\n3,4\n", "!2/3|4/" },
    { "too many fields", "a,b\n1,2,3\n3,4\n", "!2/3|4/" },
    { "lines are counted through quotes", "a,b\n\"x\n\ny\",1\n1\n", "x\n\ny|1/!5/" },
    { "a quote inside a plain field", "a,b\nx\"y,1\n3,4\n", "!2/3|4/" },
    { "text behind a closing quote", "a,b\n\"x\"y,1\n3,4\n", "!2/3|4/" },
    { "a quote that is never closed", "a,b\n1,2\n\"x,1\n3,4\n", "1|2/!3/" },
    { "a bare CR", "a,b\n1\r2,3\n4,5\n", "!2/4|5/" },
    { "a CR at the very end", "a,b\n1,2\r", "!2/" },
    { "no UTF-8", "a,b\n\xe9t\xe9,1\n3,4\n", "!2/3|4/" },
    { "nothing", "", NULL },
    { "a line break alone", "\n", NULL },
    { "a byte order mark alone", "\xEF\xBB\xBF", NULL },
    { "a broken header", "a,\"b\n", NULL },
    { "a header that is no UTF-8", "\xff,b\n1,2\n", NULL },
    { "UTF-16",
      "\xff\xfe"
      "a",
      NULL },
};

static void
files_are_read_plain_and_packed(Place *place, gconstpointer unused)
{
    static void (*const puts[])(const Place *, const char *, size_t) = { put_plain, put_packed };

    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(cases) * 2; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *all = NULL;

        g_test_message("%s", cases[i / 2].name);
        puts[i % 2](place, cases[i / 2].content, strlen(cases[i / 2].content));
        all = read_all(place->path, &error);
        if (cases[i / 2].all == NULL) {
            g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        } else {
            g_assert_no_error(error);
            g_assert_cmpstr(all, ==, cases[i / 2].all);
        }
    }
}

static void
a_broken_row_says_what_is_wrong(Place *place, gconstpointer unused)
{
    static const struct {
        const char *row;
        CsvFault    fault;
    } rows[] = {
        { "1,2", CSV_FAULT_NONE },        { "1", CSV_FAULT_FIELDS },
        { "1,2,3", CSV_FAULT_FIELDS },    { "x\"y,1", CSV_FAULT_QUOTES },
        { "\"x\"y,1", CSV_FAULT_QUOTES }, { "1\r2,3", CSV_FAULT_QUOTES },
        { "\xe9,1", CSV_FAULT_TEXT },     { "3,4", CSV_FAULT_NONE },
        { "\"x,1", CSV_FAULT_QUOTES },
    };
    g_autoptr(GString) file = g_string_new("a,b\n");
    g_autoptr(Arena) mem = arena_new();

    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_string_append_printf(file, "%s\n", rows[i].row);
    put_plain(place, file->str, file->len);

    g_autoptr(Csv) csv = csv_open(place->path, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const *fields;

        g_test_message("%s", rows[i].row);
        g_assert_true(csv_next(csv, mem, &fields, NULL) == (rows[i].fault == CSV_FAULT_NONE));
        g_assert_cmpint(csv_fault(csv), ==, rows[i].fault);
    }
}

static void
a_nul_breaks_its_row_only(Place *place, gconstpointer unused)
{
    static const char content[] = "a,b\n1\0x,2\n3,4\n";
    g_autofree char  *all = NULL;

    (void)unused;
    put_plain(place, content, sizeof content - 1);
    all = read_all(place->path, NULL);
    g_assert_cmpstr(all, ==, "!2/3|4/");
}

static void
columns_lines_and_progress_are_known(Place *place, gconstpointer unused)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Csv) csv = NULL;
    g_autoptr(GError) error = NULL;
    const char *const *fields;

    (void)unused;
    put_plain(place, "id,name\n7,x\n", 12);
    csv = csv_open(place->path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(csv_n_columns(csv), ==, 2);
    g_assert_cmpint(csv_column(csv, "name"), ==, 1);
    g_assert_cmpint(csv_column(csv, "Name"), ==, -1);
    g_assert_true(csv_next(csv, mem, &fields, &error));
    g_assert_cmpint(csv_line(csv), ==, 2);
    g_assert_false(csv_next(csv, mem, &fields, &error));
    g_assert_false(csv_next(csv, mem, &fields, &error));
    g_assert_no_error(error);
    g_assert_cmpfloat(csv_progress(csv), ==, 1.0);
    csv_close(NULL);
}

static void
progress_grows_through_a_packed_file(Place *place, gconstpointer unused)
{
    g_autoptr(GString) content = g_string_new("n,hash\n");
    g_autoptr(Csv) csv = NULL;
    g_autoptr(GError) error = NULL;
    const char *const *fields;
    double             last = 0;
    int                n = 0;

    (void)unused;
    for (guint i = 0; i < 30000; i++)
        g_string_append_printf(content, "%u,%08x%08x\n", i, i * 2654435761u, i * 40503u);
    put_packed(place, content->str, content->len);
    csv = csv_open(place->path, &error);
    g_assert_no_error(error);
    for (g_autoptr(Arena) mem = arena_new(); csv_next(csv, mem, &fields, &error); n++) {
        g_assert_cmpfloat(csv_progress(csv), >=, last);
        last = csv_progress(csv);
        arena_reset(mem);
    }
    g_assert_no_error(error);
    g_assert_cmpint(n, ==, 30000);
    g_assert_cmpfloat(last, ==, 1.0);
    g_assert_cmpint(csv_line(csv), ==, 30002);
}

static void
a_packed_file_that_is_cut_short_does_not_just_end(Place *place, gconstpointer unused)
{
    g_autoptr(GString) content = g_string_new("n,hash\n");
    g_autofree char *packed = NULL, *all = NULL;
    size_t           size;

    (void)unused;
    for (guint i = 0; i < 20000; i++)
        g_string_append_printf(content, "%u,%08x\n", i, i * 2654435761u);
    put_packed(place, content->str, content->len);
    g_assert_true(g_file_get_contents(place->path, &packed, &size, NULL));
    put_plain(place, packed, size / 2);
    all = read_all(place->path, NULL);
    g_assert_true(g_str_has_suffix(all, "damaged"));

    g_free(all);
    packed[size / 10 * 9] = (char)~packed[size / 10 * 9];
    put_plain(place, packed, size);
    all = read_all(place->path, NULL);
    g_assert_true(g_str_has_suffix(all, "damaged"));
}

static void
a_lost_quote_does_not_take_the_memory(Place *place, gconstpointer unused)
{
    g_autoptr(GString) content = g_string_new("a,b\n\"");
    g_autofree char *all = NULL;

    (void)unused;
    while (content->len < (size_t)6 * 1024 * 1024)
        g_string_append(content, "0123456789,0123456789\n");
    put_plain(place, content->str, content->len);
    all = read_all(place->path, NULL);
    g_assert_true(g_str_has_prefix(all, "!2/0123456789|0123456789/"));
}

static void
what_is_no_file_is_refused(Place *place, gconstpointer unused)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) folder = NULL;

    (void)unused;
    g_assert_null(csv_open(place->path, &missing));
    g_assert_error(missing, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_null(csv_open(place->folder, &folder));
    g_assert_error(folder, APP_ERROR, APP_ERROR_INVALID);
}

static void
cost(Place *place, gconstpointer unused)
{
    g_autoptr(GString) content = g_string_new("a,b,c,d\n");
    g_autoptr(Csv) csv = NULL;
    g_autoptr(Arena) mem = arena_new();
    const char *const *fields;

    (void)unused;
    if (!g_test_perf())
        return;
    while (content->len < (size_t)50 * 1000 * 1000)
        g_string_append(content, "123456,\"شارع الجامعة، عمان\",2025-11-25,some words of text\n");
    put_plain(place, content->str, content->len);
    g_test_timer_start();
    csv = csv_open(place->path, NULL);
    while (csv_next(csv, mem, &fields, NULL))
        arena_reset(mem);
    g_test_message("%.1f ns per 100 bytes", g_test_timer_elapsed() * 1e11 / (double)content->len);
}

static const struct {
    const char *file, *all;
} spectrum[] = {
    { "comma_in_quotes.csv", "John|Doe|120 any st.|Anytown, WW|08123/" },
    { "empty.csv", "1||/2|3|4/" },
    { "empty_crlf.csv", "1||/2|3|4/" },
    { "escaped_quotes.csv", "1|ha \"ha\" ha/3|4/" },
    { "json.csv", "1|{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}/" },
    { "newlines.csv", "1|2|3/Once upon \na time|5|6/7|8|9/" },
    { "newlines_crlf.csv", "1|2|3/Once upon \na time|5|6/7|8|9/" }, /* stored without its CRs */
    { "quotes_and_newlines.csv", "1|ha \n\"ha\" \nha/3|4/" },
    { "simple.csv", "1|2|3/" },
    { "simple_crlf.csv", "1|2|3/" },
    { "utf8.csv", "1|2|3/4|5|ʤ/" },
};

static void
the_spectrum_is_read(void)
{
    g_autofree char *folder = vectors_path("vec-csv");

    for (size_t i = 0; folder != NULL && i < G_N_ELEMENTS(spectrum); i++) {
        g_autofree char *path = g_build_filename(folder, "csvs", spectrum[i].file, NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *all = read_all(path, &error);

        g_test_message("%s", spectrum[i].file);
        g_assert_no_error(error);
        g_assert_cmpstr(all, ==, spectrum[i].all);
    }
}

#define ADD(path, function) g_test_add(path, Place, NULL, place_init, function, place_clear)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/csv/cases", files_are_read_plain_and_packed);
    ADD("/csv/fault", a_broken_row_says_what_is_wrong);
    ADD("/csv/nul", a_nul_breaks_its_row_only);
    ADD("/csv/columns", columns_lines_and_progress_are_known);
    ADD("/csv/progress", progress_grows_through_a_packed_file);
    ADD("/csv/cut", a_packed_file_that_is_cut_short_does_not_just_end);
    ADD("/csv/lost-quote", a_lost_quote_does_not_take_the_memory);
    ADD("/csv/no-file", what_is_no_file_is_refused);
    ADD("/csv/cost", cost);
    g_test_add_func("/csv/spectrum", the_spectrum_is_read);
    return g_test_run();
}
