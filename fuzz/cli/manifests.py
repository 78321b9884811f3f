"""The scenario programs of a build tree: which there are, which are wanted, and the targets in each
as soon as it is built."""
import difflib
import json
import os
import pathlib
import re
import subprocess

import storage
from building import Build, cached, linked_program
from worker import SetupError, Target, TargetError, environment

# Where teasel_add_scenarios writes a file for each program of a build tree.
FOLDER = "teasel-scenarios"
VERSION = 1
# What a manifest must have, and what is assumed where an older one lacks it.
REQUIRED = {"name": str, "program": str, "corpus": str, "dictionary": str, "max_len": int, "labels": list}
DEFAULTS = {"version": 1, "engine": "libfuzzer", "sanitizer_options": [], "sanitizer_flags": [], "known": "", "project": "", "sources": [],
            "libraries": [], "include_directories": []}
LIST_SECONDS = 60
SCENARIO_NAME = re.compile(r"^[A-Za-z_]\w*$")
HOW_TO_FUZZ = "configure a tree with -DCMAKE_CXX_COMPILER=clang++-19 -DTEASEL_FUZZ_ENGINE=libfuzzer"


def has_manifests(tree):
    return any((tree / FOLDER).glob("*.json"))


def find_tree(given):
    """The build tree: the one that was named, else the one whose launcher runs, else one near
    here."""
    given = given or os.environ.get("TEASEL_BUILD")
    if given:
        tree = pathlib.Path(given)
        if not tree.is_dir():
            raise SetupError(f"there is no build tree {given}")
        if not has_manifests(tree):
            raise SetupError(f"{given} has no scenario programs: no {FOLDER}/*.json. Is it a build tree, configured, of a project "
                             "that calls teasel_add_scenarios?")
        return tree.resolve()
    here = pathlib.Path.cwd()
    for tree in [here, here / "build" / "fuzz", here / "build", *sorted((here / "build").glob("*"))]:
        if has_manifests(tree):
            return tree.resolve()
    raise SetupError("no build tree with scenario programs here or in ./build: say --build DIR")


def read_manifest(path):
    """What teasel_add_scenarios wrote of one program."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read ({error}): configure the tree again") from error
    if not isinstance(entry, dict) or any(not isinstance(entry.get(key), kind) for key, kind in REQUIRED.items()):
        raise SetupError(f"{path} is no manifest of a scenario program: configure the tree again")
    entry = {**DEFAULTS, **entry}
    if any(not isinstance(entry[key], type(value)) for key, value in DEFAULTS.items()) or \
            any(not isinstance(library, dict) for library in entry["libraries"]):
        raise SetupError(f"{path} is no manifest of a scenario program: configure the tree again")
    if entry["version"] > VERSION:
        raise SetupError(f"{path} was written by a newer Teasel (version {entry['version']} of manifests, this program knows "
                         f"{VERSION}): use the program of that Teasel")
    return entry


def listed_programs(tree):
    """The manifests of a tree that is configured, by name."""
    return [read_manifest(path) for path in sorted((tree / FOLDER).glob("*.json"))]


def no_target(name, names, where="", listed=()):
    """What to say where there is no target of this name, but these. They may be listed with more."""
    near = difflib.get_close_matches(name, names, 1)
    return f"there is no target '{name}'{where}" + (f": is it {near[0]}? " if near else ". ") + listing(listed or names)


def listing(names):
    return "There are:\n  " + "\n  ".join(names)


def wanted_programs(programs, chosen, is_wanted):
    """The programs to build: those that were chosen, else all that are wanted. `chosen` are names,
    PROGRAM or PROGRAM/SCENARIO."""
    wanted = [entry for entry in programs if is_wanted(entry)]
    if chosen:
        for name in chosen:
            if name.split("/")[0] not in {entry["name"] for entry in programs}:
                listed = [entry["name"] + "".join(f" ({label})" for label in entry["labels"]) for entry in programs]
                raise SetupError(no_target(name, [entry["name"] for entry in programs], listed=listed))
        wanted = [entry for entry in programs if entry["name"] in {name.split("/")[0] for name in chosen}]
    if not wanted:
        raise SetupError("this tree has no targets that are wanted")
    return wanted


def scenarios_of(entry):
    """(name, description) of each scenario of a program that is built."""
    program, name = entry["program"], entry["name"]
    try:
        done = subprocess.run([program, "--list"], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
                              env=environment(entry["sanitizer_options"]), timeout=LIST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise TargetError(f"{name}: {program} hangs at start: --list has not ended in {LIST_SECONDS} s. Run it by hand") from None
    except FileNotFoundError:
        raise TargetError(f"{name}: {program} is not there: build it") from None
    except OSError as error:
        raise TargetError(f"{name}: {program} cannot be run ({error.strerror}): build it again") from None
    found = [(*line.split(None, 1), "")[:2] for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not found or not all(SCENARIO_NAME.match(scenario) for scenario, _ in found):
        said = (done.stdout + done.stderr)[-1000:]
        raise TargetError(f"{name}: {program} is no scenario program: --list ends with status {done.returncode}\n{said}".rstrip())
    return [(scenario, description.strip()) for scenario, description in found]


def corpus_of(entry, scenario, several):
    """The folder of inputs that a campaign begins with. Of a program with several scenarios, a
    folder that is named like one belongs to it."""
    corpus = pathlib.Path(entry["corpus"])
    if several and entry["corpus"] and (corpus / scenario).is_dir() and not any(path.is_file() for path in corpus.iterdir()):
        return str(corpus / scenario)
    return entry["corpus"]


def targets_of(entry, chosen=()):
    """The targets in a program that is built: one for each scenario, or those that were chosen as
    PROGRAM/SCENARIO alone."""
    found = scenarios_of(entry)
    several = len(found) > 1
    targets = [Target(f"{entry['name']}/{scenario}" if several else entry["name"], pathlib.Path(entry["program"]), scenario,
                      corpus_of(entry, scenario, several), entry["dictionary"], entry["max_len"], entry["labels"],
                      tuple(entry["sanitizer_options"]), tuple(entry["sources"]), entry["project"], entry["known"], description)
               for scenario, description in found]
    own = [name for name in chosen or () if name.split("/")[0] == entry["name"]]
    if own and entry["name"] not in own:
        names = [target.name for target in targets]
        for name in own:
            if name not in names:
                raise SetupError(no_target(name, names))
        targets = [target for target in targets if target.name in own]
    return targets


def check_seeds(target):
    """The inputs and the dictionary that a campaign begins with can be read."""
    if target.dictionary and (not os.path.isfile(target.dictionary) or os.path.getsize(target.dictionary) == 0):
        raise TargetError(f"{target.name}: the dictionary {target.dictionary} is not there or empty: mend it, or take DICTIONARY out of "
                          "its teasel_add_scenarios")
    if not target.corpus:
        return
    where = f"{target.name}: the corpus {target.corpus}"
    cure = "mend it, or take CORPUS out of its teasel_add_scenarios"
    if not pathlib.Path(target.corpus).is_dir():
        raise TargetError(f"{where} is not there: {cure}")
    inputs = storage.inputs_in(target.corpus)
    if not inputs:
        raise TargetError(f"{where} has no input: {cure}")
    for path in inputs:
        if path.exists() and not path.is_file():
            raise TargetError(f"{where} has something that is no file, {path.name}: mend it, or remove that")
        try:
            with open(path, "rb") as file:
                file.read(1)
        except OSError as error:
            raise TargetError(f"{where} has an input that cannot be read, {path.name} ({error.strerror}): mend or remove it") from None


def check_engine(entry):
    if entry["engine"] != "libfuzzer":
        raise TargetError(f"{entry['name']}: is built without libFuzzer, for tests and replays: {HOW_TO_FUZZ}")


class Programs:
    """Builds programs and hands each on as soon as it is built. `say` gets what failed, and
    `on_step` how far the build is, as 412/930. `steps` is the same, and empty before the build has
    begun and after it has ended. With `builds` False all are taken for built."""

    def __init__(self, tree, entries, say, on_step=lambda steps: None, log=None, builds=True, build=None):
        self.tree = pathlib.Path(tree)
        self.building = build or Build(tree, [entry["name"] for entry in entries], self.failed, self.step, log or self.tree / "teasel.log")
        self.builds = build is not None or (builds and cached(self.tree, "CMAKE_GENERATOR") != "")
        self.say, self.on_step = say, on_step
        self.waiting = {self.below(entry["program"]): entry for entry in entries}
        self.linked, self.on_ready, self.steps = None, None, ""

    def below(self, program):
        """As ninja names a program: relative to the tree."""
        return os.path.relpath(os.path.realpath(program), os.path.realpath(self.tree))

    def build(self, on_ready, apart=False):
        """Calls on_ready(entry) for each program, in the order in which they are ready. With
        `apart` give_way() and stop() may be called; see Build.run."""
        self.on_ready = on_ready
        if self.builds:
            unfinished = self.building.unfinished_programs()
            for path in list(self.waiting):
                if unfinished is not None and path not in unfinished:
                    self.hand_on(path)
            try:
                self.building.run(apart)
            finally:
                self.steps = ""
        if not self.building.stopped:
            for path in list(self.waiting):
                self.hand_on(path)

    def step(self, done, total, what):
        """A command of the build has ended. Whether it failed is known when the next one has
        ended."""
        self.steps = f"{done}/{total}"
        self.on_step(self.steps)
        if self.linked in self.waiting:
            self.hand_on(self.linked)
        self.linked = linked_program(what)

    def failed(self, text):
        """The command that ended last has failed. This is known before the next step."""
        self.linked = None
        self.say(text)

    def hand_on(self, path):
        self.on_ready(self.waiting.pop(path))

    def give_way(self, steps_back):
        """Whether the build has a smaller share of the processors than others, from now on."""
        self.building.give_way(steps_back)

    def stop(self):
        self.building.stop()
