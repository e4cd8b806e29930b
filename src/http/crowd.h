/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: how many connections each address has. */
#pragma once

#include "http/peer.h"

typedef struct Crowd Crowd;

Crowd               *crowd_new(size_t most);
void                 crowd_free(Crowd *crowd);
/* There is place for one more. */
bool crowd_has_room(Crowd *crowd, const uint8_t peer[PEER_SIZE]);
void crowd_enter(Crowd *crowd, const uint8_t peer[PEER_SIZE]);
void crowd_leave(Crowd *crowd, const uint8_t peer[PEER_SIZE]);
