#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages over real gateways, in good weather and bad:  gateway_test.py SAWT

Kannel, fakesmsc and smtp-sink of Debian stand behind `sawt serve`; people and officers use the pages. What
arrives is compared whole. Prints TAP.
"""
import os
import pathlib
import sys
import tempfile
import time
import traceback

import fair
import storm
from world import LAYLA, OMAR, World

TESTS = [
    ("registration: codes come by SMS and are never outbox rows", fair.registration),
    ("Arabic by SMS: four steps, four messages", lambda w: fair.walk(w, "layla by SMS", LAYLA, "sms")),
    ("English by e-mail: four steps, four messages", lambda w: fair.walk(w, "omar by mail", OMAR, "email")),
    ("Arabic by e-mail: four steps, four messages", lambda w: fair.walk(w, "layla by mail", LAYLA, "email")),
    ("English by SMS: four steps, four messages", lambda w: fair.walk(w, "omar by SMS", OMAR, "sms")),
    ("mail is well-formed MIME of a machine", fair.mime),
    ("no identity leaves, none is logged", fair.no_identity),
    ("file and outbox page show the fate", fair.fates),
    ("three open requests", storm.prepare_storm),
    ("SMS: the gateway is not there", lambda w: storm.sms_waits(w, "refuse")),
    ("SMS: the gateway answers 500", lambda w: storm.sms_waits(w, "500")),
    ("SMS: the gateway answers 503", lambda w: storm.sms_waits(w, "503")),
    ("SMS: the gateway refuses our password", lambda w: storm.sms_waits(w, "403")),
    ("SMS: the gateway refuses the message", storm.sms_refused),
    ("SMS: the answer is lost", storm.sms_swallowed),
    ("SMS: the answer is lost, with an outage in between", storm.sms_swallowed_between_failures),
    ("SMS: the gateway hangs, the other channel goes on", storm.sms_hangs),
    ("SMS: a code that cannot be sent is not kept", storm.code_in_a_storm),
    ("SMS: Kannel without a network keeps the message", storm.kannel_keeps),
    ("e-mail: the recipient is refused", lambda w: storm.mail_refused(w, "-f", "RCPT")),
    ("e-mail: the text is refused", lambda w: storm.mail_refused(w, "-f", ".")),
    ("e-mail: the recipient not now, up to the limit", storm.mail_not_now),
    ("e-mail: the server is not there", storm.mail_waits),
    ("e-mail: the server refuses our sender", lambda w: storm.mail_waits(w, "-f", "MAIL")),
    ("e-mail: the server is closing (421)", lambda w: storm.mail_waits(w, "-Q", "RCPT")),
    ("e-mail: the server hangs up at DATA", lambda w: storm.mail_waits(w, "-q", "DATA")),
    ("e-mail: the server sleeps longer than the time-out", lambda w: storm.mail_waits(w, "-w", "30")),
    ("e-mail: the server is slow", storm.mail_slow),
    ("e-mail: the line breaks behind the text", storm.mail_swallowed),
    ("the server is killed in the middle of sending", storm.killed_while_sending),
    ("every message is accounted for", storm.accounts),
    ("the server ends cleanly; its log tells outages and nothing else", storm.quiet_log),
]


def run(world):
    failed = 0
    for i, (name, test) in enumerate(TESTS):
        begun = time.monotonic()
        try:
            test(world)
            print(f"ok {i + 1} - {name} # {time.monotonic() - begun:.1f} s", flush=True)
        except Exception:  # whatever happens, the parts are stopped and the next is tried
            failed += 1
            print(f"not ok {i + 1} - {name}", flush=True)
            print("# " + traceback.format_exc().strip().replace("\n", "\n# "), flush=True)
            if test in (fair.registration, storm.prepare_storm):
                print("Bail out! nothing of the rest can be tried")
                break
            world.relay.set("clear")
            world.sink.start()
    return failed


def main():
    with tempfile.TemporaryDirectory(prefix="sawt-gateway-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)  # smtp-sink gives up its rights
        world = World(str(pathlib.Path(sys.argv[1]).resolve()), folder)
        try:
            world.start()
            failed = run(world)
            rows = world.rows()
            world.delays.append(0)
            print(f"# {len(world.kannel.messages())} SMS at fakesmsc, {len(world.sink.mails())} mails at smtp-sink, {len(rows)} rows; "
                  f"a message arrives after {1000 * sorted(world.delays)[len(world.delays) // 2]:.0f} ms (median of {len(world.delays)})")
            if failed:
                print("# " + world.sawt.part.said()[-30000:].replace("\n", "\n# "))
        finally:
            world.stop()
    print(f"1..{len(TESTS)}")
    return 1 if failed else 0


sys.exit(main())
