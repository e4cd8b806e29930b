#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Complaints come in through the forms from sixteen browsers; the server is killed (SIGKILL) at random times and
started again on the same store:  kill_test.py SAWT

What a receipt acknowledged must be there. What was sent without an answer is sent again, as people do, and must
become one request. SAWT_KILLS: how often (5). SAWT_SEED: the times of an earlier run. Prints TAP.

A killed process loses nothing that the kernel has; losing power is what src/db/db_crash_test.c plays.
"""
import concurrent.futures
import html
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import audit
import program

CLIENTS = 16
PEOPLE_EACH = 10
SENDS_EACH = 9  # of one person until the next kill: the limit lets ten pass at once
PROVES_EACH = 8  # of one address: the limit lets ten pass at once


class World:
    """What the clients share: the server that is up, or none."""

    def __init__(self):
        self.lock, self.up = threading.Lock(), threading.Event()
        self.server, self.era, self.stopping = None, 0, False
        self.sent, self.errors, self.clients = [], [], []
        self.in_flight = 0

    def open(self, server):
        """Everybody finds the new process."""
        self.server = server
        for client in self.clients:
            for browser in client.browsers:
                browser.port = server.port
        self.up.set()

    def fly(self, by):
        """One more or less is being sent; adding alone is two steps, between which another client may add."""
        with self.lock:
            self.in_flight += by

    def insist(self, act):
        """Until an answer came; how often there was none, and after which kills."""
        lost = []
        while True:
            if not self.up.wait(program.START_SECONDS):
                raise program.Unexpected("the server did not come back")
            era = self.era
            try:
                return act(), lost
            except program.NoAnswer:
                lost.append(era)
                if len(lost) > 20:
                    raise


class Sent:
    """A complaint on its way. `lost`: the kills that took the answer to it."""

    def __init__(self, subject, text, picture):
        self.subject, self.text, self.picture = subject, text, picture
        self.number, self.code, self.lost = None, None, []


class Client(threading.Thread):
    def __init__(self, world, at, people, picks):
        super().__init__(name=f"client {at}")
        self.world, self.at, self.people, self.picks = world, at, people, picks
        self.browsers, self.turn, self.sends, self.era, self.n = [], 0, 0, -1, 0

    def register(self):
        for i, person in enumerate(self.people):
            browser = program.Browser(self.world.server.port, f"127.1.{self.at}.{i + 1}")
            program.sign_in(browser, person)
            self.browsers.append(browser)

    def browser(self):
        """The next person when this one has sent as much as one may; a new process has forgotten who sent what."""
        if self.era != self.world.era:
            self.era, self.sends = self.world.era, 0
        self.sends += 1
        if self.sends > SENDS_EACH:
            self.turn, self.sends = (self.turn + 1) % len(self.browsers), 1
        return self.browsers[self.turn]

    def run(self):
        try:
            while not self.world.stopping:
                self.complain()
        except Exception as error:  # noqa: a client's end is the test's failure, whatever it was
            with self.world.lock:
                self.world.errors.append(f"{self.name}: {error!r}")

    def complain(self):
        self.n += 1
        words = f"{self.at}-{self.n}"
        sent = Sent(f"انقطاع المياه {words}", f"لم تصلنا المياه منذ أسبوع، الشكوى <{words}>.", self.n % 4 == 0)
        way = program.Complaint(self.browser(), sent.subject, sent.text, random.choice(self.picks),
                                program.png() if sent.picture else None)
        insist = self.world.insist
        insist(way.begin)
        while way.path != "/new/check":
            insist(way.step)
        fields, _ = insist(way.check)
        answer, sent.lost = insist(lambda: self.post(way.browser, fields))
        sent.number = program.expect(answer, 303, "/receipt/").location.removeprefix("/receipt/")
        with self.world.lock:
            self.world.sent.append(sent)
        insist(lambda: way.receipt(answer))
        sent.code = way.code

    def post(self, browser, fields):
        """The same form each time. Whoever is refused as too fast waits as told."""
        while True:
            self.world.fly(1)
            try:
                answer = browser.post("/new/send", fields)
            finally:
                self.world.fly(-1)
            if answer.status != 429:
                return answer
            time.sleep(float(answer.headers["Retry-After"]))


# ---- killing ----

def stored_when_killed(store, folder):
    """Of a copy, so that the server itself recovers the original."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("case.db", "case.db-wal"):
        if (store / name).exists():
            shutil.copy(store / name, folder / name)
    base = audit.sqlite3.connect(folder / "case.db")
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


def wait_for_moment(world):
    """A random time, and then a random one while a complaint is being sent: a kill between two proves little."""
    before = len(world.sent)
    time.sleep(random.uniform(0.1, 1.0))
    while not world.errors and (len(world.sent) == before or world.in_flight == 0):
        time.sleep(0.0005)
    time.sleep(random.uniform(0, 0.004))


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

def not_found_again(world):
    """Sentences about what the following page does not show."""
    def look(group):
        at, some = group
        browser = program.Browser(world.server.port, f"127.2.{at // 250}.{at % 250 + 1}")
        return [problem for problem in (look_at(browser, sent) for sent in some) if problem]

    some = [world.sent[at:at + PROVES_EACH] for at in range(0, len(world.sent), PROVES_EACH)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return [problem for problems in pool.map(look, enumerate(some)) for problem in problems]


def look_at(browser, sent):
    page = program.read_by_code(browser, sent.number, sent.code)
    if page.status != 200 or html.escape(sent.text) not in page.text or sent.subject not in page.text:
        return f"{sent.number}: {page}"
    if sent.picture and 'href="/files/' not in page.text:
        return f"{sent.number} has lost its picture"
    return None


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
