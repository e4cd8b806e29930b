/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The memory of this process in front (http/limit.h), the table of all behind it (core/rate.h): who is
 * refused by the first does not reach the second, so that a flood costs the database nothing. */
#include "app/rates.h"

#include "base/thread.h"
#include "core/rate.h"
#include "http/limit.h"

#include <string.h>

#define MOST_BUCKETS 200000 /* 5 MB */
#define EXCHANGE_EVERY SECONDS
#define LATE (5 * SECONDS) /* what another node tells may be seen later than it says */

enum { NOTED_MOST = 50000, TOLD_FROM = 4 /* a quarter of a burst */ };

/* Whose bucket has to be told. */
typedef struct {
    uint64_t key;
    Limit    limit;
} Noted;

struct Rates {
    System     *sys;
    Limiter    *limiter;
    Lock        lock; /* noted */
    GHashTable *noted;
    AppTime     heard_at; /* of the exchange only */
};

static guint
noted_hash(gconstpointer noted)
{
    return (guint)((const Noted *)noted)->key;
}

static gboolean
noted_equal(gconstpointer one, gconstpointer other)
{
    return ((const Noted *)one)->key == ((const Noted *)other)->key;
}

Rates *
rates_new(System *sys)
{
    Rates  *rates = g_new0(Rates, 1);
    uint8_t secret[LIMIT_SECRET_SIZE];

    vault_derive(sys->vault, "rate limits", secret, sizeof secret);
    rates->sys = sys;
    rates->limiter = limit_new(MOST_BUCKETS, secret);
    rates->noted = g_hash_table_new_full(noted_hash, noted_equal, g_free, NULL);
    lock_init(&rates->lock);
    sys->rates = rates;
    return rates;
}

void
rates_free(Rates *rates)
{
    if (rates == NULL)
        return;
    rates->sys->rates = NULL;
    lock_clear(&rates->lock);
    g_hash_table_unref(rates->noted);
    limit_free(rates->limiter);
    g_free(rates);
}

static RateRule
rule_of(Limit limit)
{
    const LimitRule *rule = &limits_rules[limit];
    int64_t          interval = MINUTES / rule->per_minute;

    return (RateRule){ .interval = interval,
                       .burst = rule->burst,
                       .most = LIMIT_MOST_OWED * rule->burst * interval };
}

/* ---- taking ---- */

/* The table says no: here as well, until the next one may be there. */
static void
hold_back(Rates *rates, uint64_t key, RateRule rule, AppTime now, int64_t *wait)
{
    limit_hear(rates->limiter, key, now + rule.burst * rule.interval, now);
    *wait = (rule.interval + SECONDS - 1) / SECONDS;
}

static void
note(Rates *rates, uint64_t key, Limit limit)
{
    Noted *noted = g_new(Noted, 1);

    *noted = (Noted){ key, limit };
    lock_take(&rates->lock);
    if (g_hash_table_size(rates->noted) < NOTED_MOST)
        g_hash_table_add(rates->noted, g_steal_pointer(&noted));
    lock_leave(&rates->lock);
    g_free(noted);
}

bool
rates_take(Rates *rates, Arena *mem, Limit limit, Bytes who, AppTime now, int64_t *wait,
           bool *granted, GError **error)
{
    RateRule rule = rule_of(limit);
    uint64_t key = limit_key(rates->limiter, (int)limit, who.data, who.size);

    *granted = limit_take(rates->limiter, key, (double)SECONDS / (double)rule.interval, rule.burst,
                          now, wait);
    if (!*granted || !rates->sys->shared)
        return true;

    if (limits_rules[limit].exact) {
        /* Its sum comes back with those of the others: it is not to be counted twice. */
        limit_tell(rates->limiter, key, now);
        if (!rate_take(rates->sys, mem, key, rule, now, granted, error))
            return false;
        if (!*granted)
            hold_back(rates, key, rule, now, wait);
    } else if (limit_ahead(rates->limiter, key, now) * TOLD_FROM > rule.burst * rule.interval) {
        note(rates, key, limit);
    }
    return true;
}

/* ---- telling each other ---- */

static RateSpent *
collect(Rates *rates, Arena *mem, AppTime now, size_t *n)
{
    GHashTableIter iter;
    gpointer       item;

    lock_take(&rates->lock);
    RateSpent *all = ARENA_ARRAY(mem, RateSpent, g_hash_table_size(rates->noted));
    *n = 0;
    g_hash_table_iter_init(&iter, rates->noted);
    while (g_hash_table_iter_next(&iter, &item, NULL)) {
        const Noted *noted = item;
        int64_t      spent = limit_tell(rates->limiter, noted->key, now);

        if (spent > 0)
            all[(*n)++] = (RateSpent){ noted->key, spent, rule_of(noted->limit).most };
    }
    g_hash_table_remove_all(rates->noted);
    lock_leave(&rates->lock);
    return all;
}

/* What could not be told is lost: a limit is then a little wider than it should be. */
static bool
exchange(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    Rates   *rates = sys->rates;
    RateRow *rows;
    size_t   n;

    (void)again;
    if (rates == NULL)
        return true;

    RateSpent *spent = collect(rates, mem, now, &n);
    if (!rate_tell(sys, mem, spent, n, now, error) ||
        !rate_hear(sys, mem, rates->heard_at, &rows, &n, error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (rows[i].full_at > now) /* else it would only take another's place */
            limit_hear(rates->limiter, (uint64_t)rows[i].key, rows[i].full_at, now);
    rates->heard_at = now - LATE;
    return true;
}

static bool
sweep(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    (void)again;
    return rate_sweep(sys, mem, now, error);
}

static bool
is_shared(const System *sys)
{
    return sys->shared;
}

const JobSpec rates_jobs[] = {
    { .name = "rates.exchange",
      .every = EXCHANGE_EVERY,
      .run = exchange,
      .alone = true,
      .wanted = is_shared,
      .each = true },
    { .name = "rates.sweep", .every = MINUTES, .run = sweep, .wanted = is_shared },
    { .name = NULL },
};
