"""ci/bench --peers: compares Teasel's drivers with hand-written loops and other libraries (the program teasel_peers)."""

import json
import math
import pathlib
import statistics
import subprocess
import tempfile

import against

# The backend that the others are divided by, round by round.
REFERENCE = "raw-epoll"
SHARE = 0.95


def interval(samples):
    """An interval that holds the median with a probability of at least 95 %, by order statistics: the samples of the ranks
    k and n+1-k, for the largest such k. It assumes nothing about how they are spread. None below six samples."""
    count = len(samples)
    outside, rank = 0.0, 0
    while True:
        outside += math.comb(count, rank) / 2**count
        if 2 * outside > 1 - SHARE:
            break
        rank += 1
    if rank == 0:
        return None
    ordered = sorted(samples)
    return ordered[rank - 1], ordered[count - rank]


def variation(samples):
    """The coefficient of variation: the standard deviation as a share of the mean."""
    mean = statistics.fmean(samples)
    return statistics.stdev(samples) / mean if len(samples) > 1 and mean else 0.0


def ratios(row, reference):
    """The row's samples, each divided by that of the reference in the same round. Both were measured within seconds."""
    if reference is None or len(row["samples"]) != len(reference["samples"]) or 0 in reference["samples"]:
        return []
    return [ours / theirs for ours, theirs in zip(row["samples"], reference["samples"])]


def summarize(rows, reference_name=REFERENCE):
    """Adds to each row its median, its interval, its variation, and how it stands to the reference."""
    by_name = {row["name"]: row for row in rows}
    for row in rows:
        reference = by_name.get(f"{row['figure']}/{row['shape']}/{reference_name}")
        paired = ratios(row, reference)
        low, high = interval(row["samples"]) or (None, None)
        ratio_low, ratio_high = (interval(paired) if paired else None) or (None, None)
        row.update(value=statistics.median(row["samples"]), low=low, high=high, cv=variation(row["samples"]),
                   ratio=statistics.median(paired) if paired else None, ratio_low=ratio_low, ratio_high=ratio_high)
    return rows


def groups(rows):
    """The rows of each figure and shape together, in the order in which they were measured."""
    together = {}
    for row in rows:
        together.setdefault((row["figure"], row["shape"]), []).append(row)
    return together


def number(value):
    """A figure with three digits that mean something, and no exponent."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 4)}f}"


def bounds(low, high):
    return "-" if low is None else f"{number(low)} .. {number(high)}"


def machine_line(machine):
    return (f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['compiler']}, {machine['flags']}, "
            f"load {machine['load_at_start']:.2f} at the start")


def print_table(report):
    print(machine_line(report["machine"]))
    versions = sorted({version for version in report["versions"].values() if version})
    print(f"{', '.join(versions) or 'no libraries'}; medians of {report['rounds']} rounds, [95 % interval]")
    for (figure, shape), rows in groups(report["rows"]).items():
        print(f"\n{figure}/{shape}: {rows[0]['unit']}")
        for row in rows:
            against_reference = "-" if row["ratio"] is None else f"{row['ratio']:.3f} x {REFERENCE}"
            print(f"  {row['backend']:16} {number(row['value']):>9}  [{bounds(row['low'], row['high'])}]  cv {row['cv']:.1%}  "
                  f"{against_reference}")
    for title in ("skipped", "failed"):
        if report[title]:
            print(f"\n{title}:")
        for row in report[title]:
            print(f"  {row['name']}: {row['why']}")


def read_report(path):
    """A report that --json wrote. Raises ValueError with one line that says what is wrong with it."""
    try:
        report = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"--against {path}: {error}") from None
    rows = report.get("rows") if isinstance(report, dict) else None
    wanted = {"name", "figure", "shape", "backend", "samples", "less_is_better"}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and wanted <= row.keys() for row in rows):
        raise ValueError(f"--against {path}: this is no report of ci/bench --peers --json")
    if not all(row["samples"] and all(isinstance(value, (int, float)) for value in row["samples"]) for row in rows):
        raise ValueError(f"--against {path}: a row has no samples")
    return report


def compare(ours, theirs):
    """One comparison for each row that both reports have. Ratios to the reference are compared where both have them, because
    two runs do not drift together."""
    rows_of = {name: {row["name"]: row for row in report["rows"]} for name, report in (("ours", ours), ("theirs", theirs))}
    compared = []
    for name, row in rows_of["ours"].items():
        former = rows_of["theirs"].get(name)
        if former is None:
            continue
        reference = f"{row['figure']}/{row['shape']}/{REFERENCE}"
        here = ratios(row, rows_of["ours"].get(reference))
        there = ratios(former, rows_of["theirs"].get(reference))
        if not here or not there or row["backend"] == REFERENCE:
            here, there = row["samples"], former["samples"]
        before = statistics.median(there)
        change = statistics.median(here) / before if before else 1.0 if not statistics.median(here) else math.inf
        compared.append({"name": name, "ours": statistics.median(here), "theirs": before, "change": change,
                         "a12": against.a12(here, there), "p": against.mann_whitney(here, there),
                         "verdict": verdict(row, here, there, change)})
    return compared, sorted(rows_of["ours"].keys() ^ rows_of["theirs"].keys())


def verdict(row, here, there, change):
    effect = against.a12(here, there)
    if against.mann_whitney(here, there) > against.SIGNIFICANT or max(effect, 1 - effect) < against.LARGE or \
            abs(change - 1) < against.WORTH:
        return "same"
    return "better" if (change < 1) == row["less_is_better"] else "worse"


def measure(program, pattern, rounds, smoke=False, more=()):
    """Runs teasel_peers. Returns its report with the statistics, or None if no row matches."""
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory) / "rows.json"
        command = [str(program), "--rounds", str(rounds), "--filter", pattern, "--json", str(output), *more]
        status = subprocess.run(command + (["--smoke"] if smoke else []), check=False).returncode
        if status not in (0, 1) or not output.exists():
            raise RuntimeError(f"teasel_peers ended with status {status}")
        report = json.loads(output.read_text(encoding="utf-8"))
    if not report["rows"] and not report["skipped"] and not report["failed"]:
        return None
    summarize(report["rows"])
    return report
