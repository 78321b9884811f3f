"""ci/bench --against REV: compares the figures of this tree with those of a former one. Both ran in turns in one run."""

import math
import statistics

# A difference is reported only if it is unlikely to be chance and large enough to matter: the greatest p, the smallest
# effect size and the smallest change.
SIGNIFICANT, LARGE, WORTH = 0.01, 0.71, 0.03


def figure_of(row):
    """The figure of a row that is compared: its ratio, which drifts least, or its value if it has no reference."""
    return row["value"] if row["ratio"] is None else row["ratio"]


def higher_is_better(row):
    """Whether a greater figure is better: for a speed, not for a cost. The ratio of a row is a speed if its value is one,
    except in the bytewise feed rows, which have a speed as value and a cost as ratio."""
    per_second = row["unit"].endswith("/s") or "per CPU second" in row["unit"]
    return per_second and not (row["name"].endswith("/bytewise") and row["ratio"] is not None)


def a12(ours, theirs):
    """Vargha and Delaney's effect size (2000): how likely one of our figures is above one of theirs. 0.5 means no
    difference."""
    wins = sum((a > b) + (a == b) / 2 for a in ours for b in theirs)
    return wins / (len(ours) * len(theirs))


def mann_whitney(ours, theirs):
    """Two-sided p of the rank sum test, by the normal approximation with correction for ties and continuity."""
    n, m = len(ours), len(theirs)
    everything = sorted(ours + theirs)
    ties = sum(count**3 - count for count in (everything.count(value) for value in set(everything)))
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    distance = abs(a12(ours, theirs) * n * m - n * m / 2) - 0.5
    return min(1.0, math.erfc(max(0.0, distance) / math.sqrt(2 * variance)))


def compare(rows_of_rounds):
    """Compares rows. `rows_of_rounds` has a pair of lists of rows, ours and theirs, for each round. Returns one comparison
    for each row that both have, and the names of the rows that only one has."""
    ours, theirs = {}, {}
    for our_rows, their_rows in rows_of_rounds:
        for rows, figures in ((our_rows, ours), (their_rows, theirs)):
            for row in rows:
                figures.setdefault(row["name"], (row, []))[1].append(figure_of(row))
    compared = []
    for name, (row, here) in ours.items():
        if name not in theirs or (row["ratio"] is None) != (theirs[name][0]["ratio"] is None):
            continue
        there = theirs[name][1]
        change = statistics.median(a / b for a, b in zip(here, there) if b)
        compared.append({"name": name, "ours": statistics.median(here), "theirs": statistics.median(there), "change": change,
                         "a12": a12(here, there), "p": mann_whitney(here, there), "verdict": verdict(row, here, there, change)})
    names = {entry["name"] for entry in compared}
    return compared, sorted((ours.keys() | theirs.keys()) - names)


def verdict(row, ours, theirs, change):
    effect = a12(ours, theirs)
    if mann_whitney(ours, theirs) > SIGNIFICANT or max(effect, 1 - effect) < LARGE or abs(change - 1) < WORTH:
        return "same"
    return "faster" if (change > 1) == higher_is_better(row) else "slower"


def print_table(compared, only_one, revision):
    width = max([len(entry["name"]) for entry in compared], default=4)
    print(f"{'row':{width}}  {'this tree':>10}  {revision[:10]:>10}  {'change':>7}  {'A12':>5}  {'p':>7}  verdict")
    for entry in compared:
        print(f"{entry['name']:{width}}  {entry['ours']:>10.4g}  {entry['theirs']:>10.4g}  {entry['change'] - 1:>+7.1%}  "
              f"{entry['a12']:>5.2f}  {entry['p']:>7.4f}  {entry['verdict']}")
    if only_one:
        print(f"in one of the two only, not compared: {', '.join(only_one)}")
