"""The scenario programs of build/fuzz: which there are, which are wanted, and the targets in each
as soon as it is built."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "building"))
from build import ROOT, Build, BuildError, configure, linked_program  # noqa: E402,F401 (found through the line above)
from progress import Progress  # noqa: E402,F401

from worker import SetupError, Target, environment  # noqa: E402

BUILD = ROOT / "build" / "fuzz"


def listed_programs(tree=BUILD):
    """What teasel_add_scenarios wrote of each program of a tree that is configured."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((tree / "teasel-scenarios").glob("*.json"))]


def wanted_programs(programs, chosen, is_wanted):
    """The programs to build: the chosen one, else all that are wanted. `chosen` is PROGRAM or
    PROGRAM/SCENARIO."""
    wanted = [entry for entry in programs if is_wanted(entry)]
    if chosen:
        wanted = [entry for entry in programs if chosen.split("/")[0] == entry["name"]]
        if not wanted:
            names = "\n  ".join(entry["name"] + (" (museum)" if "museum" in entry["labels"] else "") for entry in programs)
            raise SetupError(f"there is no target '{chosen}'. There are:\n  {names}")
    if not wanted:
        raise SetupError("this tree has no fuzz targets")
    return wanted


def targets_of(entry, chosen=None):
    """The targets in a program that is built: one for each scenario, or the chosen PROGRAM/SCENARIO
    alone."""
    done = subprocess.run([entry["program"], "--list"], capture_output=True, text=True, env=environment(), check=False)
    names = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not names:
        raise SetupError(f"{entry['program']} --list: status {done.returncode}\n{done.stdout}{done.stderr}")
    targets = [Target(entry["name"] if len(names) == 1 else f"{entry['name']}/{name}", pathlib.Path(entry["program"]), name,
                      entry["corpus"], entry["dictionary"], entry["max_len"], entry["labels"]) for name in names]
    if chosen and "/" in chosen:
        all_names = [target.name for target in targets]
        targets = [target for target in targets if target.name == chosen]
        if not targets:
            raise SetupError(f"there is no target '{chosen}'. There are:\n  " + "\n  ".join(all_names))
    return targets


class Programs:
    """Builds programs and hands each on as soon as it is built. `say` gets what failed, and
    `on_step` how far the build is, as 412/930. `steps` is the same, and empty before the build has
    begun and after it has ended."""

    def __init__(self, entries, say, on_step=lambda steps: None, tree=None):
        self.tree = tree or Build("fuzz", [entry["name"] for entry in entries], self.failed, self.step)
        self.say, self.on_step = say, on_step
        self.waiting = {str(pathlib.Path(entry["program"]).relative_to(BUILD)): entry for entry in entries}
        self.linked, self.on_ready, self.steps = None, None, ""

    def build(self, on_ready, apart=False):
        """Calls on_ready(entry) for each program, in the order in which they are ready. With
        `apart` give_way() and stop() may be called; see Build.run."""
        self.on_ready = on_ready
        unfinished = self.tree.unfinished_programs()
        for path in list(self.waiting):
            if unfinished is not None and path not in unfinished:
                self.hand_on(path)
        try:
            self.tree.run(apart)
        finally:
            self.steps = ""
        if not self.tree.stopped:
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
        self.tree.give_way(steps_back)

    def stop(self):
        self.tree.stop()
