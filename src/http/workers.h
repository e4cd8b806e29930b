/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: threads that take items from a bounded queue, first in, first out. Of the idle
 * ones the last to fall asleep wakes first (its stack and caches are warm), and one is woken at a
 * time: it wakes the next when there is more. So a burst costs few wake-ups and blocking handlers
 * still get all threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct WorkItem {
    struct WorkItem *next;
} WorkItem;

typedef struct Workers Workers;

/* `run` gets each item, on one of `n` threads. */
Workers *workers_new(const char *name, size_t n, size_t most, void (*run)(WorkItem *item));
/* Lets everything that waits run, then ends the threads. */
void workers_free(Workers *workers);
/* Fewer than `most` items wait. Asked before a new one is begun; what was begun always has room. */
bool   workers_have_room(const Workers *workers);
void   workers_push(Workers *workers, WorkItem *item);
size_t workers_count_waiting(const Workers *workers);
