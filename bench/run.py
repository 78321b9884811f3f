"""What ci/bench runs: builds teasel_bench, runs it, prints the table and writes the report."""

import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

import fuzz_rows

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"


class SetupError(Exception):
    """Nothing can be measured; the message says why."""


def run(command, what):
    """Runs a build step quietly; shows what it said when it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise SetupError(f"{what}: {error}") from error
    if done.returncode != 0:
        raise SetupError(f"{what} failed: {' '.join(map(str, command))}\n{done.stdout[-4000:]}")
    return done.stdout


def log(message):
    print(message, file=sys.stderr, flush=True)


def build():
    log("building build/bench ...")
    # g++-12 at -O3 warns of what is not there (-Wrestrict in std::string); ci/test is where warnings count.
    run(["cmake", "--preset", "bench", "-DTEASEL_WERROR=OFF"], "configuring")
    run(["cmake", "--build", str(BUILD), "--target", "teasel_bench"], "building")
    return BUILD / "bench" / "teasel_bench"


def machine():
    cpu = ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    compiler = run(["g++", "--version"], "asking the compiler for its version").splitlines()[0]
    return {
        "cpu": cpu or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "compiler": compiler,
        "flags": "-O3",
        "load_at_start": os.getloadavg()[0],
    }


def measure(program, options):
    """Runs teasel_bench. Returns rows, skipped rows and whether a row failed."""
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory) / "rows.json"
        command = [program, "--rounds", str(options.rounds), "--filter", options.filter, "--json", output]
        status = subprocess.run(command).returncode
        if status not in (0, 1):
            raise SetupError(f"teasel_bench ended with status {status}")
        text = output.read_text() if output.exists() else ""
    rows, skipped = [], []
    for entry in json.loads(text)["benchmarks"] if text else []:
        # Google Benchmark puts how it ran behind the name: /iterations:11/manual_time
        name = re.sub(r"/iterations:.*", "", entry["name"])
        if entry.get("error_occurred"):
            skipped.append({"name": name, "why": entry["error_message"]})
        else:
            rows.append({"name": name, "value": entry["value"], "unit": entry["label"],
                         "reference": entry.get("reference"), "ratio": entry.get("ratio")})
    return rows, skipped, status == 1


def figure(number):
    if number is None:
        return "-"
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.3g}" if abs(number) >= 10 else f"{number:.2f}"


def print_table(rows, skipped):
    width = max([len(row["name"]) for row in rows + skipped], default=4)
    print(f"{'row':{width}}  {'value':>8}  {'reference':>9}  {'ratio':>6}  unit")
    for row in rows:
        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.3f}"
        print(f"{row['name']:{width}}  {figure(row['value']):>8}  {figure(row['reference']):>9}  {ratio:>6}  {row['unit']}")
    for row in skipped:
        print(f"{row['name']:{width}}  skipped: {row['why']}")


def parse():
    parser = argparse.ArgumentParser(prog="ci/bench", add_help=False)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--filter", metavar="REGEX", default=".*")
    parser.add_argument("--rounds", metavar="N", type=int, default=11)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds needs a number from 1 on")
    try:
        re.compile(options.filter)
    except re.error as error:
        parser.error(f"--filter '{options.filter}' is no regular expression: {error}")
    return options


def main():
    options = parse()
    try:
        program = build()
        if options.list:
            print(run([str(program), "--list", "--filter", options.filter], "listing"), end="")
            print("".join(f"{name}\n" for name in fuzz_rows.row_names() if re.search(options.filter, name)), end="")
            return 0
        about = machine()
        rows, skipped, failed = measure(program, options)
        # A round of these takes seconds, and they are steadier: a few do.
        more = fuzz_rows.measure(ROOT, options.filter, min(options.rounds, 5), run, log)
        rows += more[0]
        skipped += more[1]
    except (SetupError, RuntimeError) as error:
        print(f"ci/bench: {error}", file=sys.stderr)
        return 2
    if not rows and not skipped:
        print(f"ci/bench: no row matches '{options.filter}'; --list names them", file=sys.stderr)
        return 2
    print_table(rows, skipped)
    if options.json:
        report = {"machine": about, "rows": rows, "skipped": skipped}
        pathlib.Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
