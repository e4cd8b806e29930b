#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Complaints come in through the forms from sixteen browsers; the server is killed (SIGKILL) at random times and
started again on the same store:  kill_test.py SAWT

What a receipt acknowledged must be there. What was sent without an answer is sent again, as people do, and must
become one request. SAWT_KILLS: how often (5). SAWT_SEED: the times of an earlier run. Prints TAP.

A killed process loses nothing that the kernel has; losing power is what src/db/db_crash_test.c plays.
"""
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

import audit
import program
from crowd import CLIENTS, PEOPLE_EACH, Client, Sent, World, not_found_again, wait_for_moment


# ---- killing ----

def stored_when_killed(store, folder):
    """Of a copy, so that the server itself recovers the original."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("case.db", "case.db-wal"):
        if (store / name).exists():
            shutil.copy(store / name, folder / name)
    base = audit.engine.sqlite3.connect(folder / "case.db")
    found = {audit.print_number(row[0]) for row in base.execute("SELECT number FROM petition")}
    base.close()
    return found


def kill_and_start(world, binary, store, log, folder):
    """Kill; what was acknowledged but is not stored; start again."""
    world.up.clear()
    world.server.kill()
    with world.lock:
        acknowledged = {sent.number for sent in world.sent}
    stored = stored_when_killed(store, folder)
    world.era += 1
    world.open(program.serve(binary, store, log))
    return stored, acknowledged - stored


def run_kills(world, binary, store, log, kills):
    stored, missing, begun = [], set(), time.monotonic()
    for client in world.clients:
        client.start()
    while len(stored) < kills or not any(sent.lost for sent in world.sent) and len(stored) < kills + 10:
        wait_for_moment(world)
        found, lost = kill_and_start(world, binary, store, log, store.parent / "killed")
        stored.append(found)
        missing |= lost
    world.stopping = True
    for client in world.clients:
        client.join()
    program.Tap.note(f"{len(stored)} kills, {len(world.sent)} complaints in {time.monotonic() - begun:.1f} s")
    return stored, missing


def make_clients(world):
    people = program.people()
    picks = program.picks(program.Browser(world.server.port), "انقطاع مياه") + ["unknown"]
    world.clients = [Client(world, at, people[at * PEOPLE_EACH:(at + 1) * PEOPLE_EACH], picks) for at in range(CLIENTS)]
    for client in world.clients:
        client.register()


def try_lost_answer(tap, world):
    """A browser whose cookies did not hear of the answer sends the same form again."""
    browser = world.clients[0].browsers[-1]
    way = program.Complaint(browser, "طفح في الشارع", "طفح الصرف الصحي أمام المدرسة.")
    way.answer_all()
    fields, deaf = way.check(), browser.copy()
    way.receipt(browser.post("/new/send", fields))
    number, code = way.number, way.code
    way.browser, way.number, way.code = deaf, None, None
    answer = deaf.post("/new/send", fields)
    try:
        way.receipt(answer)
    except program.Unexpected as error:
        answer = error
    tap.say((way.number, way.code) == (number, code), "a form whose answer was lost gives the same receipt again",
            answer)
    sent = Sent("طفح في الشارع", way.text, False)
    sent.number, sent.code = number, code
    world.sent.append(sent)
    try_other_tab(tap, deaf, fields, number)


def try_other_tab(tap, browser, fields, number):
    """The page of what was sent, and of what was given up, while another complaint is being written."""
    given_up = program.Complaint(browser, "عمود مكسور", "عمود إنارة مكسور قرب المدرسة.")
    given_up.answer_all()
    old = given_up.check()
    program.Complaint(browser, "حفرة في الطريق", "حفرة عميقة في الطريق.").answer_all()
    again, other = browser.post("/new/send", fields), browser.post("/new/send", old)
    tap.say((again.status, again.location) == (303, f"/receipt/{number}") and
            (other.status, other.location) == (303, "/new/check"), "a page sends nothing but what it shows",
            f"{again}\n{other}")


# ---- looking ----

def judge(tap, world, store, stored, missing):
    sent = world.sent
    numbers = [one.number for one in sent]
    unanswered = [one for one in sent if one.lost]
    kept = [one for one in unanswered if one.number in stored[one.lost[-1]]]
    tap.say(not world.errors, "no client was answered wrongly", "\n".join(world.errors))
    tap.say(not missing, f"all {len(sent)} acknowledged complaints were in the store when it was killed",
            "\n".join(sorted(missing)))
    tap.say(len(numbers) == len(set(numbers)), "no number was given twice")
    tap.say(unanswered, f"{len(unanswered)} sends had no answer: {len(kept)} were stored and found again by the"
            f" same form, {len(unanswered) - len(kept)} were not and came in then")
    lost = not_found_again(world)
    tap.say(not lost, "each is found with number and code, and says what was written", "\n".join(lost))
    tap.say(world.server.stop() == 0, "the server ends cleanly", world.server.said())
    there = audit.numbers(store)
    tap.say(sorted(there) == sorted(numbers), f"the store has exactly these requests ({len(there)})",
            f"{set(there) ^ set(numbers)}")
    wrong = audit.contradictions(store) + program.check(sys.argv[1], store)
    tap.say(not wrong, "events, keys, tokens, messages, attachments and counts agree", "\n".join(wrong))


def main():
    kills = int(os.environ.get("SAWT_KILLS", "5"))
    seed = os.environ.get("SAWT_SEED") or str(random.SystemRandom().randrange(10 ** 9))
    tap, world, binary = program.Tap(), World(), sys.argv[1]
    random.seed(seed)
    tap.note(f"SAWT_SEED={seed}")
    with tempfile.TemporaryDirectory() as folder, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        store = pathlib.Path(folder) / "store"
        program.make_store(binary, store)
        world.open(program.serve(binary, store, log))
        try:
            make_clients(world)
            try_lost_answer(tap, world)
            stored, missing = run_kills(world, binary, store, log, kills)
            judge(tap, world, store, stored, missing)
        finally:
            world.stopping = True
            world.server.kill()
    return tap.end()


sys.exit(main())
