/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A command has two halves. `prepare` (on the caller's thread, in a read snapshot) checks rights and
 * rules, makes numbers, ids, envelopes and tokens, and adds statements to a plan; then db_apply runs
 * the plan without reading. What was read is guarded by `version` or a unique index: a lost race runs
 * prepare again, a few times, then CONFLICT. Results are published only after the commit. */
#pragma once

#include "core/system.h"

#include <glib.h>

#define COMMAND_ID_SIZE 16

/* Why a rule says no, in words that the view has: `message` of the catalogue with arguments. */
typedef struct Refusal {
    int         message;
    const char *field;        /* of the form, or NULL */
    const char *arguments[4]; /* texts, or NULL */
    AppTime     times[2];     /* formatted by the reader's language, after the texts */
} Refusal;

typedef struct Prepare {
    System     *sys;
    Arena      *mem;
    DbTx       *tx;
    WritePlan  *plan;
    const Who  *by;
    AppTime     now;         /* of the act: the clock's, or a replay's */
    AppTime     recorded_at; /* the recording clock's */
    bool        quiet;       /* listeners tell nobody: what is played back is long over */
    Bytes       command_id;  /* COMMAND_ID_SIZE */
    const char *on_behalf;   /* "requester" when an agent acts for the caller, or NULL */
    Refusal    *refusal;     /* filled by command_refuse */
    int         attempt;     /* 0, then one more for each race that was lost */
    bool repeated; /* set by prepare when this command was already done: no plan is applied */
    bool wakes;    /* something was written that a job waits for: wake it after the commit */
    struct CommandStep *last;    /* command_last's */
    GHashTable         *pending; /* command_pending's; NULL: the command stands alone */
} Prepare;

/* INVALID with a reason for the reader. `refusal` and its texts are borrowed until the request ends. */
bool command_refuse(Prepare *prepare, const Refusal *refusal, GError **error);

/* A statement that comes behind everything that prepare adds, in the order of these calls: for
 * listeners whose rows refer to the petition, which stands behind its event. Any number of rows may
 * change. Texts and bytes are copied. */
void command_last(Prepare *prepare, const DbQuery *query, const DbValue *params, size_t n_params);

/* What an earlier command of the same commit makes of the thing with this key, which no snapshot shows
 * yet; NULL: nothing. Rows are borrowed until the commit. */
const void *command_pending(const Prepare *prepare, int64_t key);
void        command_pending_put(Prepare *prepare, int64_t key, const void *row);

typedef struct {
    System    *sys;
    Arena     *mem;
    const Who *by;
    Bytes      command_id; /* {NULL, 0}: a fresh one */
    AppTime    at;         /* 0: now */
    bool       quiet;      /* played back from a history: nobody is told of it */
} CommandContext;

typedef struct {
    bool    repeated; /* the same command with the same content came before: its first result */
    Refusal refusal;  /* message 0: none */
} CommandOutcome;

/* `result` may be written by prepare several times; it counts when true is returned. */
typedef bool (*CommandPrepare)(Prepare *prepare, const void *cmd, void *result, GError **error);

/* What prepare or db_apply fails with; CONFLICT when the race was lost again and again. The thread
 * must hold no read transaction of the case. `outcome` may be NULL; it is also filled on failure. */
bool command_run(const CommandContext *context, CommandPrepare prepare, const void *cmd,
                 void *result, CommandOutcome *outcome, GError **error) MUST_USE;

/* For replay, import and generate: run prepare for each and apply many in one commit. Items must not
 * depend on each other's rows. The first failure ends it; whole commits before it stay. */
bool
command_run_batch(const CommandContext *contexts, CommandPrepare prepare, const void *const *cmds,
                  void *const *results, size_t n, GError **error) MUST_USE;

/* A fresh command id. Ids that were made one after the other sort so. */
Bytes command_id_new(Arena *mem, AppTime now);

/* One of many commands, each of which may be refused alone. */
typedef struct {
    CommandContext context;
    CommandPrepare prepare;
    const void    *cmd;
    void          *result;
    CommandOutcome outcome; /* filled */
    GError        *failure; /* filled: why it was not done, the caller's to free; NULL: done */
} CommandItem;

/* As command_run for each, in this order, but up to 256 go into one commit. An item may build upon an
 * earlier one through command_pending; when its prepare says RACE, what stands before it is committed
 * first. False (BUSY, INTERNAL) ends it; whole commits before it stay. */
bool command_run_each(CommandItem *items, size_t n, GError **error) MUST_USE;
/* With up to `most` in a commit: where nobody else waits for the writer, fewer and longer commits write a
 * page that many items change less often. */
bool command_run_each_of(CommandItem *items, size_t n, size_t most, GError **error) MUST_USE;

/* A command id from a form's hidden field (32 hexadecimal digits); a fresh one when NULL or broken. */
Bytes command_id_read(Arena *mem, const char *text);
