"""teasel fuzz: a campaign over the targets of a build tree."""
import contextlib
import dataclasses
import json
import pathlib
import re
import signal
import threading
import time

import merging
import since
import storage
import triage
from building import BuildError, configure_preset
from manifests import Programs, check_engine, check_seeds, find_tree, listed_programs, targets_of, wanted_programs
from reporting import Result, describe, findings_of, shown, table, write_reports
from schedule import Campaign
from storage import DiskFull, Workspace
from worker import Run, SetupError, TargetError

# `--executions 8x-corpus` counts a smaller corpus as if it had so many inputs.
SMALL_CORPUS = 100
ROOM_SECONDS = 1
STATE_VERSION = 1


@dataclasses.dataclass
class Places:
    """Where a campaign finds its targets and leaves what lasts."""
    tree: pathlib.Path
    corpora: pathlib.Path
    findings: pathlib.Path
    known: pathlib.Path = None  # a folder with a file of accepted findings for each target
    log: pathlib.Path = None  # of the build

    @property
    def state(self):
        """What --resume needs."""
        return self.tree / "teasel-campaign.json"

    def kept_corpus(self, target):
        return self.corpora / target.file_name

    def known_buckets(self, target):
        known = triage.known_buckets(target.known) if target.known else set()
        return known | (triage.known_buckets(self.known / target.file_name) if self.known else set())

    def keep(self, run):
        with run.keeping:
            storage.keep(run.corpus, self.kept_corpus(run.target), run.seen)


def places_of(tree, options):
    def folder(given, name):
        return pathlib.Path(given).resolve() if given else tree / name
    return Places(tree, folder(options.corpus, "corpus"), folder(options.findings, "findings"),
                  pathlib.Path(options.known).resolve() if options.known else None,
                  log_of_preset(options.preset) if options.preset else tree / "teasel.log")


def log_of_preset(preset):
    return pathlib.Path.cwd() / "build" / f"{preset}.log"


def budget_of(text):
    """What --executions says, as a function of the number of inputs in a target's corpus."""
    match = re.fullmatch(r"([1-9]\d*)(x-corpus)?", text)
    if not match:
        raise SetupError(f"--executions is a number, or 8x-corpus for eight times the number of inputs in each corpus, not '{text}'")
    number = int(match.group(1))
    return (lambda inputs: number * max(inputs, SMALL_CORPUS)) if match.group(2) else (lambda inputs: number)


class State:
    """What a campaign has used of its budget and found, in the build tree: --resume goes on from
    there."""
    NAMES = ("seconds", "executions", "targets")  # the options that are resumed
    FIGURES = ("used", "planned", "executions", "seconds")  # of a target

    def __init__(self, path, options):
        self.path, self.options, self.targets = path, options, {}
        self.lock = threading.Lock()

    def load(self):
        """Takes the budget and the choice of targets from the campaign that was stopped."""
        try:
            before = json.loads(self.path.read_text(encoding="utf-8"))
            if before["version"] != STATE_VERSION:
                raise SetupError(f"{self.path} is of another version of teasel: begin a new campaign, without --resume")
            if before["complete"]:
                raise SetupError("there is nothing to resume: the last campaign in this tree has used its budget")
            self.check(before["options"], before["targets"])
            for name in self.NAMES:
                setattr(self.options, name, before["options"][name])
            self.targets = before["targets"]
        except FileNotFoundError:
            raise SetupError("there is nothing to resume: no campaign in this tree has been stopped") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SetupError(f"{self.path} cannot be read ({error!r}): begin a new campaign, without --resume") from None

    def check(self, options, targets):
        """Raises an error of Python's where these are not what save() writes."""
        if not isinstance(options["seconds"], (int, type(None))) or not isinstance(options["executions"], (str, type(None))) or not all(
                isinstance(name, str) for name in options["targets"]):
            raise TypeError("its options")
        for name, row in targets.items():
            if not all(isinstance(row[figure], (int, float)) for figure in self.FIGURES) or not all(
                    isinstance(bucket, str) for bucket in row["findings"]):
                raise TypeError(name)

    def enter(self, run):
        """Gives a run what it had when its campaign was stopped."""
        before = self.targets.get(run.target.name)
        if before:
            run.used, run.planned = before["used"], before["planned"]
            run.finished, run.seconds = before["executions"], before["seconds"]
            for bucket in before["findings"]:
                finding = triage.load_finding(run.found_in / triage.slug(bucket), run.target.program, run.known,
                                              run.target.sanitizer_options)
                if finding:
                    run.findings[bucket] = finding
                    run.ignored += [bucket.removeprefix("oracle:")] if bucket.startswith("oracle:") else []

    def save(self, runs, complete=False):
        with self.lock:
            for run in runs:
                self.targets[run.target.name] = {"used": run.used, "planned": run.planned, "executions": run.executions(),
                                                 "seconds": run.seconds, "findings": list(run.findings)}
            storage.write_json(self.path, {"version": STATE_VERSION, "complete": complete, "targets": self.targets,
                                           "options": {name: getattr(self.options, name) for name in self.NAMES}})


def fuzz_as_built(programs, campaign, new_runs, progress, places):
    """Builds the programs and fuzzes each of them from when it is there. `new_runs`(entry) makes the
    runs of a program; a TargetError of it gives up that program only."""
    def ready(entry):
        try:
            runs = new_runs(entry)
        except TargetError as error:
            campaign.give_up(error)
            progress.say(str(error))
            runs = []
        campaign.add(runs)

    def build():
        try:
            programs.build(ready, apart=True)
        except Exception as error:  # of any kind: a thread that just ended would look like a finished build
            campaign.fail(error)
        finally:
            campaign.close()

    told, room = set(), [0.0]

    def news():
        for run in list(campaign.runs):
            for name, finding in list(run.findings.items()):
                if (run.target.name, name) not in told:
                    told.add((run.target.name, name))
                    progress.say(f"{'known' if finding.known else 'NEW'} finding in {run.target.name}: {name}")
            for text in list(run.warnings.values()):
                if (run.target.name, text) not in told:
                    told.add((run.target.name, text))
                    progress.say(f"WARNING {run.target.name}: {text}")
        # A target that is built has its whole share of the time while others are still compiled.
        programs.give_way(campaign.is_busy())
        progress.update(campaign.state() + (f", building {programs.steps}" if programs.steps else ""))
        if campaign.runs and time.monotonic() - room[0] > ROOM_SECONDS:
            room[0] = time.monotonic()
            storage.check_room(campaign.runs[0].folder, places.tree)

    builder = threading.Thread(target=build, daemon=True)
    builder.start()
    try:
        campaign.execute(news)
    finally:
        if campaign.stop.is_set():
            programs.stop()
        builder.join()
        with contextlib.suppress(DiskFull):
            news()
        for run in campaign.runs:
            places.keep(run)


def shrink(found, progress):
    """Each finding in turn; Ctrl-C leaves the rest as they are. Gives the errors."""
    progress.step("shrinking findings")
    errors = []
    for done, finding in enumerate(found):
        progress.update(f"{done}/{len(found)}")
        try:
            describe(finding)
        except KeyboardInterrupt:
            break
        except (OSError, DiskFull) as error:
            errors.append(f"{finding.target}: {finding.bucket} could not be shrunk: {error}")
    return errors


def run_maker(options, places, workspace, state):
    """What makes the runs of a program that is built."""
    def new_runs(entry):
        check_engine(entry)
        targets = targets_of(entry, options.targets)
        for target in targets:
            check_seeds(target)
        runs = [Run(target, workspace.path, places.findings, places.known_buckets(target)) for target in targets]
        for run in runs:
            restore(run, places)
            state.enter(run)
        return runs
    return new_runs


def restore(run, places):
    """Gives a run what earlier campaigns have kept, if that can be read and can be added to."""
    kept = places.kept_corpus(run.target)
    try:
        run.seen = storage.restore(kept, run.corpus)
    except OSError as error:
        raise TargetError(f"{run.target.name}: the inputs that are kept in {kept} cannot be read ({error}): mend or remove it") from None
    for folder in (kept, run.found_in):
        if folder.exists() and not storage.is_writable(folder):
            raise TargetError(f"{run.target.name}: {folder} cannot be written to: mend it, or name another folder by --corpus or --findings")


def check_places(places):
    """Nothing is fuzzed where nothing could be kept."""
    for folder, cure in ((places.tree, "give yourself the right to write there"), (places.corpora, "name another folder by --corpus"),
                         (places.findings, "name another folder by --findings")):
        if not storage.is_writable(folder):
            raise SetupError(f"{folder} cannot be written to: {cure}")
    if places.known and not places.known.is_dir():
        raise SetupError(f"--known: there is no folder {places.known}")


def inputs_of(run):
    return len(storage.inputs_in(run.corpus)) + (len(storage.inputs_in(run.target.corpus)) if run.target.corpus else 0)


def run_campaign(options, places, entries, state, progress):
    """Builds, fuzzes, shrinks. Gives the result."""
    check_places(places)
    recovered = storage.recover(places.tree, places.corpora, places.findings)
    if recovered[1] or recovered[2]:
        progress.say(f"a campaign that was killed, or had no room, has left {recovered[1]} new inputs and {recovered[2]} that ended a program: "
                     f"they are in {shown(places.corpora)} and {shown(places.findings)}/*/recovered")
    by_corpus = budget_of(options.executions) if options.executions else None
    budget = f"{options.executions} executions each" if by_corpus else f"{options.seconds} s"
    progress.say(f"fuzzing {len(entries)} targets for {budget} with {options.jobs} jobs; findings go to {shown(places.findings)}")
    result = Result()
    if recovered[2]:
        result.errors.append(f"a campaign that was killed has left {recovered[2]} inputs that ended a program, and nobody has looked at them: "
                             f"they are in {shown(places.findings)}/*/recovered, replay them")
    with Workspace(places.tree) as workspace:
        def keep(run):
            places.keep(run)
            state.save([run])
        state.save([])  # what a campaign before this one has left is not to be resumed
        campaign = Campaign(len(entries), options.seconds, options.jobs, keep,
                            (lambda run: by_corpus(inputs_of(run))) if by_corpus else None)
        signal.signal(signal.SIGINT, lambda *_: campaign.stop.set())
        signal.signal(signal.SIGTERM, lambda *_: campaign.stop.set())
        progress.step("fuzzing")
        programs = Programs(places.tree, entries, progress.say, log=places.log, builds=options.builds)
        try:
            fuzz_as_built(programs, campaign, run_maker(options, places, workspace, state), progress, places)
        except (BuildError, SetupError, DiskFull, OSError) as error:
            result.errors.append(str(error))
            if isinstance(error, (DiskFull, OSError)):
                workspace.keeps = True
                why = "did not fit" if isinstance(error, DiskFull) else "could not be written"
                result.errors.append(f"what {why} is in {workspace.path}; the next campaign in this tree brings it home")
        result.runs = sorted(campaign.runs, key=lambda run: run.target.name)
        result.errors += campaign.target_errors + [run.kill for run in result.runs if run.kill and not run.error]
        result.complete = campaign.is_complete()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        if campaign.stop.is_set() and not result.errors:
            used, planned = (sum(getattr(run, name) for run in result.runs) for name in ("used", "planned"))
            progress.say("stopped early; corpus and findings are kept, --resume goes on"
                         + (f" ({100 * used / planned:.0f} % of the budget is used)" if planned else ""))
        with contextlib.suppress(*([DiskFull, OSError] if workspace.keeps else [])):
            state.save(result.runs, result.complete)
        if not workspace.keeps:
            result.errors += shrink([finding for run in result.runs for finding in run.findings.values() if not finding.command],
                                    progress)
    return result


def wanted(options, programs, progress):
    """The programs that this campaign is about."""
    excluded = set(options.exclude or ())
    entries = wanted_programs(programs, options.targets, lambda entry: not excluded & set(entry["labels"]))
    if options.since:
        touched = since.touched(entries, options.since)
        progress.say(f"of {len(entries)} programs, {len(touched)} are touched by changes since {options.since}"
                     + (": " + ", ".join(entry["name"] for entry in touched) if touched else ""))
        entries = touched
    return entries


def tree_of(options, progress):
    """The build tree; with --preset it is configured first."""
    if not options.preset:
        return find_tree(options.build)
    project = pathlib.Path.cwd()
    progress.step(f"configuring the preset {options.preset}")
    tree = configure_preset(project, options.preset, log_of_preset(options.preset), progress)
    return find_tree(options.build or tree or str(project / "build" / options.preset))


def fuzz(options, progress):
    """The command. Gives the result, whose reports are written."""
    tree = tree_of(options, progress)
    places = places_of(tree, options)
    state = State(places.state, options)
    if options.resume:
        state.load()
    entries = wanted(options, listed_programs(tree), progress)
    options.targets = options.targets or [entry["name"] for entry in entries]
    result = Result(complete=True)
    if entries and not options.only_merge:
        result = run_campaign(options, places, entries, state, progress)
    if options.merge or options.only_merge:
        progress.step("merging corpora")
        try:
            result.errors += merging.merge_all(entries, options.targets, places, progress)
        except KeyboardInterrupt:
            result.complete = False
            progress.say("stopped while corpora were merged; those that were not yet are as they were")
    progress.finish()
    if result.runs:
        progress.say("\n".join(["", *table(result.runs), *findings_of(result.runs)]))
    for warning in result.warnings():
        progress.say(f"WARNING {warning}")
    result.project = next((run.target.project for run in result.runs), "") or next((entry["project"] for entry in entries), "")
    result.errors += write_reports(options, result)
    return result
