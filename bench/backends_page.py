#!/usr/bin/env python3
"""Writes the figures of docs/backends.md anew, from a report of `ci/bench --peers --json FILE`.

usage: bench/backends_page.py FILE
"""
import pathlib
import sys

import peers

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "backends.md"
BEGIN, END = "<!-- figures: bench/backends_page.py writes them -->", "<!-- end of figures -->"
# Columns of a table; a page is read on narrow screens, too.
WIDEST = 4


def cell(row, low_high=True):
    if row is None:
        return "-"
    interval = f" ({peers.number(row['low'])}-{peers.number(row['high'])})" if low_high and row["low"] is not None else ""
    return f"{peers.number(row['value'])}{interval}"


def table(figure, shapes, together):
    backends = dict.fromkeys(row["backend"] for shape in shapes for row in together[figure, shape])
    of = {(row["backend"], shape): row for shape in shapes for row in together[figure, shape]}
    unit = together[figure, shapes[0]][0]["unit"]
    lines = [f"| `{figure}`: {unit} | " + " | ".join(shapes) + " |", "|---" * (len(shapes) + 1) + "|"]
    lines += [f"| {backend} | " + " | ".join(cell(of.get((backend, shape))) for shape in shapes) + " |" for backend in backends]
    return "\n".join(lines)


def figures(report):
    """The block of the page: the machine, then a table of each figure."""
    together = peers.groups(report["rows"])
    versions = sorted({version for version in report["versions"].values() if version})
    parts = [f"Measured on {peers.machine_line(report['machine'])}; revision {report['machine'].get('revision', 'unknown')}; "
             f"{', '.join(versions)}. Medians of {report['rounds']} rounds, 95 % interval in brackets."]
    if report["machine"]["load_at_start"] > 0.5:
        parts.append("**Other programs ran just before or meanwhile. If it was meanwhile, trust counts and memory, and of times only large "
                     "differences.**")
    for figure in dict.fromkeys(figure for figure, _ in together):
        shapes = [shape for other, shape in together if other == figure]
        parts += [table(figure, shapes[at:at + WIDEST], together) for at in range(0, len(shapes), WIDEST)]
    left_out = {}
    for entry in report["skipped"]:
        left_out.setdefault(entry["why"], []).append(f"`{entry['name']}`")
    parts += [f"Left out: {', '.join(names)}: {why}." for why, names in left_out.items()]
    return "\n\n".join(parts)


def replace(page, block):
    """The page with that block. Raises ValueError where it has no place for one."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"{PAGE.name} has no place for the figures: one line '{BEGIN}' and one '{END}' below it")
    return page[:page.index(BEGIN) + len(BEGIN)] + "\n" + block + "\n" + page[page.index(END):]


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        report = peers.read_report(arguments[0])
        if report.get("failed"):
            raise ValueError(f"{arguments[0]}: a row failed, so this is no report to show: {report['failed'][0]['name']}")
        PAGE.write_text(replace(PAGE.read_text(encoding="utf-8"), figures(report)), encoding="utf-8")
    except ValueError as error:
        print(f"bench/backends_page.py: {str(error).removeprefix('--against ')}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
