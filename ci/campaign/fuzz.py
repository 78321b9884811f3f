#!/usr/bin/env python3
"""ci/fuzz: a campaign of the program teasel over every shipped fuzz target, or the museum."""
import argparse
import json
import os
import pathlib
import sys

import museum  # finds the modules of the program teasel, too
import commands
from building import BuildError, configure_preset
from manifests import Programs, listed_programs, targets_of, wanted_programs
from progress import Progress
from storage import DiskFull, Workspace
from worker import SetupError, bound_descriptors

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "fuzz"
LABEL = "museum"

EPILOG = """Each target is fuzzed as soon as it is built, for its share of the time; the build steps back meanwhile.
Targets begin with the inputs in fuzz/corpus/<target> and go on with those of earlier campaigns in build/fuzz/corpus/<target>.
Findings land in build/fuzz/findings/<target>/<bucket>, shrunk, each with the command that replays it; findings listed in
fuzz/known/<target> are accepted. Ctrl-C ends a campaign early; corpus and findings are kept.
All other options are those of the program teasel: fuzz/cli/teasel fuzz --help lists them (--executions, --since, --resume, --merge,
--junit, --sarif, --markdown).
Exit status: 0 clean, 1 a new finding (with --museum: a fault not found, a twin not quiet, or no crash of the canary),
2 set-up error, 3 stopped early without a finding."""


def arguments(given=None):
    parser = argparse.ArgumentParser(prog="ci/fuzz", description="Fuzzes every shipped target in the simulated world.",
                                     epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--seconds", type=commands.positive, metavar="N", help="how long to fuzz, all targets together (default 60)")
    parser.add_argument("--target", metavar="NAME", help="only this target, or this exhibit")
    parser.add_argument("--jobs", type=commands.positive, default=os.cpu_count() or 1, metavar="N",
                        help="processes at once (default: one per core)")
    parser.add_argument("--museum", action="store_true",
                        help="find the museum's known faults instead: fixed seeds and run counts")
    parser.add_argument("--seed", type=commands.positive, default=museum.SEED, metavar="N",
                        help=f"the museum's first seed (default {museum.SEED})")
    parser.add_argument("--seeds", type=commands.positive, default=1, metavar="N",
                        help="look for each of the museum's faults with so many seeds, to see how sure its finds are; "
                             f"one in {museum.SEEDS_PER_MISS} may miss; with fewer, one that misses is followed by another seed (default 1)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the result to FILE")
    options, options.more = parser.parse_known_args(given)
    if options.museum and options.more:
        parser.error(f"--museum has no {options.more[0]}")
    return options


def words_of(options):
    """The command line of the program teasel."""
    words = ["fuzz", *([options.target] if options.target else []), "--preset", "fuzz", "--exclude", LABEL,
             "--known", str(ROOT / "fuzz" / "known"), "--jobs", str(options.jobs)]
    words += ["--seconds", str(options.seconds)] if options.seconds else []
    words += ["--json", str(options.json.resolve())] if options.json else []
    return words + options.more


def visit_museum(options, progress):
    """The rows of the result, and whether something was wrong."""
    exhibits = museum.read_runs(ROOT / "fuzz" / "museum" / "runs")
    only = options.target.removeprefix("museum/") if options.target else None
    museum.check_wanted(set(exhibits) - {museum.CANARY}, only)  # before minutes of building
    progress.step("configuring build/fuzz")
    configure_preset(ROOT, "fuzz", ROOT / "build" / "fuzz.log", progress)
    entries = wanted_programs(listed_programs(BUILD), None, lambda entry: LABEL in entry["labels"])
    progress.step("building build/fuzz")
    targets = []
    programs = Programs(BUILD, entries, progress.say, on_step=progress.update, log=ROOT / "build" / "fuzz.log")
    programs.build(lambda entry: targets.extend(targets_of(entry)))
    progress.step("visiting the museum")
    with Workspace(BUILD) as workspace:
        return museum.visit(targets, exhibits, workspace.path, options.jobs, progress.say,
                            range(options.seed, options.seed + options.seeds), only, progress.update)


def main():
    options = arguments()
    if not options.museum:
        here = os.getcwd()
        os.chdir(ROOT)  # where the presets are
        options.more = [str(pathlib.Path(here, word)) if last in ("--junit", "--sarif", "--markdown") else word
                        for last, word in zip(["", *options.more], options.more)]
        return commands.main(words_of(options))
    try:
        bound_descriptors()
        with Progress(steps=3) as progress:
            rows, failed = visit_museum(options, progress)
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps({"targets": [], "museum": rows}, indent=1) + "\n", encoding="utf-8")
    except (SetupError, BuildError, DiskFull, OSError) as error:
        print(f"ci/fuzz: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ci/fuzz: interrupted", file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
