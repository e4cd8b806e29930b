#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL is killed, hangs (SIGSTOP), or is not there at the start:  pg_gone_test.py SAWT

Whoever reads is told so at once, in their language, and when to come back; whoever sends waits as long as
`database_patience` says, and then either has a number, or the same form again with all that was typed, which then goes
through once. Nothing hangs for ever. Prints TAP.
"""
import concurrent.futures
import html
import pathlib
import re
import signal
import socket
import sys
import tempfile
import time

import pg_world  # first: it says where tools are
import program
from pg_server import Server

IMPATIENT, PATIENT = 2, 60
SOON = 20  # seconds: far less than for ever, and enough for a busy machine
READERS = 12
SEND = "/new/send"


def expect(good, *what):
    if not good:
        raise program.Unexpected(" ".join(map(str, what)))


class World:
    def __init__(self, folder, server, binary, log):
        self.server, self.binary, self.log = server, binary, log
        self.store = pg_world.Store(folder, server).make(binary)
        self.impatient = self.store.serve(binary, log, 0, "--set", f"database_patience={IMPATIENT}")
        self.patient = self.store.serve(binary, log, 1, "--set", f"database_patience={PATIENT}")
        self.people = iter(program.people())
        self.sent = []
        self.n = 0

    def browser(self, node, lang="ar"):
        """Of somebody who is signed in."""
        self.n += 1
        browser = program.Browser(node.port, f"127.3.0.{self.n}", lang)
        program.sign_in(browser, next(self.people))
        return browser

    def ready(self, node, lang="ar"):
        """A complaint whose last button is about to be pressed: who, the complaint, the form."""
        browser = self.browser(node, lang)
        way = program.Complaint(browser, f"انقطاع المياه {self.n}", f"لم تصلنا المياه، الشكوى <{self.n}>.")
        way.answer_all()
        return browser, way, way.check()

    def numbers(self):
        return sorted(self.store.numbers())

    def note(self, way, answer):
        way.receipt(answer)
        self.sent.append(way.number)

    def all_there(self):
        expect(self.numbers() == sorted(self.sent), "sent", self.sent, "there", self.numbers())


def is_told(answer, lang):
    expect(answer.status == 503 and f'lang="{lang}"' in answer.text and "<h1" in answer.text, answer)
    expect(int(answer.headers["Retry-After"]) > 0, "it does not say when to come back")


def reading(world, readers):
    """Many at once: nobody waits for long behind those who find out."""
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        for answer, browser in zip(pool.map(lambda one: one.get("/mine"), readers), readers):
            is_told(answer, browser.lang)
    expect(time.monotonic() - begun < SOON, "reading took", time.monotonic() - begun)
    begun = time.monotonic()
    is_told(readers[0].get("/mine"), readers[0].lang)
    expect(time.monotonic() - begun < 2, "it is known by now, and reading took", time.monotonic() - begun)
    program.expect(program.Browser(world.impatient.port).get("/privacy"), 200)


def refused(world, ready):
    """Sent in vain: the same form again, with its command, which goes through later. What it sends, and whose it is."""
    browser, way, fields = ready
    browser.close()
    begun = time.monotonic()
    page = browser.post(SEND, fields)
    waited = time.monotonic() - begun
    is_told(page, browser.lang)
    expect(IMPATIENT <= waited < SOON, "it waited", waited, "s")
    again = page.fields(SEND)
    expect(again == fields, "another form than was sent:", again, fields)
    return browser, way, again


def typed(browser, form):
    """A page of the way: what was typed is still there."""
    path, fields, words = form
    browser.close()
    page = browser.post(path, {**fields, "subject": words, "text": words})
    is_told(page, browser.lang)
    expect(html.escape(words) in page.text and page.fields(path)["text"] == words, "what was typed is lost:", page)
    return page.fields(path)


def begin_text(browser):
    way = program.Complaint(browser, "", "")
    way.begin()
    while way.path != "/new/text":
        way.step()
    return way.path, program.expect(browser.get(way.path), 200).fields(way.path), "كُتب <قبل> أن تنقطع"


def try_gone(tap, world, name, begin, end):
    """`begin` takes the server away, `end` brings it back."""
    readers = [world.browser(world.impatient, lang) for lang in ("ar", "en") * (READERS // 2)]
    first, other = world.ready(world.impatient), world.ready(world.impatient, "en")
    writer = world.browser(world.impatient)
    form = begin_text(writer)
    patient = world.ready(world.patient)
    begin()
    try:
        with tap.case(f"{name}: reading says so at once, in both languages, and pages without a database are there"):
            reading(world, readers)
        kept = []
        with tap.case(f"{name}: a form that waited in vain is given back with its command"):
            kept = [refused(world, first), refused(world, other)]
        with tap.case(f"{name}: what was typed on the way is given back"):
            typed(writer, form)
        patient[0].close()  # the server has let the idle connection go
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(patient[0].post, SEND, patient[2])
            with tap.case(f"{name}: while a submission waits, it is not answered"):
                expect(not concurrent.futures.wait([waiting], 0.5).done, "answered")
            end()
            with tap.case(f"{name}: and it has its number when the database is back"):
                world.note(patient[1], waiting.result(PATIENT))
    except BaseException:
        end()
        raise
    with tap.case(f"{name}: the forms that were given back go through once, by whichever node"):
        for (browser, way, fields), node in zip(kept, (world.impatient, world.patient)):
            browser.port = node.port
            pg_world.until("the node is back", lambda: browser.get("/mine").status == 200)
            world.note(way, browser.post(SEND, fields))
            expect(browser.post(SEND, fields).location == f"/receipt/{way.number}", "a repeat is another one")
        expect(len(kept) == 2, "there is none")
        world.all_there()


def try_start(tap, world):
    node = 2
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(16)
        port = mute.getsockname()[1]
        address = f"postgresql://sawt@127.0.0.1:{port}/sawt"
        silent = program.Server(world.binary, world.store.node(3), world.log, "--set", f"database={address}",
                                "--set", f"vault={address}?application_name=vault", "--set", "database_patience=1")
        with silent, tap.case("a start at a host that does not answer ends with 75 and a sentence"):
            expect(silent.ended(SOON * 2) == 75, "ended with", silent.process.returncode)
            expect("sawt: case: there is no connection to the database" in silent.said(), silent.said())
    world.server.kill()
    try:
        with world.store.start(world.binary, world.log, node, "--set", "database_patience=1") as server, \
                tap.case("a start without a database ends with 75 and a sentence"):
            expect(server.ended(SOON) == 75, "ended with", server.process.returncode)
            expect("sawt: case: there is no connection to the database" in server.said(), server.said())
        server = world.store.start(world.binary, world.log, node, "--set", "database_patience=60")
        with server, tap.case("one that is more patient waits, and begins when the database is there"):
            pg_world.until("it waits", lambda: '"db.waiting"' in server.said())
            world.server.start()
            expect(server.wait(), server.said())
            server.stop()
        world.server.kill()
        with world.store.start(world.binary, world.log, node, "--set", "database_patience=600") as server, \
                tap.case("and ends when it is told to while it waits"):
            pg_world.until("it waits", lambda: '"db.waiting"' in server.said())
            server.process.send_signal(signal.SIGTERM)
            expect(server.ended(SOON) == 75, "ended with", server.process.returncode)
    finally:
        if world.server.process.poll() is not None:
            world.server.start()


def main():
    tap, binary = program.Tap(), sys.argv[1]
    with tempfile.TemporaryDirectory() as folder, Server() as server, \
            open(pathlib.Path(folder) / "log", "w", encoding="utf-8") as log:
        world = World(folder, server, binary, log)
        with world.impatient, world.patient:
            try_gone(tap, world, "killed", server.kill, server.start)
            try_gone(tap, world, "hanging", lambda: server.signal(signal.SIGSTOP), lambda: server.signal(signal.SIGCONT))
            try_start(tap, world)
            ended = [node.stop() for node in (world.impatient, world.patient)]
            tap.say(ended == [0, 0], "both nodes end cleanly", ended)
        bugs = re.findall(r'.*"level":"bug".*', pathlib.Path(log.name).read_text(encoding="utf-8"))
        tap.say(not bugs, "the program blames itself for nothing", "\n".join(bugs))
        wrong = world.store.contradictions()
        tap.say(not wrong, "the store contradicts itself nowhere", "\n".join(wrong))
    return tap.end()


pg_world.skip_without_server()
sys.exit(main())
