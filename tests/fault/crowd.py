# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many who complain at once, through the forms, while somebody kills what they talk to. Shared by the kill tests."""
import concurrent.futures
import html
import random
import threading
import time

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

    def browse(self, at, address):
        """A browser of the client `at`."""
        return program.Browser(self.server.port, address)

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
            browser = self.world.browse(self.at, f"127.1.{self.at}.{i + 1}")
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


def wait_for_moment(world):
    """A random time, and then a random one while a complaint is being sent: a kill between two proves little."""
    before = len(world.sent)
    time.sleep(random.uniform(0.1, 1.0))
    while not world.errors and (len(world.sent) == before or world.in_flight == 0):
        time.sleep(0.0005)
    time.sleep(random.uniform(0, 0.004))


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
