/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A Refusal in the reader's words: its texts, then its times as dates, put into the message. */
#pragma once

#include "core/command.h"

const char *
petition_refusal_text(System *sys, Arena *mem, const char *lang, const Refusal *refusal);
