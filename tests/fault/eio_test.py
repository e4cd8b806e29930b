#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The disk refuses to sync while complaints come in:  eio_test.py SAWT

strace makes the Nth fdatasync of each thread fail with EIO. What is durable is then not known: the process must
end, must not have told anybody that it was done, and the next start must find all that was acknowledged before.
SAWT_EIO: the Ns. Prints TAP.
"""
import html
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import audit
import program

EXIT_DAMAGED = 70
MOST_COMPLAINTS = 40
PEOPLE = 5
SENDS_EACH = 9


class Tracer:
    """`sawt serve` below strace; what it injected stands in `trace`."""

    def __init__(self, binary, store, log, n):
        self.trace = store.parent / "trace"
        before = ["strace", "-f", "-qq", "-e", "trace=fdatasync", "-e", f"inject=fdatasync:error=EIO:when={n}",
                  "-o", str(self.trace)]
        self.server = program.Server(binary, store, log, before=before, env={"ASAN_OPTIONS": "detect_leaks=0"})

    def injected(self):
        """How often it failed, and how often the same thread synced again all the same."""
        failed, again = [], 0
        for line in self.trace.read_text().splitlines():
            thread = line.split()[0]
            if "(INJECTED)" in line:
                failed.append(thread)
            elif thread in failed and "fdatasync(" in line:
                again += 1
        return len(failed), again


def can_trace(folder):
    """None, or why not."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-f", "-qq", "-o", str(folder / "probe"), "true"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    return None if done.returncode == 0 else f"strace may not trace here: {done.stderr.strip()[:200]}"


def sign_people_in(binary, store, log):
    """Before anything fails. Sessions are in the store."""
    browsers = []
    with program.serve(binary, store, log) as server:
        for at, person in enumerate(program.people()[:PEOPLE]):
            browsers.append(program.Browser(server.port, f"127.3.0.{at + 1}"))
            program.sign_in(browsers[-1], person)
        server.stop()
    return browsers


def complain_until_end(tracer, browsers):
    """What was acknowledged; the complaint that was on its way when the process ended; what was wrong."""
    done, way = [], None
    try:
        for at in range(MOST_COMPLAINTS):
            browser = browsers[at // SENDS_EACH].copy(tracer.server.port)
            way = program.Complaint(browser, f"انقطاع {at}", f"لم تصلنا المياه <{at}>.", "unknown")
            way.answer_all()
            way.send()
            done.append(way)
    except program.NoAnswer:
        return done, way, ""
    except program.Unexpected as error:
        return done, way, str(error)
    return done, way, f"{MOST_COMPLAINTS} complaints came in, and nothing ended"


def try_one(tap, binary, folder, n):
    store, name = folder / "store", f"EIO at fdatasync {n}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with open(folder / "log", "w", encoding="utf-8") as log:
        program.make_store(binary, store)
        browsers = sign_people_in(binary, store, log)
        tracer = Tracer(binary, store, log, n)
        with tracer.server:
            up = tracer.server.wait()
            done, way, wrong = complain_until_end(tracer, browsers) if up else ([], None, "")
            code = tracer.server.ended()
        failed, again = tracer.injected()
        tap.say(failed > 0 and again == 0, f"{name}: it failed, and was not tried again", f"{failed} {again}")
        tap.say(code not in (None, 0) and (not up or code == EXIT_DAMAGED) and not wrong,
                f"{name}: the process ended at once ({code}), after {len(done)} acknowledged complaints",
                f"{wrong}\n{tracer.server.said()}")
        look_after(tap, name, binary, store, log, done, way)


def look_after(tap, name, binary, store, log, done, way):
    """A number that was given, also by an answer whose page did not come any more, is there."""
    told = {one.number for one in [*done, way] if one is not None and one.number is not None}
    with program.serve(binary, store, log) as server:
        ask_after(tap, name, server, store, told, done, way)
        server.stop()
    wrong = audit.contradictions(store) + program.check(binary, store)
    there = len(audit.numbers(store))
    tap.say(not wrong and there <= len(done) + 2, f"{name}: the store is whole ({there} requests)", "\n".join(wrong))


def ask_after(tap, name, server, store, told, done, way):
    lost = sorted(told - set(audit.numbers(store)))
    for at, one in enumerate(done):
        page = program.read_by_code(program.Browser(server.port, f"127.4.0.{at // 8 + 1}"), one.number, one.code)
        if page.status != 200 or html.escape(one.text) not in page.text:
            lost.append(f"{one.number}: {page}")
    tap.say(not lost, f"{name}: after the next start the {len(told)} numbers that were given are there",
            "\n".join(lost))
    if way is not None:
        way.browser = way.browser.copy(server.port)
        try:
            way.answer_all()
            way.send()
        except program.Unexpected as error:
            lost.append(str(error))
        tap.say(way.number, f"{name}: a complaint is taken again", "\n".join(lost))


def main():
    tap, binary = program.Tap(), sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        reason = can_trace(folder)
        if reason is not None:
            tap.skip("EIO", reason)
            return tap.end()
        for n in os.environ.get("SAWT_EIO", "1 4 23 60").split():
            try_one(tap, binary, folder / "try", int(n))
    return tap.end()


sys.exit(main())
