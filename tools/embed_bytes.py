#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file's bytes as a C array NAME[] and its length NAME_size:  embed_bytes.py NAME HEADER FILE OUT.c"""
import pathlib
import sys


def main():
    name, header, source, out = sys.argv[1:]
    data = pathlib.Path(source).read_bytes()
    lines = ["    " + ", ".join(map(str, data[at:at + 20])) + "," for at in range(0, len(data), 20)]
    pathlib.Path(out).write_text(
        "/* SPDX-License-Identifier: AGPL-3.0-or-later */\n"
        f"/* Made by tools/embed_bytes.py from {pathlib.Path(source).name}. */\n"
        f'#include "{header}"\n\nconst unsigned char {name}[] = {{\n' + "\n".join(lines) +
        f"\n}};\n\nconst size_t {name}_size = sizeof {name};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
