# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bad weather: gateways that are away, refuse, hang, sleep or lose their answer, and a server that is killed."""
import collections
import signal
import time

import person as people
from fair import no_identity
from parts import engine, until
from world import AHMAD, FIRST, LAYLA, LONGEST, MOST, OMAR, body, same


# ---- bad weather: SMS ----

def prepare_storm(world):
    """Three open requests, to which an officer adds news: one by SMS, one by mail, one of who has no mail."""
    world.lodge("sms", LAYLA, "sms")
    world.lodge("mail", OMAR, "email")
    world.lodge("poor", AHMAD, "sms")
    for name in ("sms", "mail", "poor"):
        people.accept(world.officer, world.requests[name]["number"])
    until(lambda: all(row["fate"] == "sent" for row in world.rows()), "all are settled")


def still_works(world):
    begun = time.monotonic()
    world.people[LAYLA["to"]].get("/").get("/mine")
    world.officer.get(f"/office/requests/{world.requests['sms']['number']}")
    assert "بانتظار الإرسال" in world.officer.page, "the file does not show that a message waits"
    assert "بانتظار الإرسال" in world.people[LAYLA["to"]].get("/outbox").page
    return time.monotonic() - begun


def mail_goes_on(world):
    """The other channel, meanwhile."""
    before = len(world.mail_to(OMAR["email"]))
    world.update("mail")
    until(lambda: len(world.mail_to(OMAR["email"])) == before + 1, "the mail that must not wait for SMS", 10)


def sms_waits(world, weather):
    """The gateway is not there, or cannot, or does not want us: nothing dies, everything comes when it is well."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    calls = len(world.relay.calls)
    world.relay.set(weather)
    world.update("sms", 3)
    first = world.rows(before)[0]["id"]
    until(lambda: world.rows(before)[0]["error"] is not None, "the first try")
    if weather != "refuse":
        until(lambda: len(world.relay.calls) >= calls + 2 + MOST, "more tries than a message has")
        gaps = [b - a for a, b in zip(world.relay.calls[calls:], world.relay.calls[calls + 1:])]
        for i, gap in enumerate(gaps):  # one call for all of them, and pauses that double up to the longest
            assert gap >= min(FIRST * 2 ** i, LONGEST) / 2, f"call {i + 2} came after {gap:.3f} s: {gaps}"
    mail_goes_on(world)
    same({row["fate"] for row in world.rows(before, "sms")}, {"waiting"}, "meanwhile")
    same(len(world.rows(before, "sms")), 3, "the outbox grows")
    still_works(world)
    world.relay.set("clear")
    rows = world.settled(before, 4)
    world.reaches(LAYLA, sms + 3)
    same(world.sms_to(LAYLA["to"])[sms:], [world.text("sms", "update")] * 3)
    same({row["fate"] for row in rows}, {"sent"})
    same([row["tries"] for row in rows if row["channel"] == "sms"], [2 if row["id"] == first else 1 for row in rows
                                                                     if row["channel"] == "sms"],
         "an outage counts once, against the message that found it")


def sms_refused(world):
    """400: the message goes by mail where there is one; else it is dead, and the officer sees it."""
    before, mails = world.last_id(), len(world.mail_to(LAYLA["email"]))
    world.relay.set("400")
    world.update("sms")
    world.update("poor")
    rows = world.settled(before, 3)
    world.relay.set("clear")
    same(sorted((row["channel"], row["fate"], row["error"]) for row in rows),
         [("email", "sent", None), ("sms", "dead", "refused"), ("sms", "dead", "refused")])
    same([body(mail) for mail in world.mail_to(LAYLA["email"])[mails:]], [world.text("sms", "update")])
    page = world.officer.get(f"/office/requests/{world.requests['poor']['number']}").page
    assert "تعذّر التسليم" in page, "the file does not show the dead letter"
    assert "تعذّر التسليم" in world.people[AHMAD["to"]].get("/outbox").page


def sms_swallowed(world):
    """Kannel took it and the answer was lost: once more, not twice; then nobody knows, for there is no mail, and the file says so."""
    before, sms = world.last_id(), len(world.sms_to(AHMAD["to"]))
    world.relay.set("swallow")
    world.update("poor")
    rows = world.settled(before, 1)
    world.relay.set("clear")
    same((rows[0]["fate"], rows[0]["tries"]), ("unknown", 2))
    world.update("poor")  # whatever comes behind it
    world.settled(before, 2)
    world.reaches(AHMAD, sms + 3)
    same(len(world.sms_to(AHMAD["to"])) - sms, 3, "copies")
    page = world.officer.get(f"/office/requests/{world.requests['poor']['number']}").page
    assert "أُرسلت ولم يصل تأكيد" in page, "the file does not show that nobody knows"


def sms_swallowed_between_failures(world):
    """A lost answer, then an outage, then a lost answer again: the outage does not make it forget."""
    before, sms = world.last_id(), len(world.sms_to(AHMAD["to"]))
    world.relay.set("swallow")
    world.update("poor")
    world.reaches(AHMAD, sms + 1)
    world.relay.set("500")
    calls = len(world.relay.calls)
    until(lambda: len(world.relay.calls) >= calls + 2, "an outage in between")
    world.relay.set("swallow")
    rows = world.settled(before, 1)
    world.relay.set("clear")
    same(rows[0]["fate"], "unknown")
    world.reaches(AHMAD, sms + 2)


def sms_hangs(world):
    """Silence: mail and pages do not wait for it."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.relay.set("hang")
    world.update("sms")
    until(lambda: world.relay.held, "a call that hangs")
    mail_goes_on(world)
    took = still_works(world)
    assert took < 1.5, f"four pages took {took:.1f} s while the gateway hung"
    until(lambda: world.rows(before, "sms")[0]["error"] == "no_answer_in_time", "the time-out")
    same(world.rows(before, "sms")[0]["fate"], "waiting")
    world.relay.set("clear")
    world.reaches(LAYLA, sms + 1)
    same([row["fate"] for row in world.settled(before, 2)], ["sent", "sent"])


def code_in_a_storm(world):
    """A code that cannot be sent: 503 and no session, and no outbox row that would send it later."""
    before = world.last_id()
    stranger = people.Person(world.sawt.port, "ar")
    world.relay.set("500")
    people.ask_for_code(stranger, "0791112223", fails=True)
    world.relay.set("clear")
    same(stranger.status, 503)
    same(world.rows(before), [])


# ---- bad weather: e-mail ----

def mail_refused(world, *fault):
    """5xx to this recipient, or to the message itself: it goes by SMS."""
    before, sms = world.last_id(), len(world.sms_to(OMAR["to"]))
    world.sink.start(*fault)
    world.update("mail")
    rows = world.settled(before, 2)
    world.sink.start()
    same([(row["channel"], row["fate"], row["error"], row["tries"]) for row in rows],
         [("email", "dead", "refused", 1), ("sms", "sent", None, 1)])
    world.reaches(OMAR, sms + 1)
    same(world.sms_to(OMAR["to"])[-1], world.text("mail", "update"))


def mail_not_now(world):
    """4xx to this recipient: back-off up to the limit, then by SMS."""
    before, sms = world.last_id(), len(world.sms_to(OMAR["to"]))
    world.sink.start("-r", "RCPT")
    world.update("mail")
    rows = world.settled(before, 2)
    world.sink.start()
    same([(row["channel"], row["fate"], row["error"], row["tries"]) for row in rows],
         [("email", "dead", "not_now", MOST), ("sms", "sent", None, 1)])
    world.reaches(OMAR, sms + 1)
    least = sum(min(FIRST * 2 ** i, LONGEST) / 2 for i in range(MOST - 1))
    took = (rows[0]["done_at"] - rows[0]["created_at"]) / 1e6
    assert took >= least, f"{MOST} tries within {took:.2f} s"


def mail_waits(world, *fault):
    """The server is away, refuses us, hangs up or sleeps before it has the text: each mail comes once, later."""
    before, mails = world.last_id(), len(world.mail_to(OMAR["email"]))
    if fault:
        world.sink.start(*fault)
    else:
        world.sink.stop()
    world.update("mail", 2)
    until(lambda: world.rows(before)[0]["error"] is not None, "the first try")
    sms = len(world.sms_to(LAYLA["to"]))
    world.update("sms")
    until(lambda: len(world.sms_to(LAYLA["to"])) == sms + 1, "the SMS that must not wait for mail", 10)
    same({row["fate"] for row in world.rows(before, "email")}, {"waiting"})
    world.sink.start()
    rows = world.settled(before, 3)
    same({row["fate"] for row in rows}, {"sent"})
    same([body(mail) for mail in world.mail_to(OMAR["email"])[mails:]], [world.text("mail", "update")] * 2)


def mail_slow(world):
    """A second for each is slow and not down."""
    before, mails = world.last_id(), len(world.mail_to(OMAR["email"]))
    world.sink.start("-w", "1")
    world.sink.folders.append(world.folder / f"mail-{world.sink.count}")
    world.update("mail", 2)
    rows = world.settled(before, 2)
    world.sink.start()
    same([(row["fate"], row["tries"]) for row in rows], [("sent", 1)] * 2)
    same(len(world.mail_to(OMAR["email"])) - mails, 2)


def mail_swallowed(world):
    """The text was taken and the line broke before the answer: once more, then by SMS."""
    before = world.last_id()
    world.sink.start("-q", ".")
    world.update("mail")
    rows = world.settled(before, 2)
    world.sink.start()
    same(sorted((row["channel"], row["fate"], row["error"], row["tries"]) for row in rows),
         [("email", "dead", "no_answer_in_time", 2), ("sms", "sent", None, 1)])


# ---- the server dies ----

def killed_while_sending(world):
    """-9 with a claim of twelve, when Kannel has the first and its answer is on the way: all twelve come, the
    one in flight twice. The next process does not wait for the leases of the dead one, where nobody else can have any."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.relay.set("refuse")
    world.update("sms", 12)
    same(world.sawt.stop(), 0, "the end of a server whose gateway is down")
    world.relay.set("hold")
    world.sawt.start()
    until(lambda: world.relay.held, "the first message at the gateway")
    claimed = [row for row in world.rows(before) if row["lease_until"] is not None]
    same(len(claimed), 12, "claimed rows")
    world.sawt.stop(signal.SIGKILL)
    if engine.IS_PG:  # they end after a minute, and so do those of its jobs
        engine.change(world.sawt.store, [f"UPDATE {table} SET next_at = 1, lease_until = 1 WHERE lease_until IS NOT NULL"
                                         for table in ("outbox", "job")])
    world.relay.set("clear")
    world.sawt.start()
    rows = world.settled(before, 12)
    same({row["fate"] for row in rows}, {"sent"})
    world.reaches(LAYLA, sms + 13)
    same(world.sms_to(LAYLA["to"])[sms:], [world.text("sms", "update")] * 13)
    same(len({row["dedupe"] for row in world.rows()}), len(world.rows()), "dedupe keys")


def kannel_keeps(world):
    """No network behind bearerbox: Kannel queues the message, and delivers it when there is one."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.kannel.without_network(lambda: (world.update("sms"), world.settled(before, 1)))
    world.reaches(LAYLA, sms + 1)
    same([row["fate"] for row in world.rows(before)], ["sent"])


def accounts(world):
    """Over all the weather: nothing lost, and nothing sent twice but what nobody could know of."""
    fates = collections.Counter((row["channel"], row["fate"]) for row in world.rows())
    same({fate for _, fate in fates}, {"sent", "unknown", "dead"})
    codes, killed = 3, 1
    same(len(world.kannel.messages()), codes + fates["sms", "sent"] + 2 * fates["sms", "unknown"] + killed, "SMS")
    same(len(world.sink.mails()), fates["email", "sent"], "mails")
    same(len({mail["Message-ID"] for _, mail in world.sink.mails()}), fates["email", "sent"], "Message-IDs")
    same({row["error"] for row in world.rows() if row["fate"] == "dead"}, {"refused", "not_now", "no_answer_in_time"})


def quiet_log(world):
    """Outages are told, and nothing else is: no bug, no job that failed, nobody's name; and a clean end."""
    same(world.sawt.stop(), 0, "the end of the server")
    log = world.sawt.part.said()
    for word in ("gateway.down", "gateway.up"):
        assert word in log, f"no {word} in the log"
    for word in ('"bug"', "job.failed", "Sanitizer", "runtime error"):
        assert word not in log, log[log.find(word) - 300:log.find(word) + 300]
    no_identity(world)
