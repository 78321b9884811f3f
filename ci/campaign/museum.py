"""ci/fuzz --museum: every known fault must be found within a fixed number of runs, and its fixed
twin must stay quiet."""
import concurrent.futures
import dataclasses
import pathlib
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "fuzz" / "cli"))
from worker import Run, SetupError, Worker  # noqa: E402 (found through the line above)

SEED = 1
TWIN, CANARY = "_fixed", "canary"


@dataclasses.dataclass
class Exhibit:
    """A line of fuzz/museum/runs: how many executions a campaign has for it, and what it must
    find."""
    executions: int
    finding: str

    def matches(self, bucket):
        return bucket == self.finding or bucket.startswith(self.finding + ":")


@dataclasses.dataclass
class Visit:
    """What came of one scenario of the museum."""
    buckets: list
    executions: int
    seconds: float

    @property
    def quiet(self):
        return not self.buckets


def read_runs(path):
    """The exhibits by name."""
    exhibits = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 3 or not words[1].isdecimal() or int(words[1]) == 0 or words[0] in exhibits:
            raise SetupError(f"{path}:{number}: '{line}' is no new exhibit, number of executions above 0 and finding")
        exhibits[words[0]] = Exhibit(int(words[1]), words[2])
    return exhibits


def fixed_addresses():
    """What runs a program with the same addresses each time; nothing where that is not allowed.
    libFuzzer learns from the values that are compared, pointers among them, so that other addresses
    make other inputs."""
    launcher = ["setarch", "-R"]
    allowed = shutil.which("setarch") and subprocess.run([*launcher, "true"], capture_output=True, check=False).returncode == 0
    return launcher if allowed else []


def look(target, exhibit, work, seed, launcher):
    """Fuzzes one scenario from the same beginning as always: one seed, so many runs, no inputs,
    nothing that takes its time from a clock."""
    run = Run(target, work, work / "findings", set())
    worker = Worker(run, 0, threading.Event(), launcher)
    status, output = worker.execute([f"-seed={seed}", f"-runs={exhibit.executions}", "-reload=0"])
    if status != 0:
        worker.add_finding(status, output)
    return Visit(list(run.findings), run.executions(), run.seconds)


def check_wanted(faults, only):
    if only and only not in faults:
        raise SetupError(f"museum: there is no exhibit '{only}'. There are:\n  " + "\n  ".join(sorted(faults)))


def check_names(targets, exhibits, only):
    """The names of the faults to visit. What a museum must have, it has."""
    faults = sorted(name for name in targets if name != CANARY and not name.endswith(TWIN))
    lonely = [name for name in faults if name + TWIN not in targets]
    if not faults:
        raise SetupError("the museum is empty")
    if lonely:
        raise SetupError(f"museum: no fixed twin of {', '.join(lonely)}")
    if CANARY not in targets:
        raise SetupError("museum: there is no canary: nothing proves that a crash is reported")
    unlisted = sorted(set(faults + [CANARY]) ^ set(exhibits))
    if unlisted:
        raise SetupError(f"museum: an exhibit without a line in fuzz/museum/runs, or the other way round: {', '.join(unlisted)}")
    check_wanted(faults, only)
    return [only] if only else faults


def visit(targets, exhibits, work, jobs, say, seed=SEED, only=None, on_step=lambda text: None):
    """Gives the rows of the result, and whether something was wrong. `on_step` hears how many
    programs have ended."""
    targets = {target.scenario: target for target in targets}
    faults = check_names(targets, exhibits, only)
    names = [name for fault in faults for name in (fault, fault + TWIN)] + [CANARY]
    # The longest first, so that no core ends with one that others could have helped with.
    names.sort(key=lambda name: -exhibits[name.removesuffix(TWIN)].executions)
    launcher = fixed_addresses()
    if not launcher:
        say("programs get other addresses each time here: numbers of executions will differ from run to run")

    ended = []

    def look_at(name):
        result = look(targets[name], exhibits[name.removesuffix(TWIN)], work, seed, launcher)
        ended.append(name)
        on_step(f"{len(ended)}/{len(names)}")
        return result
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        visits = dict(zip(names, pool.map(look_at, names)))
    rows, wrong = [], []
    say(f"{'exhibit':16} {'found':>6} {'executions':>11} {'twin quiet':>11} {'executions':>11} {'seconds':>8}  finding")
    for name in faults:
        exhibit, fault, twin = exhibits[name], visits[name], visits[name + TWIN]
        found = any(exhibit.matches(bucket) for bucket in fault.buckets)
        rows.append({"name": name, "found": found, "twin_quiet": twin.quiet, "executions": fault.executions})
        say(f"{name:16} {answer(found):>6} {fault.executions:>11,} {answer(twin.quiet):>11} {twin.executions:>11,} "
            f"{fault.seconds + twin.seconds:>8.1f}  {', '.join(bucket.split('>')[0] for bucket in fault.buckets)}")
        if fault.quiet:
            wrong.append(f"{name}: the fault was not found in {fault.executions:,} executions")
        elif not found:
            wrong.append(f"{name}: found was {', '.join(fault.buckets)} and not {exhibit.finding}")
        if not twin.quiet:
            wrong.append(f"{name + TWIN}: is not quiet: {', '.join(twin.buckets)} after {twin.executions:,} executions")
    crash = visits[CANARY]
    if any(exhibits[CANARY].matches(bucket) for bucket in crash.buckets):
        say(f"the canary crashed, as it must, after {crash.executions:,} executions")
    else:
        wrong.append(f"the canary did not crash in {crash.executions:,} executions: crashes go unreported")
    for line in wrong:
        say(f"WRONG {line}")
    say(f"{len(faults)} exhibits, {sum(each.seconds for each in visits.values()):.0f} s of processes: "
        + (f"{len(wrong)} WRONG" if wrong else "all found, every twin quiet"))
    return rows, bool(wrong)


def answer(yes):
    return "yes" if yes else "NO"
