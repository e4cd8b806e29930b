#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Draw how speed changes with the number of requests.

    growth.py docs/growth.csv docs/growth.svg

The csv is what script/bench --curve writes: rows,measure,ours,limit (rates). Each line is in percent of its own rate
at the fewest rows. Colours, marks and dashes differ, and it is readable on light and dark ground.
"""
import csv
import math
import sys

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 56, 280, 44, 48
LABEL_GAP = 20
WANTED = 75  # percent, of submission and inbox
MEASURES = [("submission", "durable submission"), ("inbox", "inbox of 50"), ("following", "following page"),
            ("search", "search, two words")]
STYLE = """
svg { --ground: #fff; --ink: #1c1c1c; --quiet: #5c5c5c; --rule: #d8d8d8; font: 13px system-ui, sans-serif; }
.submission { --line: #00664f } .inbox { --line: #8a3b00 } .following { --line: #1f4e9c } .search { --line: #7a2a7a }
@media (prefers-color-scheme: dark) {
svg { --ground: #14171a; --ink: #eceef0; --quiet: #a8b0b8; --rule: #3a4148 }
.submission { --line: #5fd3b3 } .inbox { --line: #f0a35e } .following { --line: #8db8ff } .search { --line: #e39be3 }
}
.ground { fill: var(--ground) } text { fill: var(--ink) } .quiet { fill: var(--quiet) } .rule { stroke: var(--rule) }
.line { fill: none; stroke: var(--line); stroke-width: 2.5 } .mark { fill: var(--line) } .tie { stroke: var(--line, var(--quiet)) }
.wanted { stroke: var(--quiet); stroke-dasharray: 2 4 }
"""
DASHES = {"submission": "", "inbox": "9 4", "following": "3 3", "search": "12 4 3 4"}


def read(path):
    """{measure: [(rows, rate), …] by rows}; what was not measured at two sizes is left out."""
    lines = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lines.setdefault(row["measure"], []).append((int(row["rows"]), float(row["ours"])))
    return {name: sorted(points) for name, points in lines.items() if len(points) > 1}


def spread(wanted, gap, lowest, highest):
    """Places as near as can be to the wanted ones, none nearer than `gap` to another, all within."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places = [0.0] * len(wanted)
    at = lowest - gap
    for i in order:
        at = max(at + gap, wanted[i])
        places[i] = at
    at = highest + gap
    for i in reversed(order):
        at = min(at - gap, places[i])
        places[i] = at
    return places


def shape(name, x, y):
    """A mark of its own for each measure."""
    if name == "submission":
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    corners = {"inbox": [(-4, -4), (4, -4), (4, 4), (-4, 4)], "following": [(0, -5), (5, 4), (-5, 4)],
               "search": [(0, -6), (6, 0), (0, 6), (-6, 0)]}[name]
    return f'<polygon class="mark" points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)}"/>'


def draw(lines):
    sizes = sorted({rows for points in lines.values() for rows, _ in points})
    percents = {name: [(rows, 100 * rate / points[0][1]) for rows, rate in points] for name, points in lines.items()}
    top = max(120, 20 * math.ceil(max(value for points in percents.values() for _, value in points) / 20))

    def x_of(rows):
        share = (math.log10(rows) - math.log10(sizes[0])) / (math.log10(sizes[-1]) - math.log10(sizes[0]))
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y_of(percent):
        return TOP + (1 - percent / top) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">',
           '<title id="title">Requests a second by the number of requests in the store, in percent of the rate at the fewest</title>',
           f"<style>{STYLE}</style>", f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
           f'<text x="{LEFT}" y="22" font-weight="600">Speed by size, % of the rate at {sizes[0]:,} requests</text>']
    for percent in range(0, top + 1, 20):
        y = y_of(percent)
        out += [f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
                f'<text class="quiet" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent}</text>']
    for rows in sizes:
        out.append(f'<text class="quiet" x="{x_of(rows):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{rows:,}</text>')
    names = [name for name, _ in MEASURES if name in lines]
    texts = [f"{dict(MEASURES)[name]}: {percents[name][-1][1]:.0f} %, {lines[name][-1][1]:,.0f}/s" for name in names]
    ends = [*(y_of(percents[name][-1][1]) for name in names), y_of(WANTED)]
    labels = spread(ends, LABEL_GAP, TOP, HEIGHT - BOTTOM)
    right = WIDTH - RIGHT

    def tie(end, label):
        return f'<line class="tie" x1="{right + 7}" y1="{end:.1f}" x2="{right + 20}" y2="{label:.1f}"/>'

    out += [f'<line class="wanted" x1="{LEFT}" x2="{right}" y1="{ends[-1]:.1f}" y2="{ends[-1]:.1f}"/>',
            tie(ends[-1], labels[-1]),
            f'<text class="quiet" x="{right + 24}" y="{labels[-1] + 4:.1f}">wanted (submission, inbox): {WANTED} %</text>']
    for name, text, end, label in zip(names, texts, ends, labels):
        points = [(x_of(rows), y_of(value)) for rows, value in percents[name]]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = f' stroke-dasharray="{DASHES[name]}"' if DASHES[name] else ""
        out += [f'<g class="{name}">', f'<polyline class="line"{dash} points="{path}"/>', *(shape(name, x, y) for x, y in points),
                tie(end, label), f'<text x="{right + 24}" y="{label + 4:.1f}">{text}</text>', "</g>"]
    return "\n".join([*out, "</svg>", ""])


def main(words):
    if len(words) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    lines = read(words[0])
    if not lines:
        print(f"growth: {words[0]} has no measure at two sizes", file=sys.stderr)
        return 1
    with open(words[1], "w", encoding="utf-8") as file:
        file.write(draw(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
