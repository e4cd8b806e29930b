/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Full text without text: each stem becomes 16 hexadecimal digits of a MAC under one search key. The
 * entity is a token too, so that a filtered search is one lookup; the state is not (the row after the
 * match is filtered). */
#pragma once

#include "core/command.h"
#include "db/db_move.h"

/* The tokens of a text and an entity (0: none), joined by spaces, in `mem`. */
char *token_text(System *sys, Arena *mem, const char *text, int64_t entity_id);
/* The FTS query that finds texts with all words of `words` (and of the entity, unless 0); NULL when
 * there is no word to find. */
char *token_query(System *sys, Arena *mem, const char *words, int64_t entity_id);
/* Put a petition's entry into the index; take the old one out first when there is one. */
void token_add(Prepare *prepare, int64_t petition_id, const char *tokens);
void
token_replace(Prepare *prepare, int64_t petition_id, const char *old_tokens, const char *tokens);
/* Newest first, before `before_id` (0: newest), at most 50 ids. */
bool token_find(DbTx *tx, const char *query, int64_t before_id, int64_t **ids, size_t *n,
                GError **error) MUST_USE;
bool token_of_petition(DbTx *tx, int64_t petition_id, const char **tokens, GError **error) MUST_USE;

/* For checking the index: the kept tokens of the petitions with ids behind `after`, up to `upto`, by id,
 * at most `most`, each TOKEN_BYTES that are the same number, the highest byte first; and a token as a
 * number, false when it is none. */
#define TOKEN_BYTES 8
typedef bool (*TokenFunc)(int64_t petition_id, Bytes tokens, void *data, GError **error);
typedef struct {
    int64_t after, upto, most;
} TokenRange;
bool
token_each(DbTx *tx, const TokenRange *range, TokenFunc row, void *data, GError **error) MUST_USE;
bool token_number(const char *token, uint64_t *number);
#define TOKEN_INDEX "petition_search"

extern const DbQuery *const token_queries[];
extern const DbTable        token_tables[];
/* The index is made of the kept tokens when a store is moved. */
extern const DbDerived token_derived[];
