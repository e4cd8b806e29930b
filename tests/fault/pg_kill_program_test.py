#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Complaints come in through the forms of two nodes on one PostgreSQL, while a node, one of the database's backends, or
the whole database is killed (SIGKILL), in turn, at random times:  pg_kill_program_test.py SAWT

What a receipt acknowledged must be there. What was sent without an answer, or was answered with 503, is sent again, as
people do, to a node that is up, and must become one request. SAWT_KILLS: how often each is killed (2). SAWT_SEED: the
times of an earlier run. Prints TAP.
"""
import os
import pathlib
import random
import sys
import tempfile
import time

import pg_world  # first: it says where tools are
import program
from crowd import not_found_again, wait_for_moment
from pg_server import Server
from pg_two_nodes import NODES, TwoNodes

CLIENTS, PEOPLE_EACH = 8, 5
VICTIMS = ("node", "backend", "database")


def run_kills(world, kills):
    begun, killed = time.monotonic(), dict.fromkeys(VICTIMS, 0)
    while min(killed.values()) < kills or not any(sent.lost for sent in world.sent) and sum(killed.values()) < 60:
        what = min(killed, key=killed.get)
        wait_for_moment(world)
        if world.errors:
            break
        world.kill(what)
        killed[what] += 1
    wait_for_moment(world)  # the last is survived, too
    world.people_go()
    program.Tap.note(f"killed: {killed}, {len(world.sent)} complaints in {time.monotonic() - begun:.1f} s")


def judge(tap, world, store):
    sent = world.sent
    numbers = [one.number for one in sent]
    unanswered = [one for one in sent if one.lost]
    tap.say(not world.errors, "no client was answered wrongly", "\n".join(world.errors))
    tap.say(len(numbers) == len(set(numbers)), "no number was given twice")
    tap.say(unanswered, f"{len(unanswered)} of {len(sent)} complaints had no answer the first time,"
                        f" and were sent {sum(len(one.lost) for one in unanswered)} times more")
    lost = not_found_again(world)
    tap.say(not lost, "each is found with number and code, and says what was written", "\n".join(lost))
    ended = world.stop()
    tap.say(ended == [0] * NODES, "both nodes end cleanly", f"{ended}: {world.nodes[0].said()}")
    there = store.numbers()
    tap.say(sorted(there) == sorted(numbers), f"the store has exactly the {len(numbers)} that were acknowledged",
            f"lost: {set(numbers) - set(there)}, too many: {set(there) - set(numbers)}")
    wrong = store.contradictions()
    tap.say(not wrong, "events, keys, tokens, messages, attachments and counts agree", "\n".join(wrong))
    code, said = store.run(world.binary, "check", "--lang", "en")
    tap.say(code == 0, "sawt check finds it whole", said)


def main():
    kills, binary = int(os.environ.get("SAWT_KILLS", "2")), sys.argv[1]
    seed = os.environ.get("SAWT_SEED") or str(random.SystemRandom().randrange(10 ** 9))
    tap = program.Tap()
    random.seed(seed)
    tap.note(f"SAWT_SEED={seed}")
    with tempfile.TemporaryDirectory() as folder, Server() as server, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        store = pg_world.Store(folder, server).make(binary)
        world = TwoNodes(binary, store, log)
        try:
            world.people_come(CLIENTS, PEOPLE_EACH)
            run_kills(world, kills)
            judge(tap, world, store)
            bugs = world.bugs()
            tap.say(not bugs, "the program blames itself for nothing", "\n".join(bugs[:10]))
        finally:
            world.end()
    return tap.end()


pg_world.skip_without_server()
sys.exit(main())
