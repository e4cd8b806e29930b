#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two nodes write to one PostgreSQL store while nodes and the server are killed:  pg_kill_test.py VICTIM

What a node acknowledged is there, whoever was killed by kill -9 and whenever; no node stops for good because the
server was gone; no two nodes have one number. SAWT_KILLS: how often the server and a node are killed (3 each). Prints
TAP.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import pg_server  # noqa: E402

KILLS = int(os.environ.get("SAWT_KILLS", "3"))
PLANS = 200  # that are acknowledged between two kills


class Node:
    def __init__(self, victim, url, folder, name):
        self.out = open(folder / name, "w+b")
        self.process = subprocess.Popen([victim, url], stdout=self.out)

    def lines(self):
        text = pathlib.Path(self.out.name).read_bytes().decode()
        return text[:text.rfind("\n") + 1].splitlines()  # a killed one may have written half a line

    def acknowledged(self):
        return [int(line) for line in self.lines() if line.isdigit()]

    def number(self):
        return next((line.split()[1] for line in self.lines() if line.startswith("node ")), None)

    def wait_for(self, n, what):
        deadline = time.monotonic() + 90
        while len(self.acknowledged()) < n:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"a node did not go on: {what}, {len(self.acknowledged())} of {n}")
            time.sleep(0.02)


def run(server, victim, folder):
    url = server.address
    killed, nodes = [], [Node(victim, url, folder, "0")]
    nodes[0].wait_for(1, "start")
    nodes.append(Node(victim, url, folder, "1"))
    for i in range(KILLS):
        for node in nodes:
            node.wait_for(len(node.acknowledged()) + PLANS, "before the server is killed")
        server.kill()
        server.start()
        for node in nodes:
            node.wait_for(len(node.acknowledged()) + PLANS, "after the server was killed")
        victim_node = nodes.pop(0)
        victim_node.process.kill()
        victim_node.process.wait()
        killed.append(victim_node)
        nodes.append(Node(victim, url, folder, str(2 + i)))
    for node in nodes:
        node.wait_for(PLANS, "at the end")
    numbers = [node.number() for node in nodes]
    for node in nodes:
        node.process.send_signal(signal.SIGTERM)
    ended = [node.process.wait(60) for node in nodes]
    return killed + nodes, numbers, ended


def stored(server):
    done = subprocess.run(["psql", "-X", "-A", "-t", server.address, "-c",
                           "SELECT id FROM event UNION ALL SELECT id FROM petition"],
                          stdout=subprocess.PIPE, text=True, check=True)
    ids = [int(line) for line in done.stdout.split()]
    return set(ids), len(ids)


def main(victim):
    with tempfile.TemporaryDirectory() as folder, pg_server.Server() as server:
        nodes, numbers, ended = run(server, victim, pathlib.Path(folder))
        acknowledged = [one for node in nodes for one in node.acknowledged()]
        there, rows = stored(server)
    missing = set(acknowledged) - there
    checks = [
        (f"{len(acknowledged)} plans were acknowledged in {2 * KILLS} kills, and all are there", not missing),
        ("no id was given twice", len(acknowledged) == len(set(acknowledged))),
        ("nothing is there by half", rows == 2 * len(there)),
        (f"nodes that run together have numbers of their own: {' '.join(map(str, numbers))}",
         len(set(numbers)) == len(numbers)),
        ("nodes end well", all(code == 0 for code in ended)),
    ]
    for number, (name, good) in enumerate(checks, 1):
        print("ok" if good else "not ok", number, "-", name)
    print(f"1..{len(checks)}")
    return 0 if all(good for _, good in checks) else 1


if pg_server.binaries() is None:
    print("ok 1 - PostgreSQL # SKIP it is not installed\n1..1")
else:
    sys.exit(main(sys.argv[1]))
