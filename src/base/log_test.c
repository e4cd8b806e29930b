/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Standard error is a pipe while a line is written; a packet pipe (O_DIRECT) gives one write(2) at a
 * time, so that a line written in two pieces would be seen as two. */
#include "base/log.h"

#include "base/json.h"
#include "base/thread.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    int  saved, reader;
    char text[4 * PIPE_BUF];
} Capture;

static void
capture_begin(Capture *capture)
{
    int ends[2];

    g_assert_cmpint(pipe2(ends, O_DIRECT | O_CLOEXEC), ==, 0);
    capture->saved = dup(STDERR_FILENO);
    capture->reader = ends[0];
    g_assert_cmpint(dup2(ends[1], STDERR_FILENO), ==, STDERR_FILENO);
    close(ends[1]);
}

/* The first write since then. */
static const char *
capture_end(Capture *capture)
{
    ssize_t got;

    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    got = read(capture->reader, capture->text, sizeof capture->text - 1);
    g_assert_cmpint(got, >, 0);
    capture->text[got] = '\0';
    close(capture->reader);
    return capture->text;
}

/* From "level" on: the time before it is another each time. */
static const char *
behind_time(const char *line)
{
    g_assert_true(g_regex_match_simple(
        "^\\{\"time\":\"20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\",\"level\":", line,
        0, 0));
    return strstr(line, "\"level\"");
}

static void
a_line_has_time_level_event_and_fields(void)
{
    Capture capture;

    capture_begin(&capture);
    log_event("petition.assigned", LOG_INT("id", -7), LOG_CODE("route", "/requests/{number}"));
    g_assert_cmpstr(behind_time(capture_end(&capture)), ==,
                    "\"level\":\"info\",\"event\":\"petition.assigned\",\"id\":-7,"
                    "\"route\":\"/requests/{number}\"}\n");
}

static void
fields_may_be_left_out(void)
{
    Capture capture;

    capture_begin(&capture);
    log_warning("start", LOG_CODE("why", NULL));
    g_assert_cmpstr(behind_time(capture_end(&capture)), ==,
                    "\"level\":\"warning\",\"event\":\"start\",\"why\":null}\n");

    capture_begin(&capture);
    log_write(LOG_LEVEL_PEER, "stop", NULL, 0);
    g_assert_cmpstr(behind_time(capture_end(&capture)), ==,
                    "\"level\":\"peer\",\"event\":\"stop\"}\n");
}

static const struct {
    const char *name, *code, *written;
} escape_cases[] = {
    { "quotes and backslashes", "a\"b\\c", "a\\\"b\\\\c" },
    { "a line break cannot begin a line", "a\n{\"level\":\"bug\"}",
      "a\\n{\\\"level\\\":\\\"bug\\\"}" },
    { "carriage return, escape, DEL", "\r\x1b[31m\x7f", "\\u000d\\u001b[31m\\u007f" },
    { "C1 controls", "\xC2\x85\xC2\x9B", "\\u0085\\u009b" },
    { "bidi override and isolates", "\u202e\u2066\u2069\u200f\u061c",
      "\\u202e\\u2066\\u2069\\u200f\\u061c" },
    { "line separators", "\u2028\u2029", "\\u2028\\u2029" },
    { "Arabic and emoji stay", "صوت 📢", "صوت 📢" },
    { "what is no UTF-8", "a\xff\xd9", "a\uFFFD\uFFFD" },
};

static void
hostile_values_are_escaped(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(escape_cases); i++) {
        g_autofree char *expected = g_strdup_printf(
            "\"level\":\"peer\",\"event\":\"e\",\"v\":\"%s\"}\n", escape_cases[i].written);
        Capture capture;

        g_test_message("%s", escape_cases[i].name);
        capture_begin(&capture);
        log_peer("e", LOG_CODE("v", escape_cases[i].code));
        g_assert_cmpstr(behind_time(capture_end(&capture)), ==, expected);
    }
}

static void
long_values_are_cut_between_letters(void)
{
    GString *code = g_string_new("x");
    Capture  capture;
    char    *line;

    for (int i = 0; i < 1000; i++)
        g_string_append(code, "ص");
    capture_begin(&capture);
    log_warning("e", LOG_CODE("v", code->str));
    line = (char *)capture_end(&capture);
    g_assert_true(g_utf8_validate(line, -1, NULL));
    g_assert_cmpuint(strlen(line), >, 500);
    g_assert_cmpuint(strlen(line), <, 700);
    g_assert_null(strstr(line, "\uFFFD"));
    g_string_free(code, TRUE);
}

static void
a_line_never_outgrows_the_pipe(void)
{
    g_autofree char *controls = g_strnfill(600, '\x01');
    LogField         fields[20];
    Capture          capture;
    const char      *line;
    JsonPair         pairs[32];
    size_t           n_pairs;
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        fields[i] = i % 2 == 0 ? LOG_CODE("v", controls) : LOG_INT("n", i);
    fields[19].key = "last";
    for (size_t i = 0; i < 19; i++)
        fields[i].key = g_intern_string((char[]){ (char)('a' + i), '\0' });

    capture_begin(&capture);
    log_write(LOG_LEVEL_INFO, "e", fields, G_N_ELEMENTS(fields));
    line = capture_end(&capture);
    g_assert_cmpuint(strlen(line), <=, PIPE_BUF);
    g_assert_true(g_str_has_suffix(line, ",\"cut\":true}\n"));
    g_assert_true(json_read(mem, line, strlen(line), pairs, 32, &n_pairs, NULL));
    g_assert_cmpstr(json_find(pairs, n_pairs, "last"), ==, "19");
}

static void *
log_alone(void *data)
{
    (void)data;
    log_event("alone", LOG_INT("n", 1));
    return NULL;
}

static void
a_request_id_belongs_to_its_thread(void)
{
    Capture capture;

    log_set_request(INT64_C(9007199254740993));
    capture_begin(&capture);
    log_event("e", LOG_INT("n", 1));
    g_assert_cmpstr(behind_time(capture_end(&capture)), ==,
                    "\"level\":\"info\",\"event\":\"e\",\"request\":9007199254740993,\"n\":1}\n");

    capture_begin(&capture);
    thread_join(thread_start("other", 0, log_alone, NULL));
    g_assert_cmpstr(behind_time(capture_end(&capture)), ==,
                    "\"level\":\"info\",\"event\":\"alone\",\"n\":1}\n");
    log_set_request(0);
}

static void
bugs_are_counted(void)
{
    int64_t before = log_bug_count();
    Capture capture;

    capture_begin(&capture);
    log_bug("impossible", LOG_INT("n", 1));
    g_assert_true(g_str_has_prefix(behind_time(capture_end(&capture)), "\"level\":\"bug\""));
    g_assert_cmpint(log_bug_count(), ==, before + 1);

    capture_begin(&capture);
    log_warning("possible", LOG_INT("n", 1));
    capture_end(&capture);
    g_assert_cmpint(log_bug_count(), ==, before + 1);
}

static void *
log_much(void *data)
{
    for (int i = 0; i < 200; i++)
        log_event("much", LOG_INT("thread", data),
                  LOG_CODE("text", "0123456789012345678901234567"));
    return NULL;
}

typedef struct {
    int    reader;
    size_t n_lines;
} Reader;

static void *
read_lines(void *data)
{
    Reader *reader = data;
    char    text[2 * PIPE_BUF];
    ssize_t got;

    while ((got = read(reader->reader, text, sizeof text)) > 0) {
        g_assert_true(text[0] == '{' && text[got - 1] == '\n');
        g_assert_true(memchr(text, '\n', (size_t)got) == text + got - 1);
        reader->n_lines++;
    }
    return NULL;
}

static void
lines_of_many_threads_stay_whole(void)
{
    Capture   capture;
    Reader    reader = { .n_lines = 0 };
    pthread_t threads[4], reading;

    capture_begin(&capture);
    reader.reader = capture.reader;
    reading = thread_start("reader", 0, read_lines, &reader);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("logger", 0, log_much, (void *)(i + 1));
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
    dup2(capture.saved, STDERR_FILENO); /* closes the last writing end */
    close(capture.saved);
    thread_join(reading);
    close(capture.reader);
    g_assert_cmpuint(reader.n_lines, ==, 800);
}

static void
a_log_that_cannot_be_written_stops_nobody(void)
{
    int saved = dup(STDERR_FILENO);

    close(STDERR_FILENO);
    log_event("into.nothing", LOG_INT("n", 1));
    dup2(saved, STDERR_FILENO);
    close(saved);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/line", a_line_has_time_level_event_and_fields);
    g_test_add_func("/log/no-fields", fields_may_be_left_out);
    g_test_add_func("/log/hostile", hostile_values_are_escaped);
    g_test_add_func("/log/long", long_values_are_cut_between_letters);
    g_test_add_func("/log/cut", a_line_never_outgrows_the_pipe);
    g_test_add_func("/log/request", a_request_id_belongs_to_its_thread);
    g_test_add_func("/log/bugs", bugs_are_counted);
    g_test_add_func("/log/threads", lines_of_many_threads_stay_whole);
    g_test_add_func("/log/closed", a_log_that_cannot_be_written_stops_nobody);
    return g_test_run();
}
