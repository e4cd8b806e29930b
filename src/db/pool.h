/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: the reader connections of a Db, lent for one read transaction each. */
#pragma once

#include "db/engine.h"

void pool_init(Pool *pool, const DbOptions *options);
void pool_clear(Pool *pool);
/* Reader `place` of pool->n_readers; it is idle. */
void pool_add(Pool *pool, size_t place, DbTx *tx);

/* The same, but it has no connection yet. */
void pool_add_out(Pool *pool, size_t place, DbTx *tx);

/* Wait for an idle reader, as long as a lease at most. NULL: none became free. The lease begins. */
DbTx *pool_borrow(Pool *pool);
/* Only one that is idle now. */
DbTx *pool_borrow_idle(Pool *pool);
/* One that is broken is out from then on. */
void pool_give_back(DbTx *tx);
/* One that is out, for whoever mends it and gives it back; NULL: none is. */
DbTx *pool_take_out(Pool *pool);
/* Does this thread hold one? */
bool pool_thread_reads(Pool *pool);
