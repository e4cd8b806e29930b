#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The style guide as a program: what docs/developers.md says and a machine can see.

Reads the files that git tracks (and new ones), prints file:line: what is wrong, exits 1 when anything is.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
MOST_FUNCTION, MOST_FILE, MOST_HEADER, WIDTH = 80, 600, 250, 100

# layer → layers that it may include; a feature may include itself and those of the list below.
LAYERS = {
    "base": {"base"},
    "db": {"base", "db"},
    "http": {"base", "http"},
    "view": {"base", "http", "view"},
    "core": {"base", "db", "core"},
    "feature": {"base", "db", "http", "view", "core"},
    "app": {"base", "db", "http", "view", "core", "feature", "app"},
}
# The one header of another feature that a feature may include, without a circle (docs/architecture.md).
FEATURES = {
    "entity": set(),
    "petition": set(),
    "notify": {"petition"},
    "attachment": {"petition"},
    "account": {"notify"},
    "lodge": {"petition", "attachment"},
    "follow": {"petition", "attachment"},
    "office": {"petition", "attachment"},
    "desk": {"petition", "attachment", "account", "notify", "follow"},
    "replay": {"petition"},
    "check": {"petition", "attachment", "notify"},
    "generate": {"petition"},
}
OPEN_HEADERS = {"petition_fields.h", "petition_refusal.h", "petition_rules.h", "petition_fold.h", "petition_record.h",
                "follow_status.h", "follow_steps.h"}  # besides NAME/NAME.h
# Modules whose header declares more than one small type.
ALSO = {"db_pg_conn": {"pg"}, "db_pg_address": {"pg"}, "db_pg_value": {"pg"}, "clock": {"zone"},
        "thread": {"lock", "signal", "latch", "queue"}}
ONLY = {  # library headers and the layer that may see them
    "sqlite3.h": "src/db/", "microhttpd.h": "src/http/", "libpq-fe.h": "src/db/", "curl/curl.h": "src/feature/notify/",
}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|strncpy|strtok|gets|atoi|strtol|localtime|gmtime|ctime|rand|srand|system|alloca)\s*\(")
GLIB_THREADS = re.compile(r"\bg_(mutex|cond|thread|async_queue|rw_lock|rec_mutex|once)_\w+\s*\(")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

problems = []


def problem(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def tracked():
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=HERE,
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    return [line for line in out.splitlines() if (HERE / line).is_file()]


def without_comments(text):
    """Comments and strings blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def layer_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def of_tests(path):
    return re.search(r"_(test|fixture|setting|trial)\.[ch]$|/fixture\.[ch]$", path) is not None


def check_include(path, number, target):
    layer = layer_of(path)
    parts = target.split("/")
    if target in ONLY and not of_tests(path) and not path.startswith(ONLY[target]) and path != "src/app/main.c":
        problem(path, number, f"{target} belongs to {ONLY[target]}")
    if len(parts) < 2 or parts[0] not in LAYERS:
        return
    if parts[0] not in LAYERS[layer]:
        problem(path, number, f"{layer} may not include {target}: arrows point one way")
    if layer == "feature" and parts[0] == "feature" and len(parts) == 3 and not of_tests(path):
        own = path.split("/")[2]
        if parts[1] == own:
            return
        if parts[1] not in FEATURES.get(own, set()):
            problem(path, number, f"feature {own} may not include feature {parts[1]}")
        elif parts[2] != parts[1] + ".h" and parts[2] not in OPEN_HEADERS:
            problem(path, number, f"{target} is inside of feature {parts[1]}")


LAYERS["feature"].add("feature")


def check_functions(path, lines):
    """A function begins with { in the first column after its head and ends with } there."""
    start, name = 0, ""
    for number, line in enumerate(lines, 1):
        match = re.match(r"^(\w+)\(", line)
        if match:
            name = match[1]
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start > MOST_FUNCTION:
                problem(path, start, f"{name} has {number - start} lines, at most {MOST_FUNCTION}")
            start = 0


def symbols_of(path, code, stem):
    """External functions must begin with the file's name (a split file: with its feature's or module's)."""
    allowed = {stem, stem.split("_")[0]}
    parent = path.split("/")[-2]
    allowed.add(parent)
    allowed |= ALSO.get(stem, set())
    for match in re.finditer(r"^(?!static\b)(?:[A-Za-z_][\w \*]*[ \*])?\n?(\w+)\(", code, re.M):
        head = code[:match.start()].rstrip().splitlines()[-1:] or [""]
        del head
        name = match[1]
        line = code.count("\n", 0, match.start(1)) + 1
        before = code.splitlines()[line - 2] if line >= 2 else ""
        if not re.match(r"^[A-Za-z_][\w \*\(\)]*$", before) or before.startswith(("static", "typedef")):
            continue
        if name in ("main", "LLVMFuzzerTestOneInput") or name.startswith("__wrap_"):
            continue
        if not any(name.startswith(prefix) for prefix in allowed):
            problem(path, line, f"{name} does not begin with its file's name ({stem})")


def check_c(path, text):
    lines = text.splitlines()
    code = without_comments(text)
    code_lines = code.splitlines()
    name = pathlib.Path(path).name
    if "SPDX-License-Identifier: AGPL-3.0-or-later" not in (lines[0] if lines else ""):
        problem(path, 1, "no SPDX line")
    limit = MOST_HEADER if name.endswith(".h") else MOST_FILE
    if len(lines) > limit and not name.endswith("_test.c"):
        problem(path, 1, f"{len(lines)} lines, at most {limit}")
    for number, line in enumerate(lines, 1):
        if len(line) > WIDTH + 20:
            problem(path, number, f"{len(line)} characters wide")
        if line != line.rstrip() or "\t" in line:
            problem(path, number, "white space at the end, or a tab")
        match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
        if match and path.startswith("src/"):
            check_include(path, number, match[1])
        if UNFINISHED.search(line):
            problem(path, number, "a word of unfinished work")
    for number, line in enumerate(code_lines, 1):
        if re.search(r"(^|\s)//", line):
            problem(path, number, "a // comment")
        if path.startswith("src/"):
            if BANNED.search(line) and not of_tests(path):
                problem(path, number, f"banned: {BANNED.search(line)[1]}")
            if GLIB_THREADS.search(line):
                problem(path, number, "threads and locks are base/thread.h's")
            if re.search(r"\bgoto\b", line):
                problem(path, number, "goto")
            if re.match(r"^static (?!const\b|inline\b|_Thread_local\b|__thread\b)[^()]*(=|;)", line) and \
               not re.search(r"\bconst\b", line) and name not in ("log.c",) and not of_tests(path):
                problem(path, number, "a mutable static")
    if name.endswith(".h") and "#pragma once" not in text:
        problem(path, 1, "no #pragma once")
    if name.endswith(".c") and path.startswith("src/"):
        check_functions(path, code_lines)
        if not name.endswith(("_test.c", "_fuzz.c")):
            symbols_of(path, code, name[:-2])


def check_css(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\b(left|right)\s*:|float\s*:|!important", line):
            problem(path, number, "a physical property")


def check_machine(path, text):
    """Nothing of one machine, no names of registries' hosts."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"(/wo[r]k/|/ro[o]t/|/t[m]p/[a-z]|registry\.npm[j]s|deb\.deb[i]an)", line):
            problem(path, number, "a path or host of one machine")


def main():
    for path in tracked():
        full = HERE / path
        if path.startswith(("data/", "web/fonts/", "LICENSE")) or full.suffix in (".png", ".woff2", ".ico", ".gz"):
            continue
        try:
            text = full.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.endswith((".c", ".h")):
            check_c(path, text)
        if path.endswith(".css"):
            check_css(path, text)
        if not path.endswith("package-lock.json"):
            check_machine(path, text)
    for line in problems:
        print(line)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
