#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The disk is full while people write:  disk_test.py SAWT

The store lies on a small tmpfs in a mount namespace of this test's own. Full, every form is refused with a page in
the reader's language that says when to try again and keeps what was typed; the server goes on, and with room the
same forms go through, once. Prints TAP.
"""
import html
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import audit
import program

INSIDE = "--inside"
SIZE = "48m"
PAGES_TO_READ = 280  # the index of two logs, 512 KiB each, is taken at once; and what a start leaves in the store
WORDS = {"ar": "شكوى على قرص ممتلئ", "en": "A complaint on a full disk"}


def enter(tap):
    """This program again in a namespace of its own; returns only when that is not possible."""
    for flags in ("-m",) if os.geteuid() == 0 else ("-Urm",):
        probe = subprocess.run(["unshare", flags, "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if probe.returncode == 0:
            os.execvp("unshare", ["unshare", flags, sys.executable, *sys.argv, INSIDE])
    tap.skip("full disk", f"no tmpfs can be mounted here: {probe.stderr.strip()[:200]}")


class Disk:
    def __init__(self, folder):
        self.folder, self.ballast = folder, folder / "ballast"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "none", str(folder)], check=True)

    def fill(self):
        """To the last page."""
        with open(self.ballast, "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def leave(self, pages):
        """So many for others."""
        os.truncate(self.ballast, self.ballast.stat().st_size - 4096 * pages)

    def free(self):
        self.ballast.unlink()


def titles():
    """What the page of a busy service is called, by language."""
    found = {}
    for lang in WORDS:
        lines = (program.HERE / f"locale/common.{lang}.po").read_text(encoding="utf-8").splitlines()
        found[lang] = lines[lines.index('msgid "error.503.title"') + 1].split('"')[1]
    return found


def noise():
    """A real picture that does not compress."""
    return program.png(rows=random.Random(1).randbytes(300 * 901), width=300)


class Writer:
    """Four forms before somebody: all answered, the text just typed, a picture to add, a mobile to be proved."""

    def __init__(self, server, lang, person, address):
        self.lang, self.server = lang, server
        self.whole = self.start(address, person)
        self.whole.answer_all()
        self.fields = self.whole.check()
        self.typing = self.start(address + "1", None)
        self.go_to(self.typing, "/new/text")
        page = program.expect(self.typing.browser.get("/new/text"), 200)
        self.typed = {**page.fields("/new/text"), "subject": WORDS[lang], "text": f"<{lang}>\n\"typed & not lost\"",
                      "wanted": "", "happened": ""}
        self.adding = self.start(address + "2", None)
        self.go_to(self.adding, "/new/files")
        page = program.expect(self.adding.browser.get("/new/files"), 200)
        self.files = page.fields("/new/files")
        self.unknown = program.Browser(server.port, address + "3", lang)
        page = program.expect(self.unknown.get("/sign-in"), 200)
        self.mobile = {**page.fields("/sign-in"), "phone": person["phone"]}

    def start(self, address, person):
        browser = program.Browser(self.server.port, address, self.lang)
        if person is not None:
            program.sign_in(browser, person)
        way = program.Complaint(browser, WORDS[self.lang], f"{WORDS[self.lang]} <{address}>")
        way.begin()
        return way

    @staticmethod
    def go_to(way, path):
        while way.path != path:
            way.step()

    # Each sends a form and gives the answer.
    def send(self):
        return self.whole.browser.post("/new/send", self.fields)

    def write(self):
        return self.typing.browser.post("/new/text", self.typed)

    def add(self):
        return self.adding.browser.upload("/new/files", self.files, "files", "big.png", noise())

    def prove(self):
        return self.unknown.post("/sign-in", self.mobile)

    def begin(self):
        return program.Browser(self.server.port, "127.6.0.9", self.lang).get("/new?fresh=1")


def is_busy(answer, lang, title):
    return (answer.status == 503 and int(answer.headers["Retry-After"] or 0) > 0 and
            f'<html lang="{lang}"' in answer.text and title in html.unescape(answer.text))


def try_full(tap, writer, store, title):
    lang, before = writer.lang, audit.state(store)
    for name, act in (("a complaint that is sent", writer.send), ("a page of the form", writer.write),
                      ("an upload", writer.add), ("a new form", writer.begin),
                      ("a mobile to be proved", writer.prove)):
        answers = [act() for _ in range(3)]
        tap.say(all(is_busy(answer, lang, title) for answer in answers), f"{lang}: full, {name} is refused with a page",
                answers[-1])
        if act == writer.send:
            tap.say(answers[-1].forms().get("/new/send"), f"{lang}: and can be sent again from that page", answers[-1])
        if act == writer.write:
            writer.refused = answers[-1].fields("/new/text") if "/new/text" in answers[-1].forms() else {}
            tap.say(all(writer.refused.get(field) == value for field, value in writer.typed.items() if field != "csrf"),
                    f"{lang}: and the page keeps what was typed", answers[-1])
    page = writer.whole.browser.get("/new/check")
    tap.say(page.status == 200 and html.escape(writer.whole.text) in page.text,
            f"{lang}: full, the draft can be read and has its text", page)
    tap.say(audit.state(store) == before, f"{lang}: nothing was stored, and no part of a file",
            audit.differences(before, audit.state(store)))


def try_room(tap, writer, store):
    lang, before = writer.lang, len(audit.numbers(store))
    try:
        writer.whole.receipt(writer.send())
        number = writer.whole.number
        writer.whole.receipt(writer.send())
        tap.say(writer.whole.number == number and len(audit.numbers(store)) == before + 1,
                f"{lang}: with room the same form goes through, once")
        way = writer.typing
        way.path = program.expect(way.browser.post("/new/text", writer.refused), 303).location
        page = way.browser.get("/new/text").fields("/new/text")
        tap.say({name: page[name] for name in ("subject", "text")} ==
                {name: writer.typed[name] for name in ("subject", "text")},
                f"{lang}: sent again from the page that refused it, the text is as typed", page)
        program.expect(writer.add(), 303, "/new/files")
        page = program.expect(writer.adding.browser.get("/new/files"), 200)
        tap.say(page.text.count('href="/files/') == 1, f"{lang}: the picture is taken, once", page)
        page = program.expect(writer.prove(), 200)
        tap.say("/sign-in/code" in page.forms(), f"{lang}: the mobile can be proved", page)
    except program.Unexpected as error:
        tap.say(False, f"{lang}: with room the same forms go through", error)


def try_start(tap, binary, disk, store, log):
    """Without a single page no start is possible, and says why; with a little the store can be read."""
    disk.fill()  # what the logs held until now
    server = program.Server(binary, store, log)
    with server:
        tap.say(not server.wait() and "No space left on device" in server.said(),
                "it does not start on a disk without a single page, and says so", server.said())
    disk.leave(PAGES_TO_READ)
    return program.serve(binary, store, log)


def try_reading(tap, server, writer):
    """Nothing can be written from the first moment on; what is there is read."""
    page = program.read_by_code(program.Browser(server.port, "127.7.0.1"), writer.whole.number, writer.whole.code)
    tap.say(page.status == 200 and html.escape(writer.whole.text) in page.text, "with a little room it starts and is read",
            page)
    answers = [program.Browser(server.port, f"127.7.0.{at + 2}").get("/new?fresh=1").status for at in range(40)]
    tap.say(answers[-1] == 503 and set(answers) <= {303, 503}, "and refuses what does not fit any more", answers)


def try_disk(tap, binary, folder, log):
    disk = Disk(folder / "disk")
    store = disk.folder / "store"
    program.make_store(binary, store)
    server = program.serve(binary, store, log)
    try:
        people, named = program.people(), titles()
        writers = [Writer(server, lang, people[at], f"127.5.{at}.1") for at, lang in enumerate(WORDS)]
        disk.fill()
        for writer in writers:
            try_full(tap, writer, store, named[writer.lang])
        tap.say(server.process.poll() is None, "the server goes on", server.said())
        disk.free()
        for writer in writers:
            try_room(tap, writer, store)
        disk.fill()
        tap.say(server.stop() == 0, "it stops cleanly on a full disk", server.said())
        server = try_start(tap, binary, disk, store, log)
        try_reading(tap, server, writers[0])
        disk.free()
        tap.say(server.stop() == 0, "and stops", server.said())
    finally:
        server.kill()
    with program.serve(binary, store, log) as server:
        tap.say(server.stop() == 0, "and starts again with room", server.said())
    wrong = audit.contradictions(store) + program.check(binary, store)
    tap.say(not wrong and "db.fatal" not in server.said(), "the store is whole", "\n".join(wrong))


def main():
    tap, binary = program.Tap(), sys.argv[1]
    if INSIDE not in sys.argv:
        enter(tap)
        return tap.end()
    with tempfile.TemporaryDirectory() as name, open(pathlib.Path(name) / "log", "w", encoding="utf-8") as log:
        folder = pathlib.Path(name)
        try:
            try_disk(tap, binary, folder, log)
        finally:
            subprocess.run(["umount", "-l", str(folder / "disk")], check=False)
    return tap.end()


sys.exit(main())
