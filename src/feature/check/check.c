/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The stages in their order: the engine first, because what it finds explains the rest. */
#include "feature/check/check.h"

#include "db/db_check.h"
#include "feature/attachment/attachment.h"
#include "feature/check/check_parts.h"
#include "messages.h"

#define READING_MOST (4 * SECONDS) /* beside a running server */

/* ---- the engine ---- */

static void
engine_flaw(DbFlaw flaw, const char *where, void *data)
{
    check_report_found(data, flaw == DB_FLAW_DAMAGE ? CHECK_DAMAGE : CHECK_REFERENCE, "%s", where);
}

static void
engine_skipped(const char *table, void *data)
{
    check_report_skipped(data, table);
}

static bool
engine_tick(void *data)
{
    return check_report_step(data, 0, 0);
}

bool
check_engine(Checking *checking, GError **error)
{
    const DbCheck check = { .most = checking->sys->serving ? READING_MOST : 0,
                            .flaw = engine_flaw,
                            .skipped = engine_skipped,
                            .tick = engine_tick,
                            .data = checking->report };

    check_report_stage(checking->report, MSG_CHECK_STAGE_ENGINE, 0);
    return db_check_file(checking->sys->db, &check, error) &&
           db_check_file(vault_db(checking->sys->vault), &check, error);
}

/* ---- attachments ---- */

static void
file_flaw(AttachmentFlaw flaw, int64_t id, void *data)
{
    static const CheckKind kinds[] = {
        [ATTACHMENT_FLAW_FILE] = CHECK_FILE_MISSING,
        [ATTACHMENT_FLAW_SIZE] = CHECK_FILE_SIZE,
        [ATTACHMENT_FLAW_KEY] = CHECK_FILE_KEY,
        [ATTACHMENT_FLAW_OWNER] = CHECK_FILE_ORPHAN,
    };

    check_report_petition(data, kinds[flaw], 0, id);
}

static bool
files_part(Checking *checking, Arena *mem, int64_t *after, size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(checking->sys->db, mem, error);
    const AttachmentCheck check = { file_flaw, checking->report };

    return tx != NULL && attachment_check(checking->sys, tx, after, n, &check, error);
}

bool
check_files(Checking *checking, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t after = INT64_MIN;
    size_t  n;

    check_report_stage(checking->report, MSG_CHECK_STAGE_FILES, 0);
    do {
        arena_reset(mem);
        if (!files_part(checking, mem, &after, &n, error))
            return false;
        if (!check_report_step(checking->report, (int64_t)n, (int64_t)n))
            return fail(error, APP_ERROR_BUSY, "nobody waits for the check any more");
    } while (n > 0);
    return true;
}

/* ---- all ---- */

/* A damaged file is not read any further: what is read from it says nothing, and the engine ends the
 * process where it meets the damage. */
static bool
run_stages(Checking *checking, GError **error)
{
    if (!check_engine(checking, error))
        return false;
    if (check_report_has(checking->report, CHECK_DAMAGE))
        return true;
    return check_walk(checking, error) &&
           check_count_compare(checking->count, checking->report, error) &&
           check_words(checking, error) && check_people(checking, error) &&
           check_files(checking, error);
}

bool
check_run(System *sys, const CheckOptions *options, bool *sound, GError **error)
{
    g_autofree Checking *checking = g_new0(Checking, 1);
    g_autoptr(CheckReport) report = check_report_new(options);
    g_autoptr(CheckCount) count = check_count_new(sys);

    checking->sys = sys;
    checking->report = report;
    checking->count = count;
    bool done = run_stages(checking, error);
    *sound = check_report_end(report) && done;
    return done;
}
