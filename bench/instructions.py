"""ci/bench --instructions: how many instructions an operation takes, counted by callgrind. Other programs change nothing in it."""

import json
import pathlib
import re
import subprocess

# The rows: how many operations a round does, and what one operation is. A row runs with one round and with three; the
# difference is two rounds, without what the program does before and after.
ROWS = [
    (r"feed/[^/]+/bytewise", 2, "block of 64 KiB, byte by byte"),
    (r"feed/[^/]+/\d+", 10, "block of 64 KiB"),
    (r"session/.*", 100, "session"),
    (r"deferred/list-1000", 10, "list"),
    (r"deferred/.*", 5000, "Deferred"),
    (r"timer/add/1000", 1000, "timer added, cancelled, added and fired"),
]
FEW, MANY = 1, 3


def rows_of(names):
    """The rows among all names that can be counted: name -> (operations in a round, what one is)."""
    found = {}
    for name in names:
        how = next((row[1:] for row in ROWS if re.fullmatch(row[0], name)), None)
        if how:
            found[name] = how
    return found


def collected(program, name, count, rounds):
    """The instructions that the program takes for so many rounds of a row."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), "--filter", f"^{re.escape(name)}$",
               "--rounds", str(rounds), "--count", str(count)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise RuntimeError("valgrind is missing; ci/install --with instructions installs it") from None
    said = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not said:
        raise RuntimeError(f"{name}: callgrind counted nothing: {done.stderr.strip()[-500:]}")
    return int(said[1])


def measure(program, wanted, log):
    rows = []
    for name, (count, what) in wanted.items():
        difference = collected(program, name, count, MANY) - collected(program, name, count, FEW)
        rows.append({"name": name, "value": difference / (MANY - FEW) / count, "unit": f"instructions per {what}"})
        log(f"{name}: {rows[-1]['value']:.1f} {rows[-1]['unit']}")
    return rows


def read_report(path):
    """The rows of a report that --json wrote, by name. Raises ValueError with one line."""
    try:
        report = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        return {row["name"]: float(row["value"]) for row in report["instructions"]}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"--against {path}: {error}") from None
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"--against {path}: this is no report of ci/bench --instructions --json") from None


def print_table(rows, former):
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        change = ""
        if former is not None:
            before = former.get(row["name"])
            change = "  not in the former" if not before else f"  {row['value'] / before - 1:+.2%}"
        print(f"{row['name']:{width}}  {row['value']:>12.1f}{change}  {row['unit']}")
