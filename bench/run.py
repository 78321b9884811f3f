"""The program behind ci/bench. It builds teasel_bench, runs it, prints the table and writes the report."""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

import against
import campaign_rows
import fuzz_rows
import instructions
import limits
import peers
import peers_page

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"


class SetupError(Exception):
    """Raised when nothing can be measured. The message says why."""


def run(command, what):
    """Runs a build step without showing its output, and returns the output. Raises SetupError with the output if it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise SetupError(f"{what}: {error}") from error
    if done.returncode != 0:
        raise SetupError(f"{what} failed: {' '.join(map(str, command))}\n{done.stdout[-4000:]}")
    return done.stdout


def log(message):
    print(message, file=sys.stderr, flush=True)


def build(target="teasel_bench"):
    log("building build/bench ...")
    # At -O3, g++-12 gives false warnings (-Wrestrict in std::string). ci/test checks for warnings.
    run(["cmake", "--preset", "bench", "-DTEASEL_WERROR=OFF"], "configuring")
    run(["cmake", "--build", str(BUILD), "--target", target], "building")
    return BUILD / "bench" / target


def revision_of(name):
    """The commit that is meant."""
    try:
        return run(["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], "looking up").strip()
    except SetupError:
        raise SetupError(f"--against {name}: git knows no such revision") from None


def check_out(name):
    """The commit of a former revision, and a folder with its files that is kept for the next run."""
    revision = revision_of(name)
    source = ROOT / "build" / "against" / revision
    if not (source / "CMakeLists.txt").exists():
        shutil.rmtree(source, ignore_errors=True)
        run(["git", "worktree", "prune"], "tidying up")
        run(["git", "worktree", "add", "--detach", str(source), revision], f"checking out {name}")
    return revision, source


def build_revision(name):
    """Builds the program of a former revision, in a tree of its own."""
    revision, source = check_out(name)
    log(f"building {name} in build/against/{revision[:10]}... ...")
    tree = source / "build" / "bench"
    run(["cmake", "--preset", "bench", "-S", str(source), "-B", str(tree), "-DTEASEL_WERROR=OFF"], f"configuring {name}")
    run(["cmake", "--build", str(tree), "--target", "teasel_bench"], f"building {name}")
    return tree / "bench" / "teasel_bench", revision


def build_campaigns(source, what):
    """Builds all targets and the museum of a revision, as ci/fuzz does. Returns the tree."""
    tree = source / "build" / "fuzz"
    log(f"building the campaigns of {what} ...")
    run(["cmake", "--preset", "fuzz", "-S", str(source), "-B", str(tree), "-DTEASEL_WERROR=OFF"], f"configuring {what}")
    run(["cmake", "--build", str(tree)], f"building {what}")
    return tree


def compare_campaigns(options):
    """Compares the campaigns of this tree with those of a former revision, or those of two trees that are built already."""
    if options.trees:
        ours, theirs = (pathlib.Path(tree).resolve() for tree in options.trees)
        revision = str(options.trees[1])
    else:
        revision, source = check_out(options.against)
        ours, theirs = build_campaigns(ROOT, "this tree"), build_campaigns(source, options.against)
    compared, only_one, missed, broken = campaign_rows.compare(ROOT, ours, theirs, options.filter, options.rounds, log)
    if not compared and not broken:
        raise SetupError(f"no campaign that both have matches '{options.filter}'")
    against.print_table(compared, only_one, revision)
    campaign_rows.print_missed(missed, options.rounds)
    for name in broken:
        print(f"{name}: left out, see above")
    return compared, revision, bool(broken)


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


def measure(program, options, rounds=None, quiet=False):
    """Runs teasel_bench. Returns rows, skipped rows and whether a row failed."""
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory) / "rows.json"
        command = [program, "--rounds", str(rounds or options.rounds), "--filter", options.filter, "--json", output]
        if options.uring_features is not None:
            command += ["--uring-features", options.uring_features]
        status = subprocess.run(command, stderr=subprocess.DEVNULL if quiet else None).returncode
        if status not in (0, 1):
            raise SetupError(f"teasel_bench ended with status {status}")
        text = output.read_text() if output.exists() else ""
    rows, skipped = [], []
    for entry in json.loads(text)["benchmarks"] if text else []:
        # Google Benchmark adds to the name how it ran the row: /iterations:11/manual_time
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
    group = None
    for row in rows:
        if group not in (None, row["name"].split("/")[0]):
            print()
        group = row["name"].split("/")[0]
        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.3f}"
        limit, kept = limits.limit_of(row)
        asked = "" if limit is None else f"  [{limit}{'' if kept else ': NOT KEPT'}]"
        print(f"{row['name']:{width}}  {figure(row['value']):>8}  {figure(row['reference']):>9}  {ratio:>6}  "
              f"{row['unit']}{asked}")
    for row in skipped:
        print(f"{row['name']:{width}}  skipped: {row['why']}")
    verdicts = [(row["name"], limits.limit_of(row)[1]) for row in rows]
    broken = [name for name, kept in verdicts if kept is False]
    print(f"\nlimits: {sum(kept is True for _, kept in verdicts)} kept, {len(broken)} not kept"
          f"{': ' + ', '.join(broken) if broken else ''}")


def compare(program, options):
    """Compares this tree's program with a former one, round by round. Each of them runs first in every other round."""
    other, revision = build_revision(options.against)
    rounds, failed = [], False
    for number in range(options.rounds):
        order = (program, other) if number % 2 == 0 else (other, program)
        measured = {each: measure(each, options, rounds=1, quiet=True) for each in order}
        failed |= any(one[2] for one in measured.values())
        rounds.append((measured[program][0], measured[other][0]))
        log(f"round {number + 1} of {options.rounds}")
    compared, only_one = against.compare(rounds)
    if not compared:
        raise SetupError(f"no row that both have matches '{options.filter}'; --list names them")
    against.print_table(compared, only_one, revision)
    return compared, revision, failed


def count_instructions(options):
    """ci/bench --instructions."""
    former = instructions.read_report(options.against) if options.against else None
    program = build()
    listed = instructions.rows_of(run([str(program), "--list"], "listing").split())
    wanted = {name: how for name, how in listed.items() if re.search(options.filter, name)}
    if not wanted:
        raise SetupError(f"no row of --instructions matches '{options.filter}'. The rows are:\n" + "\n".join(listed))
    if options.list:
        print("\n".join(wanted))
        return 0
    rows = instructions.measure(program, wanted, log)
    instructions.print_table(rows, former)
    write(options.json, {"machine": machine(), "instructions": rows})
    return 0


def compare_peers(options):
    """ci/bench --peers."""
    former = peers.read_report(options.against) if options.against else None
    for path in (options.json, options.html):
        if path and not pathlib.Path(path).resolve().parent.is_dir():
            raise SetupError(f"{path}: there is no such folder")
    program = build("teasel_peers")
    listed = run([str(program), "--list", "--filter", options.filter], "listing")
    if options.list:
        print(listed, end="")
        return 0
    if not listed:
        every = run([str(program), "--list"], "listing")
        raise SetupError(f"no row of --peers matches '{options.filter}'. The rows are:\n{every.rstrip()}")
    about = machine()
    about["revision"] = run(["git", "describe", "--always", "--dirty"], "asking git for the revision").strip()
    report = {"machine": about, "rounds": options.rounds, **peers.measure(program, options.filter, options.rounds)}
    peers.print_table(report)
    write(options.json, report)
    if options.html:
        pathlib.Path(options.html).write_text(peers_page.make(report), encoding="utf-8")
    if former:
        print()
        compared, only_one = peers.compare(report, former)
        against.print_table(compared, only_one, pathlib.Path(options.against).name)
    return 1 if report["failed"] else 0


def write(path, report):
    if path:
        pathlib.Path(path).write_text(json.dumps(report, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(prog="ci/bench", add_help=False)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--filter", metavar="REGEX", default=".*")
    parser.add_argument("--rounds", metavar="N", type=int, default=11)
    parser.add_argument("--uring-features", metavar="LIST")
    parser.add_argument("--against", metavar="REV")
    parser.add_argument("--campaigns", action="store_true")
    parser.add_argument("--trees", nargs=2, metavar=("OURS", "THEIRS"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--html", metavar="FILE")
    parser.add_argument("--instructions", action="store_true")
    options = parser.parse_args()
    if options.html and not options.peers:
        parser.error("--html needs --peers")
    for name in ("peers", "instructions"):
        if getattr(options, name) and (options.campaigns or options.trees):
            parser.error(f"--{name} goes with neither --campaigns nor --trees")
    if options.peers and options.instructions:
        parser.error("--peers and --instructions are two measurements")
    if options.campaigns and not options.against and not options.trees:
        parser.error("--campaigns needs --against REV, or --trees")
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
        if options.instructions:
            return count_instructions(options)
        if options.peers:
            return compare_peers(options)
        if options.against:
            revision_of(options.against)  # before minutes of building
        if options.campaigns or options.trees:
            compared, revision, failed = compare_campaigns(options)
            write(options.json, {"machine": machine(), "against": revision, "rows": compared})
            return 1 if failed else 0
        program = build()
        if options.list:
            print(run([str(program), "--list", "--filter", options.filter], "listing"), end="")
            print("".join(f"{name}\n" for name in fuzz_rows.row_names() if re.search(options.filter, name)), end="")
            return 0
        about = machine()
        if options.against:
            compared, revision, failed = compare(program, options)
            write(options.json, {"machine": about, "against": revision, "rows": compared})
            return 1 if failed else 0
        rows, skipped, failed = measure(program, options)
        # A round of these rows takes seconds, and their figures are steadier, so a few rounds are enough.
        more = fuzz_rows.measure(ROOT, options.filter, min(options.rounds, 5), run, log)
        rows += more[0]
        skipped += more[1]
    except (SetupError, RuntimeError, ValueError) as error:
        print(f"ci/bench: {error}", file=sys.stderr)
        return 2
    if not rows and not skipped:
        print(f"ci/bench: no row matches '{options.filter}'; --list names them", file=sys.stderr)
        return 2
    print_table(rows, skipped)
    write(options.json, {"machine": about, "rows": rows, "skipped": skipped})
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
