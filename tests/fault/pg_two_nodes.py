# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two nodes of the program on one store in PostgreSQL, and many who complain to them."""
import os
import pathlib
import random
import signal
import time

import pg_world  # first: it says where tools are
import program
from crowd import Client, World

NODES = 2
BACK_SECONDS = 60


class PatientBrowser(program.Browser):
    """To whom a 503 that says when to come back is no answer yet."""

    def send(self, method, path, body=None, kind=None):
        answer = super().send(method, path, body, kind)
        if answer.status != 503:
            return answer
        if not answer.headers["Retry-After"]:
            raise program.Unexpected(f"503 that does not say when to come back: {answer}")
        raise program.NoAnswer(f"{method} {path}: 503")


class TwoNodes(World):
    """A client whose node is killed goes to the other one, as behind a balancer."""

    def __init__(self, binary, store, log):
        super().__init__()
        self.binary, self.store, self.log = binary, store, log
        self.nodes = [store.serve(binary, log, n) for n in range(NODES)]
        self.server = self.nodes[0]
        self.up.set()

    def browse(self, at, address):
        return PatientBrowser(self.nodes[at % NODES].port, address)

    def send_to(self, ports):
        for client in self.clients:
            for browser in client.browsers:
                browser.port = ports[client.at % NODES]

    def insist(self, act):
        """While nothing answers people try again, until it had to be back long ago."""
        lost, deadline = [], time.monotonic() + BACK_SECONDS
        while True:
            era = self.era
            try:
                return act(), lost
            except program.NoAnswer as error:
                lost.append(era)
                if time.monotonic() > deadline:
                    raise program.Unexpected(f"nothing was answered for {BACK_SECONDS} s: {error}") from error
                time.sleep(random.uniform(0.02, 0.1))

    def kill(self, what):
        getattr(self, f"kill_{what}")()
        self.era += 1

    def kill_node(self):
        n = random.randrange(NODES)
        other = self.nodes[1 - n].port
        self.nodes[n].kill()
        self.send_to([other] * NODES)
        self.nodes[n] = self.store.serve(self.binary, self.log, n)
        self.server = self.nodes[0]
        self.send_to([node.port for node in self.nodes])

    def kill_backend(self):
        """The server then ends all of them, and recovers."""
        server = self.store.servers[0]
        pids = pg_world.ask(server, "SELECT pid FROM pg_stat_activity WHERE application_name = 'sawt'"
                                    " ORDER BY state = 'active' DESC, random() LIMIT 1")
        os.kill(int(pids), signal.SIGKILL)

    def kill_database(self):
        server = self.store.servers[0]
        server.kill()
        server.start()

    def people_come(self, clients, people_each):
        people = program.people()
        picks = program.picks(program.Browser(self.server.port), "انقطاع مياه") + ["unknown"]
        self.clients = [Client(self, at, people[at * people_each:(at + 1) * people_each], picks) for at in range(clients)]
        for client in self.clients:
            client.register()
            client.start()

    def people_go(self):
        """When each has had their last answer."""
        self.stopping = True
        for client in self.clients:
            client.join()

    def bugs(self):
        """What the program calls its own fault."""
        lines = pathlib.Path(self.log.name).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if '"level":"bug"' in line]

    def stop(self):
        return [node.stop() for node in self.nodes]

    def end(self):
        self.stopping = True
        for node in self.nodes:
            node.kill()
