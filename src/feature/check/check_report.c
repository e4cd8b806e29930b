/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/check/check_report.h"

#include "base/number.h"
#include "messages.h"

struct CheckReport {
    FILE        *out;
    const Words *words;
    Progress    *progress;
    GPtrArray   *skipped;
    int64_t      done, rows, begun;
    int64_t      n[CHECK_KINDS];
    char        *first[CHECK_KINDS];
};

static const int messages[CHECK_KINDS] = {
    [CHECK_DAMAGE] = MSG_CHECK_FOUND_DAMAGE,
    [CHECK_REFERENCE] = MSG_CHECK_FOUND_REFERENCE,
    [CHECK_CHAIN] = MSG_CHECK_FOUND_CHAIN,
    [CHECK_LEAF] = MSG_CHECK_FOUND_LEAF,
    [CHECK_ACT] = MSG_CHECK_FOUND_ACT,
    [CHECK_SUBMISSION] = MSG_CHECK_FOUND_SUBMISSION,
    [CHECK_ORPHAN] = MSG_CHECK_FOUND_ORPHAN,
    [CHECK_STATE] = MSG_CHECK_FOUND_STATE,
    [CHECK_NUMBER] = MSG_CHECK_FOUND_NUMBER,
    [CHECK_SERVICE] = MSG_CHECK_FOUND_SERVICE,
    [CHECK_KEY_MISSING] = MSG_CHECK_FOUND_KEY_MISSING,
    [CHECK_KEY_CLOSED] = MSG_CHECK_FOUND_KEY_CLOSED,
    [CHECK_KEY_ORPHAN] = MSG_CHECK_FOUND_KEY_ORPHAN,
    [CHECK_PAYLOAD] = MSG_CHECK_FOUND_PAYLOAD,
    [CHECK_BRIEF] = MSG_CHECK_FOUND_BRIEF,
    [CHECK_TOKENS_MISSING] = MSG_CHECK_FOUND_TOKENS_MISSING,
    [CHECK_TOKENS_ORPHAN] = MSG_CHECK_FOUND_TOKENS_ORPHAN,
    [CHECK_TOKENS_INDEX] = MSG_CHECK_FOUND_TOKENS_INDEX,
    [CHECK_QUESTION] = MSG_CHECK_FOUND_QUESTION,
    [CHECK_MESSAGE_MISSING] = MSG_CHECK_FOUND_MESSAGE_MISSING,
    [CHECK_MESSAGE_OTHER] = MSG_CHECK_FOUND_MESSAGE_OTHER,
    [CHECK_DRAFT] = MSG_CHECK_FOUND_DRAFT,
    [CHECK_COUNTS] = MSG_CHECK_FOUND_COUNTS,
    [CHECK_LINK] = MSG_CHECK_FOUND_LINK,
    [CHECK_HANDLE] = MSG_CHECK_FOUND_HANDLE,
    [CHECK_HINT] = MSG_CHECK_FOUND_HINT,
    [CHECK_PERSON_KEY] = MSG_CHECK_FOUND_PERSON_KEY,
    [CHECK_PERSON_SEALED] = MSG_CHECK_FOUND_PERSON_SEALED,
    [CHECK_PERSON_INDEX] = MSG_CHECK_FOUND_PERSON_INDEX,
    [CHECK_PERSON_ERASED] = MSG_CHECK_FOUND_PERSON_ERASED,
    [CHECK_FILE_MISSING] = MSG_CHECK_FOUND_FILE_MISSING,
    [CHECK_FILE_SIZE] = MSG_CHECK_FOUND_FILE_SIZE,
    [CHECK_FILE_KEY] = MSG_CHECK_FOUND_FILE_KEY,
    [CHECK_FILE_ORPHAN] = MSG_CHECK_FOUND_FILE_ORPHAN,
};

CheckReport *
check_report_new(const CheckOptions *options)
{
    CheckReport *report = g_new0(CheckReport, 1);

    report->out = options->out;
    report->words = i18n_words(options->lang);
    report->progress = progress_new(options->out, options->lang, options->terminal);
    report->skipped = g_ptr_array_new_with_free_func(g_free);
    report->begun = clock_monotonic();
    return report;
}

void
check_report_free(CheckReport *report)
{
    progress_free(report->progress);
    g_ptr_array_free(report->skipped, TRUE);
    for (int i = 0; i < CHECK_KINDS; i++)
        g_free(report->first[i]);
    g_free(report);
}

void
check_report_found(CheckReport *report, CheckKind kind, const char *where, ...)
{
    va_list arguments;

    if (report->n[kind]++ > 0)
        return;
    va_start(arguments, where);
    report->first[kind] = g_strdup_vprintf(where, arguments);
    va_end(arguments);
}

void
check_report_petition(CheckReport *report, CheckKind kind, int64_t number, int64_t id)
{
    char text[NUMBER_TEXT_SIZE];

    if (number == 0) {
        check_report_found(report, kind, "%" G_GINT64_FORMAT, (gint64)id);
        return;
    }
    number_format(number, text);
    check_report_found(report, kind, "%s", text);
}

bool
check_report_has(const CheckReport *report, CheckKind kind)
{
    return report->n[kind] > 0;
}

void
check_report_skipped(CheckReport *report, const char *table)
{
    for (guint i = 0; i < report->skipped->len; i++)
        if (g_str_equal(report->skipped->pdata[i], table))
            return;
    g_ptr_array_add(report->skipped, g_strdup(table));
}

void
check_report_stage(CheckReport *report, int message, int64_t of)
{
    progress_end(report->progress);
    fprintf(report->out, "%s\n", i18n_text(report->words, message));
    fflush(report->out);
    report->done = 0;
    progress_begin(report->progress, of);
}

bool
check_report_step(CheckReport *report, int64_t steps, int64_t rows)
{
    report->done += steps;
    report->rows += rows;
    return progress_show(report->progress, report->done);
}

static void
print(CheckReport *report, Arena *mem, int message, const char *one, const char *two)
{
    fprintf(report->out, "%s\n", i18n_format(mem, report->words, message, I18N_ARGS(one, two)));
}

static void
print_finding(CheckReport *report, Arena *mem, int kind)
{
    fprintf(report->out, "%s\n",
            i18n_format(mem, report->words, MSG_CHECK_FINDING,
                        I18N_ARGS(i18n_number(mem, report->n[kind]),
                                  i18n_text(report->words, messages[kind]), report->first[kind])));
}

static void
print_rate(CheckReport *report, Arena *mem)
{
    int64_t taken = MAX(clock_monotonic() - report->begun, 1);

    fprintf(report->out, "%s\n",
            i18n_format(mem, report->words, MSG_CHECK_RATE,
                        I18N_ARGS(i18n_number(mem, report->rows),
                                  arena_printf(mem, "%.1f", (double)taken / (double)SECONDS),
                                  i18n_number(mem, report->rows * SECONDS / taken))));
}

bool
check_report_end(CheckReport *report)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t kinds = 0;

    progress_end(report->progress);
    for (int kind = 0; kind < CHECK_KINDS; kind++) {
        if (report->n[kind] == 0)
            continue;
        kinds++;
        print_finding(report, mem, kind);
    }
    for (guint i = 0; i < report->skipped->len; i++)
        print(report, mem, MSG_CHECK_SKIPPED, report->skipped->pdata[i], NULL);
    print_rate(report, mem);
    if (kinds == 0)
        print(report, mem, MSG_CHECK_SOUND, NULL, NULL);
    else
        print(report, mem, MSG_CHECK_WRONG, i18n_number(mem, kinds), NULL);
    fflush(report->out);
    return kinds == 0;
}
