#!/usr/bin/env python3
"""ci/fuzz: a campaign over every shipped fuzz target, or the museum."""
import argparse
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import museum
import triage
from worker import MEMORY_MB, TIMEOUT_SECONDS, Run, SetupError, Target, Worker, environment

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "fuzz"
PROGRESS_SECONDS = 5
SHRINK_SECONDS = 60
SHORT_INPUT = 256
REPORTS_PRINTED, REPORT_LINES = 3, 120
EPILOG = """Targets begin with the inputs in fuzz/corpus/<target> and go on with those of earlier campaigns in build/fuzz/corpus/<target>.
Findings land in build/fuzz/findings/<target>/<bucket>, shrunk, each with the command that replays it; findings listed in
fuzz/known/<target> are accepted. Ctrl-C ends a campaign early; corpus and findings are kept.
Exit status: 0 clean, 1 a new finding (with --museum: a fault not found, a twin not quiet, or no crash of the canary),
2 set-up error."""


def arguments(given=None):
    parser = argparse.ArgumentParser(prog="ci/fuzz", description="Fuzzes every shipped target in the simulated world.", epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=positive, default=60, metavar="N", help="how long to fuzz, all targets together (default 60)")
    parser.add_argument("--target", metavar="NAME", help="only this target, or this exhibit")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N", help="processes at once (default: one per core)")
    parser.add_argument("--museum", action="store_true", help="find the museum's known faults instead: fixed seeds and run counts")
    parser.add_argument("--seed", type=positive, default=museum.SEED, metavar="N",
                        help=f"the museum's seed, to see how sure its finds are (default {museum.SEED})")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the result to FILE")
    return parser.parse_args(given)


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return int(text)


def say(text=""):
    print(text, flush=True)


def shown(path):
    """A path as short as the reader can use it: relative to where they are, if below."""
    try:
        return str(path.relative_to(pathlib.Path.cwd()))
    except ValueError:
        return str(path)


def build(*command):
    """Runs functions of ci/common.sh; they say themselves what went wrong."""
    done = subprocess.run(["bash", "-c", f'source "{ROOT}/ci/common.sh"; "$@"', "bash", *command], check=False)
    if done.returncode != 0:
        raise SetupError("the fuzz targets could not be built")


def load_targets(chosen, is_wanted):
    """The targets to run, built. Names of all are known after configuring, so a wrong one is refused before the build."""
    build("configure_preset", "fuzz")
    programs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((BUILD / "teasel-scenarios").glob("*.json"))]
    wanted = [entry for entry in programs if is_wanted(entry)]
    if chosen:
        wanted = [entry for entry in programs if chosen.split("/")[0] == entry["name"]]
        if not wanted:
            names = "\n  ".join(entry["name"] + (" (museum)" if "museum" in entry["labels"] else "") for entry in programs)
            raise SetupError(f"there is no target '{chosen}'. There are:\n  {names}")
    if not wanted:
        raise SetupError("this tree has no fuzz targets")
    build("build_tree", "fuzz", *(entry["name"] for entry in wanted))
    targets = [target for entry in wanted for target in scenarios_of(entry)]
    if chosen and "/" in chosen:
        names = [target.name for target in targets]
        targets = [target for target in targets if target.name == chosen]
        if not targets:
            raise SetupError(f"there is no target '{chosen}'. There are:\n  " + "\n  ".join(names))
    return targets


def scenarios_of(entry):
    done = subprocess.run([entry["program"], "--list"], capture_output=True, text=True, env=environment(), check=False)
    names = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not names:
        raise SetupError(f"{entry['program']} --list: status {done.returncode}\n{done.stdout}{done.stderr}")
    return [Target(entry["name"] if len(names) == 1 else f"{entry['name']}/{name}", pathlib.Path(entry["program"]), name,
                   entry["corpus"], entry["dictionary"], entry["max_len"], entry["labels"]) for name in names]


class Workspace:
    """The campaign's folder, on tmpfs where there is one: a fast campaign spends a third of its time creating files."""

    def __init__(self):
        memory = pathlib.Path("/dev/shm")
        parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else BUILD
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="teasel-fuzz-", dir=parent))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def kept_corpus(target):
    return BUILD / "corpus" / target.name.replace("/", ".")


def restore(run):
    kept = kept_corpus(run.target)
    for path in kept.iterdir() if kept.is_dir() else []:
        shutil.copyfile(path, run.corpus / path.name)


def keep(run):
    kept = kept_corpus(run.target)
    kept.mkdir(parents=True, exist_ok=True)
    here = {path.name for path in kept.iterdir()}
    for path in run.corpus.iterdir():
        # libFuzzer names inputs by their hash and replaces one by a smaller one of the same use.
        if path.name not in here:
            shutil.copyfile(path, kept / path.name)
    for name in here - {path.name for path in run.corpus.iterdir()}:
        (kept / name).unlink()


def stints(target, seconds, value_profile=None):
    """How a worker spends its time: (seconds, flags of libFuzzer) for one process after the other. Short inputs first: they
    run several times faster and find most of what there is to find. One worker that serves a target alone looks at the values
    that are compared in the last part only, which finds other things and fills the corpus faster."""
    short = f"-max_len={min(target.max_len, SHORT_INPUT)}"
    if value_profile is not None:
        profile = f"-use_value_profile={value_profile}"
        return [(seconds * 0.4, [short, profile]), (seconds * 0.6, [profile])]
    return [(seconds * 0.3, [short]), (seconds * 0.3, []), (seconds * 0.4, ["-use_value_profile=1"])]


class Campaign:
    """Spreads the time over the targets and the targets over the jobs."""

    def __init__(self, runs, seconds, jobs):
        self.runs, self.stop = runs, threading.Event()
        self.workers, self.errors = [], []
        self.plans = queue.SimpleQueue()
        if jobs <= len(runs):
            share = seconds * jobs / len(runs)
            plans = [(run, 0, stints(run.target, share)) for run in runs]
        else:
            plans = [(run, number // len(runs), stints(run.target, seconds, number // len(runs) % 2))
                     for number in range(jobs) for run in [runs[number % len(runs)]]]
        for plan in plans:
            self.plans.put(plan)
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(min(jobs, len(plans)))]

    def work(self):
        while not self.stop.is_set():
            try:
                run, number, plan = self.plans.get_nowait()
            except queue.Empty:
                return
            worker = Worker(run, number, self.stop)
            self.workers.append(worker)
            try:
                for seconds, flags in plan:
                    worker.fuzz(seconds, [*flags, "-reload=1"])
            except (SetupError, OSError) as error:
                self.errors.append(error)
                self.stop.set()
            finally:
                keep(run)

    def execute(self):
        began = last = time.monotonic()
        for thread in self.threads:
            thread.start()
        while any(thread.is_alive() for thread in self.threads):
            time.sleep(0.1)
            if time.monotonic() - last >= PROGRESS_SECONDS:
                last = time.monotonic()
                self.progress(last - began)
            if self.stop.is_set():
                self.end()
        if self.errors:
            raise self.errors[0]
        if self.stop.is_set():
            say("stopped early; corpus and findings are kept")

    def end(self):
        """Lets the processes write what they have, but not for long."""
        for worker in list(self.workers):
            worker.interrupt()
        deadline = time.monotonic() + 5
        while any(thread.is_alive() for thread in self.threads) and time.monotonic() < deadline:
            time.sleep(0.05)
        for worker in list(self.workers):
            worker.kill()

    def progress(self, seconds):
        for run in self.runs:
            if run.active:
                say(f"{seconds:5.0f} s  {run.target.name:24} executions {run.executions():>11,}  {run.rate():>8,.0f}/s  "
                    f"coverage {run.coverage:>5}  corpus {run.corpus_size:>5}  findings {len(run.findings)}")


def describe(finding):
    """Shrinks a finding, writes its tape and report, and finds the command that replays it."""
    def run(*command):
        try:
            return subprocess.run([shown(finding.program), *command], capture_output=True, text=True, errors="replace", env=environment(),
                                  timeout=SHRINK_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
    finding.tape.unlink(missing_ok=True)
    run("shrink", shown(finding.input), "--scenario", finding.scenario, "-o", shown(finding.tape))
    # What only the whole process shows (a leak, too much memory) does not shrink: the input is replayed as it is.
    commands = [["replay", shown(finding.tape)]] if finding.tape.is_file() else []
    limits = {"timeout": [f"-timeout={TIMEOUT_SECONDS}"], "memory-limit": [f"-rss_limit_mb={MEMORY_MB}"]}
    commands.append(["fuzz", "--scenario", finding.scenario, "-exact_artifact_path=/dev/null",
                     *limits.get(finding.bucket.split(":")[0], []), shown(finding.input)])
    for command in commands:
        done = run(*command)
        if done is None or done.returncode != 0:
            finding.command = " ".join([shown(finding.program), *command])
            if done is not None:
                (finding.folder / "report.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
            return


def print_table(runs):
    rows = [("target", "executions", "exec/s", "coverage", "corpus", "findings")]
    for run in runs:
        known = len(run.findings) - len(run.new_findings())
        rows.append((run.target.name, f"{run.executions():,}", f"{run.rate():,.0f}", str(run.coverage), str(run.corpus_size),
                     str(len(run.new_findings())) + (f" (+{known} known)" if known else "") + (f"  {run.note}" if run.note else "")))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    say()
    for row in rows:
        say("  ".join([row[0].ljust(widths[0])] + [row[column].rjust(widths[column]) for column in range(1, 5)] + [row[5]]))


def print_findings(runs):
    """The new ones with their reports, as long as there are few: a report has about fifty lines."""
    findings = sorted((finding for run in runs for finding in run.findings.values()), key=lambda finding: finding.known)
    for number, finding in enumerate(findings):
        report = finding.folder / "report.txt"
        say(f"\n{'known' if finding.known else 'NEW'} finding in {finding.target}: {finding.bucket} ({finding.count} times)")
        # Without a tape the report is what a sanitizer prints: long, and there to be looked up.
        if number < REPORTS_PRINTED and not finding.known and finding.tape.is_file() and report.is_file():
            say("\n" + "\n".join("  " + line for line in report.read_text(encoding="utf-8").splitlines()[:REPORT_LINES]) + "\n")
        say(f"  in     {shown(finding.folder)}")
        say(f"  replay {finding.command or 'it did not fail again when replayed; see output.txt there'}")


def plain_campaign(options):
    targets = load_targets(options.target, lambda entry: "museum" not in entry["labels"])
    findings = BUILD / "findings"
    with Workspace() as workspace:
        runs = [Run(target, workspace.path, findings, triage.known_buckets(ROOT / "fuzz" / "known" / target.name.replace("/", ".")))
                for target in targets]
        for run in runs:
            restore(run)
        campaign = Campaign(runs, options.seconds, options.jobs)
        signal.signal(signal.SIGINT, lambda *_: campaign.stop.set())
        signal.signal(signal.SIGTERM, lambda *_: campaign.stop.set())
        say(f"fuzzing {len(runs)} targets for {options.seconds} s with {options.jobs} jobs; findings go to {shown(findings)}")
        try:
            campaign.execute()
        finally:
            for run in runs:
                keep(run)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        found = [finding for run in runs for finding in run.findings.values()]
        if found:
            say(f"\nshrinking {len(found)} findings")
        for finding in found:
            try:
                describe(finding)
            except KeyboardInterrupt:
                break
    print_table(runs)
    print_findings(runs)
    rows = [{"name": run.target.name, "executions": run.executions(), "executions_per_second": round(run.rate(), 1),
             "coverage": run.coverage, "corpus": run.corpus_size, "findings": len(run.new_findings())} for run in runs]
    return rows, any(run.new_findings() for run in runs)


def museum_campaign(options):
    exhibits = museum.read_runs(ROOT / "fuzz" / "museum" / "runs")
    only = options.target.removeprefix("museum/") if options.target else None
    museum.check_wanted(set(exhibits) - {museum.CANARY}, only)  # before minutes of building
    targets = load_targets(None, lambda entry: "museum" in entry["labels"])
    with Workspace() as workspace:
        return museum.visit(targets, exhibits, workspace.path, options.jobs, say, options.seed, only)


def main():
    options = arguments()
    result = {"targets": [], "museum": []}
    try:
        if options.museum:
            result["museum"], failed = museum_campaign(options)
        else:
            result["targets"], failed = plain_campaign(options)
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    except (SetupError, OSError) as error:
        print(f"ci/fuzz: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ci/fuzz: interrupted", file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
