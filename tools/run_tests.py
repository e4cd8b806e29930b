#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Build what the tests need, run them, count what passed.

A build that fails, and a suite that runs no test at all, count as one failure each, so that nothing
is green because it did not run. Tests of the store run on both engines: a PostgreSQL server of their own
is started for them (tools/pg_server.py) and stopped. What passed is told for each engine as well: of a module's test by
its name (engine_fixture.h), of the whole program's by its suite (tests/meson.build); the rest needs no store, or brings
its own.
"""
import collections
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import pg_server

HERE = pathlib.Path(__file__).resolve().parent.parent
SANITIZER = "detect_leaks=1:abort_on_error=0:exitcode=66"

# name, compiler, meson options, what `meson test` is asked for: suites, or tests by name
THREADED = ["thread", "id", "clock", "log", "db_move", "db_read", "db_write", "db_pg", "http_server", "http_workers", "command",
            "event", "job", "outbox", "reference", "shrink", "petition_race", "scenario", "bad_input"]
BUILDS = [
    ("asan", "gcc", ["-Db_sanitize=address,undefined", "-Db_lundef=false"], ["--suite", "unit", "--suite", "fault", "--suite", "scenario"]),
    ("tsan", "clang-14", ["-Db_sanitize=thread", "-Db_lundef=false"], THREADED),
    ("release", "gcc", ["--buildtype=release"], ["--suite", "release"]),
]


ENGINES = ("sqlite", "postgresql")


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.names = []
        self.of_engine = {engine: collections.Counter() for engine in ENGINES}

    def good(self, engine=None):
        self.passed += 1
        if engine:
            self.of_engine[engine]["passed"] += 1

    def bad(self, name, engine=None):
        self.failed += 1
        self.names.append(name)
        if engine:
            self.of_engine[engine]["failed"] += 1

    def engines(self):
        return ", ".join(f"{engine}: {n['passed']}" + (f" and {n['failed']} failed" if n["failed"] else "")
                         for engine, n in self.of_engine.items())


def say(text):
    print(text, flush=True)


def build(name, compiler, options):
    directory = HERE / "build" / name
    env = dict(os.environ, CC=compiler)
    if not (directory / "build.ninja").exists():
        shutil.rmtree(directory, ignore_errors=True)
        done = subprocess.run(["meson", "setup", str(directory), *options], cwd=HERE, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            say(done.stdout)
            return False
    done = subprocess.run(["ninja", "-C", str(directory), "--quiet"], cwd=HERE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        say(done.stdout[-8000:])
    return done.returncode == 0


def engine_of_program(suite):
    """Of a test of the whole program: meson names a testsuite "sawt.sawt:scenario+sqlite / NAME"."""
    labels = re.split(r"[:+]", suite.partition(" / ")[0])
    return next((engine for engine in ENGINES if engine in labels), None)


def engine_of(case):
    """Of a module's test: engine_fixture_add names both."""
    return {"sqlite": "sqlite", "pg": "postgresql"}.get(case.rsplit("/", 1)[-1])


def count_junit(path, build_name, count):
    """One test case each; a program that ended badly is a failure even when its cases passed."""
    ran = 0
    for suite in ET.parse(path).getroot().iter("testsuite"):
        bad, whole = 0, engine_of_program(suite.get("name"))
        for case in suite.iter("testcase"):
            ran += 1
            name, engine = f"{build_name}: {suite.get('name')} {case.get('name')}", whole or engine_of(case.get("name"))
            if case.find("failure") is not None or case.find("error") is not None:
                count.bad(name, engine)
                bad += 1
            elif case.find("skipped") is not None:
                count.skipped += 1
            else:
                count.good(engine)
        if bad == 0 and int(suite.get("failures", 0)) + int(suite.get("errors", 0)) > 0:
            count.bad(f"{build_name}: {suite.get('name')} ended badly", whole)
    return ran


def run_meson(name, wanted, only, count):
    directory = HERE / "build" / name
    junit = directory / "meson-logs" / "testlog.junit.xml"
    junit.unlink(missing_ok=True)
    env = dict(os.environ, ASAN_OPTIONS=SANITIZER, TSAN_OPTIONS="halt_on_error=1:exitcode=66",
               UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1", SAWT_BUILD=str(directory))
    command = ["meson", "test", "-C", str(directory), "--no-rebuild", "--print-errorlogs", "--timeout-multiplier", "4"]
    if only:
        listed = subprocess.run(["meson", "test", "-C", str(directory), "--list", *wanted],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        wanted = [line.split(" / ")[-1].strip() for line in listed.splitlines() if only in line]
        if not wanted:
            return
    command += wanted
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    ran = count_junit(junit, name, count) if junit.exists() else 0
    if done.returncode != 0:
        say(done.stdout[-12000:])
        if not any(entry.startswith(name + ":") for entry in count.names):
            count.bad(f"{name}: meson test said {done.returncode}")
    if ran == 0 and not only:
        count.bad(f"{name}: no test ran")


def run_script(label, command, only, count, engine=None):
    """A program that prints TAP."""
    if only and only not in label:
        return
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ran = 0
    for line in done.stdout.splitlines():
        if line.startswith("ok "):
            ran += 1
            if "# SKIP" in line:
                count.skipped += 1
            else:
                count.good(engine)
        elif line.startswith("not ok "):
            ran += 1
            count.bad(f"{label}: {line}", engine)
    if done.returncode != 0 or ran == 0:
        say(done.stdout[-8000:])
        if not any(entry.startswith(label + ":") for entry in count.names):
            count.bad(f"{label}: ended with {done.returncode} after {ran} tests")


@contextlib.contextmanager
def second_engine(count):
    """Without it the tests for PostgreSQL would only be skipped, and nothing would be red."""
    try:
        server = pg_server.Server()
    except FileNotFoundError as reason:
        count.bad(f"the second engine: {reason}")
        yield
        return
    with server:
        os.environ["SAWT_TEST_PG"] = server.address
        yield
        del os.environ["SAWT_TEST_PG"]


def run_builds(only, count):
    for name, compiler, options, wanted in BUILDS:
        started = time.monotonic()
        say(f"== {name} ({compiler} {' '.join(options)})")
        if not build(name, compiler, options):
            count.bad(f"{name}: does not build")
            continue
        built = time.monotonic()
        run_meson(name, wanted, only, count)
        say(f"   built in {built - started:.0f} s, tested in {time.monotonic() - built:.0f} s, "
            f"so far {count.passed} passed, {count.failed} failed")


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    count = Count()
    with second_engine(count):
        run_builds(only, count)
        say("== check")
        run_script("check", ["script/check", "--tap"], only, count)
        say("== browser")
        run_script("browser", ["node", "tests/browser/run.mjs"], only, count, "sqlite")
        say("== browser, the store on PostgreSQL")
        run_script("browser pg", ["env", "SAWT_ENGINE=pg", "node", "tests/browser/run.mjs", "--quick"], only, count,
                   "postgresql")
    for name in count.names:
        say(f"FAILED {name}")
    if count.skipped:
        say(f"{count.skipped} skipped")
    say(f"passed on {count.engines()}, without an engine or with one of its own: "
        f"{count.passed - sum(n['passed'] for n in count.of_engine.values())}")
    say(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed or not count.passed else 0


sys.exit(main())
