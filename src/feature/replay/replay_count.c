/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One entry for each message, whatever stands in its arguments: reasons are few, rows are many. */
#include "feature/replay/replay_count.h"

#include "feature/petition/petition_refusal.h"
#include "messages.h"
#include "view/i18n.h"

typedef struct {
    int         message;
    int64_t     n, line;
    const char *sentence; /* of the first case */
} Reason;

struct ReplayCount {
    System      *sys;
    const char  *lang;
    Arena       *mem;
    GArray      *reasons;
    ReplayTotals totals;
};

ReplayCount *
replay_count_new(System *sys, const char *lang)
{
    ReplayCount *count = g_new0(ReplayCount, 1);

    *count = (ReplayCount){ .sys = sys, .lang = lang, .mem = arena_new() };
    count->reasons = g_array_new(FALSE, FALSE, sizeof(Reason));
    return count;
}

void
replay_count_free(ReplayCount *count)
{
    if (count == NULL)
        return;
    g_array_free(count->reasons, TRUE);
    arena_free(count->mem);
    g_free(count);
}

ReplayTotals *
replay_count_totals(ReplayCount *count)
{
    return &count->totals;
}

static void
add(ReplayCount *count, const Refusal *refusal, int64_t line)
{
    Reason fresh = { .message = refusal->message, .n = 1, .line = line };

    count->totals.refused++;
    for (guint i = 0; i < count->reasons->len; i++) {
        Reason *reason = &g_array_index(count->reasons, Reason, i);

        if (reason->message != refusal->message)
            continue;
        reason->n++;
        reason->line = MIN(reason->line, line);
        return;
    }
    fresh.sentence = petition_refusal_text(count->sys, count->mem, count->lang, refusal);
    g_array_append_val(count->reasons, fresh);
}

void
replay_count_refused(ReplayCount *count, int message, int64_t line)
{
    add(count, &(Refusal){ .message = message }, line);
}

static int
message_of(const GError *failure)
{
    int code = error_code(failure);

    return code == APP_ERROR_FORBIDDEN   ? MSG_REPLAY_REFUSED_RIGHT
           : code == APP_ERROR_NOT_FOUND ? MSG_REPLAY_REFUSED_ABSENT
                                         : MSG_REPLAY_REFUSED_CONFLICT;
}

void
replay_count_failure(ReplayCount *count, const CommandOutcome *outcome, const GError *failure,
                     int64_t line)
{
    if (outcome->refusal.message != 0)
        add(count, &outcome->refusal, line);
    else
        replay_count_refused(count, message_of(failure), line);
}

static int
by_frequency(gconstpointer a, gconstpointer b)
{
    const Reason *left = a, *right = b;

    return left->n != right->n ? (left->n < right->n ? 1 : -1) : left->message - right->message;
}

void
replay_count_print(const ReplayCount *count, FILE *out)
{
    g_autoptr(Arena) mem = arena_new();
    const Words *words = i18n_words(count->lang);

    g_array_sort(count->reasons, by_frequency);
    for (guint i = 0; i < count->reasons->len; i++) {
        const Reason *reason = &g_array_index(count->reasons, Reason, i);

        fprintf(out, "  %s\n",
                i18n_format(mem, words, MSG_REPLAY_REASON,
                            I18N_ARGS(i18n_number(mem, reason->n), reason->sentence,
                                      i18n_number(mem, reason->line))));
    }
}
