"""The page of ci/bench --peers --html: one file that asks nothing of the network, with a plot for every row and all as text.

usage: bench/peers_page.py REPORT.json PAGE.html

REPORT.json is what a program of teasel_add_benchmark wrote (--json), or ci/bench --peers.
"""

import html
import pathlib
import sys

import peers

# What each figure is, for readers who know none of the names.
ABOUT = {
    "cpu": "Closed loop: each connection sends a message, waits for its echo, and sends the next. CPU time of the server alone.",
    "syscalls": "The server's system calls, counted with ptrace. Tracing is slow, so more is ready at a time than otherwise.",
    "completions": "What one wait brings: ready descriptors, or completions of io_uring. Traced, as the system calls are.",
    "p50": "Open loop at a fixed rate. A latency counts from the time at which its message was due, so waiting behind a late one "
           "counts, too. Clients and server have a core each.",
    "p99": "Of the same messages, the latency that 99 of 100 do not exceed.",
    "bulk-in": "One connection sends 64 MiB. The server sums up the bytes and acknowledges each MiB.",
    "bulk-out": "The server sends 64 MiB on one connection, in pieces of 64 KiB, each when the one before has left.",
    "bulk-both": "An echo of 64 MiB on one connection, both directions at once.",
    "connect-cpu": "Connections one after the other: connect, an echo of 64 bytes, close.",
    "connect-rate": "The same, as a rate. The client works on the same core, so half of the time is its.",
    "accept-burst": "100 connections begin at once, and each gets an echo of 64 bytes.",
    "fan-out": "A message of one connection goes to 1000 connections.",
    "timers": "1000 timers of 1 to 16 ms are set inside a callback and fire, through the running loop.",
    "timers-early": "How many of these 1000 timers fired before their time by the system's clock.",
    "memory": "Growth of the server's resident memory from 100 to 1000 connections, each after an echo of 16 KiB. The protocol's "
              "own object is at most 64 bytes where the library lets the user choose.",
    "fragmented": "Messages of 16 KiB arrive in pieces of 69 bytes.",
    "noisy": "A tenth of the connections is reset in the middle of a message, another tenth each time, and connects anew.",
}
# Figures that only reports of teasel_add_benchmark have.
ABOUT_OWN = {
    "session-cpu": "Connections one after the other: connect, greeting and login, an exchange, close.",
    "session-rate": "The same, as a rate. The client works on the same core, so a part of the time is its.",
}

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2024; --soft: #5b6570; --line: #d8dde2; --track: #eef1f4;
  --teasel: #0b62c4; --raw: #7b8794; --library: #b4540a; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e8ebee; --soft: #a2acb6; --line: #343b42;
  --track: #22272c; --teasel: #66abff; --raw: #8d99a5; --library: #f0a050; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .25rem; border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; } p { margin: .25rem 0 .75rem; max-width: 60rem; } a { color: var(--teasel); }
.soft { color: var(--soft); } code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { white-space: pre-wrap; background: var(--track); padding: .5rem .75rem; border-radius: .25rem; }
nav a { display: inline-block; margin-right: .75rem; padding: .15rem 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)); gap: 1.25rem 2rem; }
.row { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr) 18rem; gap: 0 .6rem; align-items: center; padding: .1rem 0; }
.row svg { width: 100%; height: 1rem; display: block; } .figure { font-variant-numeric: tabular-nums; font-size: .85rem; }
.figure b { display: inline-block; min-width: 3.6rem; text-align: right; }
@media (max-width: 640px) { .row { grid-template-columns: minmax(0, 1fr) auto; padding: .3rem 0; }
  .row svg { grid-column: 1 / -1; grid-row: 2; } .figure { text-align: right; } .figure b { min-width: 0; } }
.track { fill: var(--track); } .bar { opacity: .45; } .mark { stroke-width: 2; } .span { stroke-width: 6; opacity: .75; }
.teasel { fill: var(--teasel); stroke: var(--teasel); } .raw { fill: var(--raw); stroke: var(--raw); }
.library { fill: var(--library); stroke: var(--library); } .bar { stroke: none; }
.key { white-space: nowrap; margin-right: .8rem; }
.swatch { display: inline-block; width: .8rem; height: .8rem; margin-right: .3rem; vertical-align: -.05rem; }
.swatch.teasel { background: var(--teasel); } .swatch.raw { background: var(--raw); } .swatch.library { background: var(--library); }
li { margin: .1rem 0; }
"""


def text(value):
    return html.escape(str(value), quote=True)


# Names in reports of teasel_add_benchmark's programs.
DRIVERS = ("epoll", "io_uring", "poll", "select")


def family(backend):
    if backend.split(":")[0] in DRIVERS:
        return "teasel"
    return backend.split("-")[0] if backend.startswith(("teasel-", "raw-")) else "raw" if backend == "plain-echo" else "library"


def plot(row, most):
    """One row's bar from 0 to its median, with its interval. `most` is the right end of the scale."""
    def place(value):
        return 1000 * value / most if most else 0

    kind = family(row["backend"])
    parts = ['<rect class="track" x="0" y="0" width="1000" height="16"/>',
             f'<rect class="bar {kind}" x="0" y="3" width="{place(row["value"]):.1f}" height="10"/>']
    if row["low"] is not None:
        parts.append(f'<line class="span {kind}" vector-effect="non-scaling-stroke" x1="{place(row["low"]):.1f}" '
                     f'x2="{place(row["high"]):.1f}" y1="8" y2="8"/>')
    parts.append(f'<line class="mark {kind}" vector-effect="non-scaling-stroke" x1="{place(row["value"]):.1f}" '
                 f'x2="{place(row["value"]):.1f}" y1="1" y2="15"/>')
    return f'<svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def row_html(row, most):
    ratio = "" if row["ratio"] is None else f", {row['ratio']:.2f} ×"
    return (f'<div class="row" id="{text(row["name"])}"><span>{text(row["backend"])}</span>{plot(row, most)}'
            f'<span class="figure"><b>{peers.number(row["value"])}</b> <span class="soft">'
            f'[{text(peers.bounds(row["low"], row["high"]))}] cv {100 * row["cv"]:.1f} %{ratio}</span></span></div>')


def group_html(shape, rows, left_out):
    most = max(max(row["value"], row["high"] or 0) for row in rows) if rows else 0
    lines = "".join(row_html(row, most) for row in rows)
    reasons = "".join(f'<p class="soft">{text(entry["name"])}: left out: {text(entry["why"])}</p>' for entry in left_out)
    return f"<section><h3>{text(shape)}</h3>{lines}{reasons}</section>"


def figures_html(report):
    together = peers.groups(report["rows"])
    left_out = {}
    for entry in report["skipped"] + report["failed"]:
        figure, shape = entry["name"].split("/", 1)
        left_out.setdefault((figure, shape.rsplit("/", 1)[0]), []).append(entry)
    places = list(together) + [place for place in left_out if place not in together]
    sections = []
    for figure in dict.fromkeys(place[0] for place in places):
        own = [place for place in places if place[0] == figure]
        unit = next((together[place][0]["unit"] for place in own if place in together), "")
        less = next((together[place][0]["less_is_better"] for place in own if place in together), True)
        body = "".join(group_html(shape, together.get((figure, shape), []), left_out.get((figure, shape), [])) for _, shape in own)
        sections.append(f'<h2 id="{text(figure)}">{text(figure)}: {text(unit)}</h2><p>{text((ABOUT | ABOUT_OWN).get(figure, ""))} '
                        f'<span class="soft">{"Less" if less else "More"} is better.</span></p><div class="plots">{body}</div>')
    names = dict.fromkeys(place[0] for place in places)
    links = "".join(f'<a href="#{text(name)}">{text(name)}</a>' for name in names)
    return f"<nav>{links}</nav>{''.join(sections)}"


def repeat_html(report):
    """How to make the report again."""
    if "program" in report:
        return f"<pre>{text(report['program'])} --rounds {report['rounds']} --json report.json</pre>"
    revision = report["machine"].get("revision", "")
    return (f"<p>On Debian 12{f', at revision {text(revision)}' if revision else ''}, with nothing else running:</p>\n"
            f"<pre>ci/install --with peers\nci/bench --peers --rounds {report['rounds']} --json peers.json --html peers.html</pre>")


def make(report):
    """The whole page."""
    versions = "".join(f"<li>{text(backend)}: {text(version)}</li>" for backend, version in report["versions"].items() if version)
    failed = "".join(f"<li>{text(entry['name'])}: {text(entry['why'])}</li>" for entry in report["failed"])
    failed = f"<h2>Failed</h2><ul>{failed}</ul>" if failed else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Backends compared</title><style>{STYLE}</style></head><body>
<h1>Backends compared</h1>
<p>{text(peers.machine_line(report["machine"]))}. Each figure is the median of {report["rounds"]} rounds, in which all backends take turns
under one load generator on loopback. [a .. b] is a 95 % interval of the median by order statistics, cv the coefficient of variation, and
n × the ratio to {text(report.get("reference", peers.REFERENCE))} in the same round. Clients compare every byte; a backend that loses one has no figure. Compare
what stands in one plot. Absolute times differ from machine to machine.</p>
<p><span class="key"><span class="swatch teasel"></span>Teasel's drivers</span> <span class="key"><span class="swatch raw"></span>hand-written
loops</span> <span class="key"><span class="swatch library"></span>libraries</span> The bar ends at the median; the thick line is the interval.</p>
<p>A shape such as 64x1024 is connections x bytes of a message; @10000 is messages per second in all.</p>
{failed}{figures_html(report)}
<h2>Versions</h2><ul>{versions or "<li>no libraries</li>"}</ul>
<h2>How to repeat it</h2>{repeat_html(report)}
</body></html>
"""


def main(words=None):
    words = sys.argv[1:] if words is None else words
    if len(words) != 2:
        print("usage: bench/peers_page.py REPORT.json PAGE.html", file=sys.stderr)
        return 2
    try:
        report = peers.read_report(words[0])
        pathlib.Path(words[1]).write_text(make(report), encoding="utf-8")
    except (ValueError, OSError, KeyError) as error:
        print(f"bench/peers_page.py: {str(error).removeprefix('--against ')}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
