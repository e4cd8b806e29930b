#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Turn the files that web/build.mjs wrote into C.

usage: embed_assets.py ASSETS_JSON [OUTPUT_DIR]

Writes into OUTPUT_DIR (default: beside ASSETS_JSON)
  assets.h       the table's type and a macro with the path of each asset, for templates
  assets.c       the table, sorted by path
  assets_data.S  the bytes, by .incbin: no compiler parses them
"""

import json
import re
import sys
from pathlib import Path

HEADER = """\
/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Made by tools/embed_assets.py. The files of web/, embedded in the program. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One file that the server hands out under /assets/. `gzip` and `brotli` are NULL where the bytes are dense already. The
 * path holds the content's hash: an `immutable` asset may be kept for ever. */
typedef struct {
    const char          *name; /* logical: "app.css" */
    const char          *path; /* "/assets/app.0123456789.css" */
    const char          *type; /* for Content-Type */
    const unsigned char *data;
    size_t               size;
    const unsigned char *gzip;
    size_t               gzip_size;
    const unsigned char *brotli;
    size_t               brotli_size;
    const char          *etag; /* with its quotes */
    bool                 immutable;
} Asset;

/* Sorted by path (strcmp). */
extern const Asset  assets[];
extern const size_t n_assets;
"""

SOURCE = """\
/* SPDX-License-Identifier: AGPL-3.0-or-later
 * Made by tools/embed_assets.py. */
#include "assets.h"
"""

BLOB = """\
    .globl {symbol}
    .hidden {symbol}
    .type {symbol}, %object
    .balign 16
{symbol}:
    .incbin {file}
    .size {symbol}, . - {symbol}
"""

FORMS = ("", "gzip", "brotli")


def c_string(text):
    """A C literal; paths and types are plain ASCII."""
    if not re.fullmatch(r"[ !#-\[\]-~]*", text):
        sys.exit(f"embed_assets: cannot write {text!r} as a C string")
    return f'"{text}"'


def forms_of(asset):
    """(form, file, bytes) for each encoding that was written."""
    for form in FORMS:
        part = asset if form == "" else asset.get(form)
        if part is not None:
            yield form, part["file"], part["bytes"]


def symbol(index, form):
    return f"asset_data_{index}" + (f"_{form}" if form else "")


def header_text(items):
    macros = []
    for asset in items:
        macro = "ASSET_" + re.sub(r"[^A-Z0-9]", "_", asset["name"].upper())
        macros.append((macro, c_string(asset["path"])))
    if len({macro for macro, _ in macros}) != len(macros):
        sys.exit("embed_assets: two names give one macro")
    width = max(len(macro) for macro, _ in macros)
    lines = [f"#define {macro:<{width}} {path}" for macro, path in sorted(macros)]
    return HEADER + "\n" + "\n".join(lines) + "\n"


def row(index, asset):
    present = {form: size for form, _, size in forms_of(asset)}
    fields = [
        ("name", c_string(asset["name"])),
        ("path", c_string(asset["path"])),
        ("type", c_string(asset["type"])),
        ("etag", f'"\\"{asset["sha256"][:32]}\\""'),
        ("immutable", "true" if asset["immutable"] else "false"),
    ]
    for form, member in (("", "data"), ("gzip", "gzip"), ("brotli", "brotli")):
        if form in present:
            size = "size" if form == "" else f"{form}_size"
            fields.append((member, symbol(index, form)))
            fields.append((size, str(present[form])))
    return "    {\n" + "".join(f"        .{name} = {value},\n" for name, value in fields) + "    },\n"


def source_text(items):
    declared = [
        f"extern const unsigned char {symbol(index, form)}[{size}];\n"
        for index, asset in enumerate(items)
        for form, _, size in forms_of(asset)
    ]
    rows = [row(index, asset) for index, asset in enumerate(items)]
    return (SOURCE + "\n" + "".join(declared) + "\nconst Asset assets[] = {\n" + "".join(rows) + "};\n\n"
            "const size_t n_assets = sizeof assets / sizeof assets[0];\n")


def data_text(items, folder):
    blobs = []
    for index, asset in enumerate(items):
        for form, file, size in forms_of(asset):
            path = folder / file
            if path.stat().st_size != size:
                sys.exit(f"embed_assets: {path} is not what assets.json says")
            blobs.append(BLOB.format(symbol=symbol(index, form), file=json.dumps(str(path))))
    return ("/* SPDX-License-Identifier: AGPL-3.0-or-later\n * Made by tools/embed_assets.py. */\n"
            "    .section .rodata\n" + "\n".join(blobs) + '\n    .section .note.GNU-stack, "", %progbits\n')


def write_if_changed(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    source = Path(arguments[0]).resolve()
    target = Path(arguments[1]) if len(arguments) == 2 else source.parent
    items = sorted(json.loads(source.read_text(encoding="utf-8"))["assets"], key=lambda asset: asset["path"])
    target.mkdir(parents=True, exist_ok=True)
    # Written always: with .incbin the object must be made again whenever a file may have changed.
    (target / "assets_data.S").write_text(data_text(items, source.parent), encoding="utf-8")
    write_if_changed(target / "assets.c", source_text(items))
    write_if_changed(target / "assets.h", header_text(items))


if __name__ == "__main__":
    main(sys.argv[1:])
