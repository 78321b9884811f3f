"""The commands of the program teasel."""
import argparse
import os
import pathlib
import sys
import traceback

import campaign
import doctor
import new_project
import replaying
from building import BuildError
from progress import Progress
from reporting import FAILED, Result, write_reports
from storage import DiskFull
from worker import SetupError, bound_descriptors

DESCRIPTION = """Campaigns over the scenario programs of a build tree, in any project that uses Teasel. The programs are found by
what teasel_add_scenarios has written into the tree."""
STATUS = """Exit status: 0 clean, 1 a new finding, 2 something could not be done (a line on standard error says what), 3 a campaign was
stopped before its budget was used, without a new finding."""
FUZZ = """Each target is fuzzed as soon as it is built, for its share of the time; the build steps back meanwhile.
Targets begin with the inputs of their CORPUS and go on with those of earlier campaigns in BUILD/corpus/TARGET. Findings land in
BUILD/findings/TARGET/BUCKET, shrunk, each with the command that replays it; findings in the target's file of KNOWN ones are
accepted. Ctrl-C ends a campaign early; corpus and findings are kept, and --resume goes on.
""" + STATUS
REPLAY = """FILE is a tape, a fuzzer's input, or the folder of a finding. A tape says which target it is for, and so does the folder of a
finding; for an input say --target. What stands behind -- goes to the scenario program: --diagram, --timeout N ...
Exit status: that of the scenario program (0 nothing broke, 1 a failure, 3 a tape that names a failure shows nothing), 2 something
could not be done."""


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return int(text)


def executions(text):
    try:
        campaign.budget_of(text)
    except SetupError as error:
        raise argparse.ArgumentTypeError(str(error).replace("--executions", "it", 1)) from None
    return text


def add_tree(parser):
    parser.add_argument("--build", metavar="DIR", help="the build tree (default: the launcher's own, else . or ./build/fuzz or ./build/*)")


def add_fuzz(commands):
    parser = commands.add_parser("fuzz", help="fuzz targets", description="Fuzzes the targets of a build tree.", epilog=FUZZ,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="PROGRAM or PROGRAM/SCENARIO (default: all)")
    add_tree(parser)
    parser.add_argument("--preset", metavar="NAME", help="configure this preset of the project in . first, and use its tree")
    parser.add_argument("--no-build", dest="builds", action="store_false", help="take the programs as they are")
    parser.add_argument("--seconds", type=positive, metavar="N", help="how long, all targets together (default 60)")
    parser.add_argument("--executions", type=executions, metavar="N",
                        help="how many executions for each target, or 8x-corpus: so many times the number of inputs in its corpus "
                        f"(of fewer than {campaign.SMALL_CORPUS}: as if of {campaign.SMALL_CORPUS}); with --seconds, no longer than that")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N",
                        help="processes at once (default: one per core)")
    parser.add_argument("--exclude", action="append", metavar="LABEL", help="not the programs with this label, unless they are named")
    parser.add_argument("--since", metavar="REV", help="only programs that a change since this revision of git touches")
    parser.add_argument("--resume", action="store_true", help="go on with the campaign that was stopped: its targets, what is left "
                        "of its budget")
    parser.add_argument("--merge", action="store_true", help="afterwards drop kept inputs that add no coverage or fail")
    parser.add_argument("--only-merge", action="store_true", help="only that, without a campaign")
    parser.add_argument("--corpus", metavar="DIR", help="where inputs are kept between campaigns (default BUILD/corpus)")
    parser.add_argument("--findings", metavar="DIR", help="where findings go (default BUILD/findings)")
    parser.add_argument("--known", metavar="DIR", help="a folder with a file of accepted findings for each target, as its name is")
    for name, what in (("json", "the result"), ("junit", "a report for CI as JUnit XML"), ("sarif", "findings as SARIF 2.1.0"),
                       ("markdown", "a summary")):
        parser.add_argument(f"--{name}", type=pathlib.Path, metavar="FILE", help=f"write {what} to FILE")
    parser.set_defaults(run=fuzz)


def add_replays(commands):
    for name, what, more in (("replay", "run a tape, an input or a finding", ()), ("show", "print an input as a readable tape", ()),
                             ("shrink", "make a failing input smaller", ("-o",))):
        parser = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=REPLAY,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("file", metavar="FILE", type=pathlib.Path)
        add_tree(parser)
        parser.add_argument("--target", metavar="NAME", help="PROGRAM or PROGRAM/SCENARIO")
        if more:
            parser.add_argument("-o", dest="output", metavar="OUT", help="the tape to write (default: next to FILE, as NAME.tape)")
        parser.set_defaults(run=replaying.run, command=name)


def parser_of():
    parser = argparse.ArgumentParser(prog="teasel", description=DESCRIPTION, epilog=STATUS,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_fuzz(commands)
    add_replays(commands)
    listed = commands.add_parser("list", help="name the targets", description="Names the targets of a build tree, what they are "
                                 "built with, and how many inputs and findings there are.", epilog=STATUS)
    add_tree(listed)
    listed.add_argument("--json", action="store_true", help="as JSON, with the places of corpus, dictionary and accepted findings, too")
    listed.set_defaults(run=replaying.list_targets)
    examined = commands.add_parser("doctor", help="say what is missing here", description="Looks for what campaigns need: tools, "
                                   "rights, room; and at each target of the build tree, if there is one. Each thing that is wrong comes "
                                   "with its cure. Exit status: 0 nothing is wrong, 2 something is.")
    add_tree(examined)
    examined.set_defaults(run=doctor.run)
    begun = commands.add_parser("init", help="begin a project", description="Makes a project: a protocol, its test, a scenario, a "
                                "corpus, presets, workflows for CI and a README with two commands.", epilog=STATUS)
    begun.add_argument("folder", metavar="DIR", type=pathlib.Path, help="a new or empty folder")
    begun.add_argument("--teasel", metavar="WHERE", help="the source of Teasel: a folder, or what git clone takes (default: the source "
                       "that this program lies in)")
    begun.set_defaults(run=new_project.run)
    return parser


def fuzz(options):
    """With reports also of what could not be done."""
    # With executions and no seconds there is no limit of time.
    options.seconds = options.seconds or (None if options.executions else 60)
    try:
        with Progress(steps=2 + bool(options.preset) + options.merge - options.only_merge) as progress:
            result = campaign.fuzz(options, progress)
    except (SetupError, BuildError, DiskFull, OSError) as error:
        result = without_a_campaign(options, [str(error)])
    except KeyboardInterrupt:
        result = without_a_campaign(options, [])
        print("teasel: stopped before anything was fuzzed", file=sys.stderr)
    for error in result.errors:
        print(f"teasel: {error}", file=sys.stderr)
    return result.status()


def without_a_campaign(options, errors):
    """The result where nothing was fuzzed, with its reports."""
    result = Result(errors=errors, project=os.getcwd())
    result.errors += write_reports(options, result)
    return result


def main(words=None):
    words = list(sys.argv[1:] if words is None else words)
    passed = words[words.index("--") + 1:] if "--" in words else []
    parser = parser_of()
    options = parser.parse_args(words[:words.index("--")] if "--" in words else words)
    options.passed = passed
    if passed and options.run is not replaying.run:
        parser.error(f"what stands behind -- goes to the scenario program, with replay, show and shrink only: {' '.join(passed)}")
    try:
        bound_descriptors()
        return options.run(options)
    except (SetupError, BuildError, DiskFull, OSError) as error:
        print(f"teasel: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("teasel: interrupted", file=sys.stderr)
        return 130
    except Exception:  # of any kind: the status that Python gives it is that of a new finding
        traceback.print_exc()
        print("teasel: the lines above are a fault of teasel itself; what was found so far is kept", file=sys.stderr)
        return FAILED
