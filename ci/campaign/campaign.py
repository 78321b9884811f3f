#!/usr/bin/env python3
"""ci/fuzz: a campaign over every shipped fuzz target, or the museum."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading

import museum
import triage
from programs import BUILD, ROOT, BuildError, Programs, Progress, configure, listed_programs, targets_of, wanted_programs
from reporting import describe, findings_of, shown, table
from schedule import Campaign
from worker import Run, SetupError

EPILOG = """Each target is fuzzed as soon as it is built, for its share of the time; the build steps back meanwhile.
Targets begin with the inputs in fuzz/corpus/<target> and go on with those of earlier campaigns in build/fuzz/corpus/<target>.
Findings land in build/fuzz/findings/<target>/<bucket>, shrunk, each with the command that replays it; findings listed in
fuzz/known/<target> are accepted. Ctrl-C ends a campaign early; corpus and findings are kept.
Exit status: 0 clean, 1 a new finding (with --museum: a fault not found, a twin not quiet, or no crash of the canary),
2 set-up error."""


def arguments(given=None):
    parser = argparse.ArgumentParser(prog="ci/fuzz", description="Fuzzes every shipped target in the simulated world.",
                                     epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=positive, default=60, metavar="N",
                        help="how long to fuzz, all targets together (default 60)")
    parser.add_argument("--target", metavar="NAME", help="only this target, or this exhibit")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N",
                        help="processes at once (default: one per core)")
    parser.add_argument("--museum", action="store_true",
                        help="find the museum's known faults instead: fixed seeds and run counts")
    parser.add_argument("--seed", type=positive, default=museum.SEED, metavar="N",
                        help=f"the museum's seed, to see how sure its finds are (default {museum.SEED})")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the result to FILE")
    return parser.parse_args(given)


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return int(text)


class Workspace:
    """The campaign's folder, on tmpfs where there is one: a fast campaign spends a third of its
    time creating files."""

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


def known_buckets(target):
    return triage.known_buckets(ROOT / "fuzz" / "known" / target.name.replace("/", "."))


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
        (kept / name).unlink(missing_ok=True)


def wanted_entries(chosen, is_wanted, progress):
    """What is to be built. Names of all are known after configuring, so a wrong one is refused
    before the build."""
    progress.step("configuring build/fuzz")
    configure("fuzz", progress)
    return wanted_programs(listed_programs(), chosen, is_wanted)


def fuzz_as_built(programs, campaign, new_runs, progress):
    """Builds the programs and fuzzes each of them from when it is there."""
    def build():
        try:
            programs.build(lambda entry: campaign.add(new_runs(entry)), apart=True)
        except Exception as error:  # of any kind: a thread that just ended would look like a finished build
            campaign.fail(error)
        finally:
            campaign.close()

    told = set()

    def news():
        for run in list(campaign.runs):
            for name, finding in list(run.findings.items()):
                if (run.target.name, name) not in told:
                    told.add((run.target.name, name))
                    progress.say(f"{'known' if finding.known else 'NEW'} finding in {run.target.name}: {name}")
        # A target that is built has its whole share of the time while others are still compiled.
        programs.give_way(campaign.is_busy())
        progress.update(campaign.state() + (f", building {programs.steps}" if programs.steps else ""))

    builder = threading.Thread(target=build, daemon=True)
    builder.start()
    try:
        campaign.execute(news)
    finally:
        if campaign.stop.is_set():
            programs.stop()
        builder.join()
        news()
        for run in campaign.runs:
            keep(run)


def shrink(found, progress):
    """Each finding in turn; Ctrl-C leaves the rest as they are."""
    progress.step("shrinking findings")
    for done, finding in enumerate(found):
        progress.update(f"{done}/{len(found)}")
        try:
            describe(finding)
        except KeyboardInterrupt:
            return


def plain_campaign(options, progress):
    entries = wanted_entries(options.target, lambda entry: "museum" not in entry["labels"], progress)
    findings = BUILD / "findings"
    progress.say(f"fuzzing {len(entries)} targets for {options.seconds} s with {options.jobs} jobs; "
                 f"findings go to {shown(findings)}")
    with Workspace() as workspace:
        def new_runs(entry):
            runs = [Run(target, workspace.path, findings, known_buckets(target)) for target in targets_of(entry, options.target)]
            for run in runs:
                restore(run)
            return runs
        campaign = Campaign(len(entries), options.seconds, options.jobs, keep)
        signal.signal(signal.SIGINT, lambda *_: campaign.stop.set())
        signal.signal(signal.SIGTERM, lambda *_: campaign.stop.set())
        progress.step("fuzzing")
        fuzz_as_built(Programs(entries, progress.say), campaign, new_runs, progress)
        if campaign.stop.is_set():
            progress.say("stopped early; corpus and findings are kept")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        runs = sorted(campaign.runs, key=lambda run: run.target.name)
        shrink([finding for run in runs for finding in run.findings.values()], progress)
    progress.finish()
    progress.say("\n".join(["", *table(runs), *findings_of(runs)]))
    rows = [{"name": run.target.name, "executions": run.executions(), "executions_per_second": round(run.rate(), 1),
             "coverage": run.coverage, "corpus": run.corpus_size, "findings": len(run.new_findings())} for run in runs]
    return rows, any(run.new_findings() for run in runs)


def museum_campaign(options, progress):
    exhibits = museum.read_runs(ROOT / "fuzz" / "museum" / "runs")
    only = options.target.removeprefix("museum/") if options.target else None
    museum.check_wanted(set(exhibits) - {museum.CANARY}, only)  # before minutes of building
    entries = wanted_entries(None, lambda entry: "museum" in entry["labels"], progress)
    progress.step("building build/fuzz")
    targets = []
    programs = Programs(entries, progress.say, on_step=progress.update)
    programs.build(lambda entry: targets.extend(targets_of(entry)))
    progress.step("visiting the museum")
    with Workspace() as workspace:
        return museum.visit(targets, exhibits, workspace.path, options.jobs, progress.say, options.seed, only, progress.update)


def main():
    options = arguments()
    result = {"targets": [], "museum": []}
    try:
        with Progress(steps=3) as progress:
            if options.museum:
                result["museum"], failed = museum_campaign(options, progress)
            else:
                result["targets"], failed = plain_campaign(options, progress)
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    except (SetupError, BuildError, OSError) as error:
        print(f"ci/fuzz: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ci/fuzz: interrupted", file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
