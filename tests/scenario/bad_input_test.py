#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong, sent to the whole program:  bad_input_test.py SAWT

Each refusal is a page in the reader's language and JSON for a program; a form that is wrong names the field
and keeps what was typed; a head that two readers could take for two different ones ends its connection,
be it the first or a later one; and a form that comes twice is done once.
"""
import concurrent.futures
import itertools
import pathlib
import socket
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from client import Browser, Server, Tap, answer_questions, check, lodge, people, pick, requester, sign_in  # noqa: E402

HEAD_SECONDS = 1
LANGUAGES = {"ar": "rtl", "en": "ltr"}
WORDS = {
    413: {"ar": "الملفات أكبر من الحدّ", "en": "The files are too large"},
    422: {"ar": "ما يحتاج إلى تصحيح", "en": "needs a correction"},
    429: {"ar": "محاولات كثيرة", "en": "Too many tries"},
    431: {"ar": "أكثر من اللازم", "en": "Your browser sent too much"},
    503: {"ar": "الخدمة مشغولة الآن", "en": "The service is busy"},
}

tap = Tap()
mobiles = itertools.count(1)  # each takes three codes in a quarter of an hour


# ---- refusals ----

def too_large(browser, headers):
    return browser.ask("POST", "/sign-in", "a=" + "x" * 70000, headers)


def too_often(browser, headers):
    for _ in range(20):
        answer = browser.ask("POST", "/sign-in", "", headers)
        if answer.status == 429:
            return answer
    raise AssertionError("twenty codes in a row")


def too_much_head(browser, headers):
    return browser.ask("GET", "/", headers={**headers, "X-Long": "x" * 17000})


def no_gateway(browser, headers):
    body = urllib.parse.urlencode({"csrf": browser.token("/sign-in"), "phone": f"07911{next(mobiles):05d}"})
    return browser.ask("POST", "/sign-in", body, headers)


def wrong_form(browser, headers):
    body = urllib.parse.urlencode({"csrf": browser.token("/sign-in"), "phone": "12"})
    return browser.ask("POST", "/sign-in", body, headers)


def is_page(answer, lang, status):
    answer.expect(status)
    check(answer.page.root == {"lang": lang, "dir": LANGUAGES[lang]}, "the page is in", answer.page.root)
    check(WORDS[status][lang] in answer.words, "the words are", answer.words[:500])
    check(str(status) in answer.words, "the page does not say", status)


def try_refusal(server, status, ask):
    for lang in LANGUAGES:
        with tap.case(f"{status}: a page in {lang} by Accept-Language"):
            answer = ask(Browser(server, None), {"Accept-Language": lang, "Accept": "text/html"})
            is_page(answer, lang, status)
            again(answer)
        if status != 431:  # the cookies may be what is too much: they are not read
            with tap.case(f"{status}: a page in {lang} by the reader's own choice"):
                is_page(ask(Browser(server, lang), {"Accept-Language": "fr", "Accept": "text/html"}), lang, status)
    for lang in LANGUAGES:
        with tap.case(f"{status}: JSON in {lang} for a program"):
            answer = ask(Browser(server, None), {"Accept-Language": lang, "Accept": "application/json"}).expect(status)
            check(answer.headers["Content-Type"] == "application/problem+json", answer.headers["Content-Type"])
            check(answer.json["status"] == status, answer.json)
            check(WORDS[status][lang] in answer.json["title"], answer.json)
            again(answer)


def again(answer):
    """When to come back, where that helps."""
    wait = answer.headers.get("Retry-After")
    if answer.status in (429, 503):
        check(wait is not None and 0 < int(wait) <= 600, "Retry-After is", wait)
    else:
        check(wait is None, "Retry-After with", answer.status)


def try_refusals(server):
    for status, ask in ((413, too_large), (429, too_often), (431, too_much_head)):
        try_refusal(server, status, ask)
    for lang in LANGUAGES:
        with tap.case(f"422: JSON in {lang} names the field"):
            answer = wrong_form(Browser(server, lang), {"Accept": "application/json"}).expect(422)
            check(answer.json["status"] == 422 and WORDS[422][lang] in answer.json["title"], answer.json)
            check([one["field"] for one in answer.json["mistakes"]] == ["phone"], answer.json)
            check(answer.json["mistakes"][0]["text"], answer.json)
        with tap.case(f"422: a page in {lang} names the field"):
            answer = wrong_form(Browser(server, lang), {}).expect(422)
            check(answer.page.root == {"lang": lang, "dir": LANGUAGES[lang]}, answer.page.root)
            check("#f-phone" in answer.page.links, "the summary does not lead to the field")


def try_no_gateway(sawt):
    with tempfile.NamedTemporaryFile("w") as secret:  # only its owner may read it
        print("secret", file=secret, flush=True)
        with Server(sawt, "sms_url=http://127.0.0.1:1/", "sms_user=x", f"sms_password_file={secret.name}") as server:
            try_refusal(server, 503, no_gateway)
            tap.say(server.stop() == 0 and not server.troubles(), "without its gateway it ends in order",
                    server.troubles())


def full_house(sawt):
    """One worker, one place to wait: of many who come at once most are sent away, in order."""
    with Server(sawt, "workers=1", "queue=1") as server:
        def ask(browser, token, accept):
            body = urllib.parse.urlencode({"csrf": token, "login": "nobody", "password": "x" * 20, "code": "000000"})
            ready.wait(30)
            return browser.ask("POST", "/staff/sign-in", body, {"Accept": accept})

        for accept, kind in (("text/html", "text/html; charset=utf-8"), ("application/json", "application/problem+json")):
            with tap.case(f"503: more than the house holds, {accept}"):
                ready = threading.Barrier(12)
                crowd = [(browser, browser.token("/staff/sign-in")) for browser in (Browser(server) for _ in range(12))]
                with concurrent.futures.ThreadPoolExecutor(12) as pool:
                    sent = [pool.submit(ask, browser, token, accept) for browser, token in crowd]
                    answers = [done.result() for done in sent]
                busy = [answer for answer in answers if answer.status == 503]
                check(busy and len(busy) < 12, [answer.status for answer in answers])
                check({answer.status for answer in answers} <= {422, 503}, [answer.status for answer in answers])
                for answer in busy:
                    check(answer.headers["Content-Type"] == kind, answer.headers["Content-Type"])
                    check("حاول مرة أخرى" in answer.text and "try again" in answer.text, answer.text)
                    again(answer)
        tap.say(server.stop() == 0 and not server.troubles(), "the full house closes in order", server.troubles())


# ---- forms ----

FORMS = (
    ("an unknown field", "phone=0791111111&nothing=1", ["phone", "0791111111"]),
    ("a field that comes twice", "phone=0791111111&phone=0792222222", None),
    ("bytes that are no UTF-8", "phone=%ff%fe", None),
    ("an overlong UTF-8 sequence", "phone=%c0%80", None),
    ("half of a surrogate pair", "phone=%ed%a0%80", None),
    ("a NUL", "phone=0791%00111111", None),
    ("a percent sign that leads nowhere", "phone=%zz", None),
    ("no field at all", "", None),
    ("nonsense", "&&==&%", None),
)


def try_forms(server):
    for name, body, kept in FORMS:
        with tap.case(f"a form with {name} is 422 and done nothing with"):
            browser = Browser(server)
            answer = browser.ask("POST", "/sign-in", f"csrf={browser.token('/sign-in')}&{body}")
            answer.expect(422)
            check("sawt-session" not in browser.cookies, "signed in")
            check(any(link.startswith("#") and link != "#main" for link in answer.page.links) or
                  "problems" in answer.text, "no summary")
            if kept:
                check(answer.form("/sign-in").typed(kept[0]) == kept[1], "what was typed is gone")
    with tap.case("a summary names each field, and what was typed stays"):
        browser = Browser(server)
        browser.get("/new?fresh=1&type=inquiry").expect(303)
        token = browser.token("/new/type")
        browser.post("/new/entity", {"csrf": token, "pick": "unknown"})
        answer = browser.post("/new/text", {"csrf": token, "subject": "ن", "text": "<b>&\"'"}).expect(422)
        check({"#f-subject", "#f-text"} <= set(answer.page.links), answer.page.links)
        form = answer.form("/new/text")
        check(form.typed("subject") == "ن" and form.typed("text") == "<b>&\"'", form.fields)
        check(answer.page.title.startswith("خطأ"), answer.page.title)
    for lang, words in (("ar", "هذه الصفحة قديمة"), ("en", "This page is out of date")):
        with tap.case(f"a form of a page that is out of date is told so in {lang}"):
            browser = Browser(server, lang)
            form = browser.get("/sign-in").expect(200).form("/sign-in")
            browser.cookies.pop("sawt-visitor")  # the browser was closed meanwhile
            check(words in browser.submit(form, phone="0791111111").expect(403).words, "other words")
    with tap.case("a path with bad UTF-8 or NUL is no page"):
        for path in ("/follow/%ff", "/follow/%00", "/f/%c0%80/x", "/staff/setup/%00"):
            status = Browser(server).get(path).status
            check(status in (400, 401, 404), path, "gives", status)


# ---- heads ----

HOST = b"Host: localhost\r\n"
GOOD = b"GET /privacy HTTP/1.1\r\n" + HOST + b"\r\n"
HEADS = (
    ("a bare LF", b"GET / HTTP/1.1\n" + HOST + b"\r\n"),
    ("a bare LF between fields", b"GET / HTTP/1.1\r\nX: 1\n" + HOST + b"\r\n"),
    ("a bare CR", b"GET / HTTP/1.1\r\nX: 1\rY: 2\r\n" + HOST + b"\r\n"),
    ("a NUL", b"GET / HTTP/1.1\r\nX: a\0b\r\n" + HOST + b"\r\n"),
    ("a NUL in the target", b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("a folded line", b"GET / HTTP/1.1\r\nX: a\r\n b\r\n" + HOST + b"\r\n"),
    ("two lengths", b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b"),
    ("two lengths in one", b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 3, 3\r\n\r\na=b"),
    ("a length with a sign", b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: +3\r\n\r\na=b"),
    ("length and coding", b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                          b"0\r\n\r\n"),
    ("a coding alone", b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two hosts", b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n"),
    ("no host", b"GET / HTTP/1.1\r\n\r\n"),
    ("a space before the colon", b"GET / HTTP/1.1\r\nX : 1\r\n" + HOST + b"\r\n"),
    ("a body behind GET", b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"),
    ("another protocol", b"GET / HTTP/2.0\r\n" + HOST + b"\r\n"),
)


def read_answers(stream):
    """Statuses until the server closes."""
    statuses = []
    while True:
        line = stream.readline()
        if not line:
            return statuses
        statuses.append(int(line.split()[1]))
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        stream.read(length)


def try_heads(server):
    for name, head in HEADS:
        for before, what in ((b"", "first"), (GOOD, "second"), (GOOD * 3, "fourth")):
            with tap.case(f"{name} in the {what} request is refused and ends the connection"):
                with socket.create_connection(("127.0.0.1", server.port), 30) as line:
                    line.sendall(before + head + GOOD)
                    statuses = read_answers(line.makefile("rb"))
                n = before.count(b"GET")
                check(statuses[:n] == [200] * n, statuses)
                check(len(statuses) == n + 1 and statuses[n] in (400, 501, 505), statuses)


def cut_after(server, feed):
    """Seconds from the first byte of a head to the end of its connection."""
    with socket.create_connection(("127.0.0.1", server.port), 30) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        line.settimeout(0.1)
        while time.monotonic() - began < 10 * HEAD_SECONDS:
            try:
                if feed:
                    line.sendall(b"X")
                if line.recv(4096) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        return time.monotonic() - began


def try_slow(server):
    for feed, what in ((False, "stops"), (True, "comes byte by byte")):
        with tap.case(f"a head that {what} is cut at its deadline of {HEAD_SECONDS} s"):
            took = cut_after(server, feed)
            check(0.8 * HEAD_SECONDS <= took < 5 * HEAD_SECONDS, f"after {took:.1f} s")


# ---- twice ----

def try_twice(server, citizen, officer):
    entity = pick(citizen, "شركة مياه الأردن")
    with tap.case("two taps at once send one request, and both see its receipt"):
        form = answer_questions(citizen, "نقرتان", "أُرسل هذا الطلب بنقرتين معًا.", pick=entity)
        before = len(numbers(citizen))
        twins = [Browser(server) for _ in range(8)]
        for twin in twins:
            twin.cookies = dict(citizen.cookies)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda twin: twin.submit(form), twins))
        led = {answer.to for answer in answers if answer.to.startswith("/receipt/")}
        check(all(answer.status == 303 for answer in answers), [answer.status for answer in answers])
        check(len(led) == 1, "receipts:", led, [answer.headers["Location"] for answer in answers])
        check(len(numbers(citizen)) == before + 1, "requests:", numbers(citizen))
    receipt = lodge(citizen, "مرتين", "طلب يُكتب عنه مرتين.", pick=entity)
    path = f"/office/requests/{receipt.number}"
    with tap.case("the same form twice is done once, with the first result"):
        form = officer.get(path).expect(200).form(f"{path}/note")
        answers = [officer.submit(form, note="ملاحظة واحدة") for _ in range(3)]
        check([answer.status for answer in answers] == [303] * 3, [answer.status for answer in answers])
        check(officer.get(path).words.count("ملاحظة واحدة") == 1, "it stands there more than once")
    with tap.case("the same command with other content is 422, and what was typed stays"):
        answer = officer.submit(form, note="ملاحظة أخرى").expect(422)
        check(answer.form(f"{path}/note").typed("note") == "ملاحظة أخرى", "gone")
        check("ملاحظة أخرى" not in officer.get(path).words, "it was done")


# ---- what was typed ----

def try_kept(server, citizen, officer):
    receipt = lodge(citizen, "ما كُتب", "طلب يُكتب عنه مدة طويلة.", pick=pick(citizen, "شركة مياه الأردن"))
    path, words = f"/office/requests/{receipt.number}", "ملاحظة كُتبت في ساعة،\nوانتهت المدة قبل إرسالها."
    form = officer.get(path).expect(200).form(f"{path}/note")
    staff = server.cookie("staff")
    with tap.case("the session ended: the note is on the page, and goes from there after signing in, once"):
        session = officer.cookies.pop(staff)
        ended = officer.submit(form, note=words).expect(401).form(f"{path}/note")
        check(ended.typed("note") == words, ended.fields)
        officer.cookies[staff] = session
        old = officer.submit(ended).expect(403).form(f"{path}/note")
        check(old.typed("note") == words, old.fields)
        for _ in range(2):
            officer.submit(old).expect(303)
        check(officer.get(path).text.count("كُتبت في ساعة") == 1, "it stands there more than once, or not at all")
    for name, headers in (("another site", {"Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"}),
                          ("a site that says nothing of itself", {"Sec-Fetch-Site": None, "Origin": None})):
        with tap.case(f"a form of {name} with a wrong token: its words are carried nowhere"):
            for cookies, status in (({}, 401), (dict(officer.cookies), 403)):
                stranger = Browser(server)
                stranger.cookies.update(cookies)
                answer = stranger.post(f"{path}/note", {"csrf": "x", "note": words}, headers).expect(status)
                check("كُتبت في ساعة" not in answer.text, answer.text)
    with tap.case("too often: the note is on the page, under its command id"):
        form = officer.get(path).expect(200).form(f"{path}/note")
        answer = next(answer for answer in (officer.submit(form, note=words) for _ in range(500)) if answer.status == 429)
        kept = answer.form(f"{path}/note")
        check(kept.typed("note") == words and kept.typed("command") == form.typed("command"), kept.fields)


def numbers(citizen):
    return {link for link in citizen.get("/mine").expect(200).page.links if link.startswith("/follow/")}


def main(sawt):
    with Server(sawt, f"head_seconds={HEAD_SECONDS}") as server:
        try_refusals(server)
        try_forms(server)
        try_heads(server)
        try_slow(server)
        citizen, officer = requester(server, people(1)[0]), sign_in(server, server.accounts["officer"])
        try_twice(server, citizen, officer)
        try_kept(server, citizen, officer)
        tap.say(server.stop() == 0, "the server ends with 0")
        tap.say(server.troubles() == "", "nothing in the log is its own fault", server.troubles())
    try_no_gateway(sawt)
    full_house(sawt)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
