"""ci/fuzz --museum: every known fault must be found within a fixed number of runs, and its fixed
twin must stay quiet."""
import concurrent.futures
import dataclasses
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "fuzz" / "cli"))
from worker import DONE, Run, SetupError, Worker  # noqa: E402 (found through the line above)

SEED = 1
TWIN, CANARY = "_fixed", "canary"
# One seed in so many may miss a fault. With fewer seeds, one that misses is followed by another one, which must find it.
SEEDS_PER_MISS = 10
# How far that other seed is from the first.
SECOND_TRY = 1000


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
    """What came of one scenario of the museum with one seed, or with a second one after the first had missed."""
    buckets: list
    executions: int  # of both
    seconds: float
    early: bool = False  # it ended without a finding, and libFuzzer did not say that it was done
    second: int = 0  # the other seed

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
    nothing that takes its time from a clock. It ends with its first finding."""
    run = Run(target, work / f"seed{seed}", work / "findings" / f"seed{seed}", set())
    worker = Worker(run, 0, threading.Event(), launcher)
    status, output = worker.execute([f"-seed={seed}", f"-runs={exhibit.executions}", "-reload=0"])
    if status != 0:
        worker.add_finding(status, output)
    return Visit(list(run.findings), run.executions(), run.seconds, early=status == 0 and not DONE.search(output))


def look_twice(target, exhibit, work, seed, launcher):
    """As look; a fault that is not found is looked for once more, with a seed that no other visit has."""
    first = look(target, exhibit, work, seed, launcher)
    if first.buckets or first.early:
        return first
    second = look(target, exhibit, work, seed + SECOND_TRY, launcher)
    return dataclasses.replace(second, executions=first.executions + second.executions, seconds=first.seconds + second.seconds,
                               second=seed + SECOND_TRY)


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


class Judge:
    """Makes the rows of the result out of visits, and notes what is wrong."""

    def __init__(self, exhibits, say):
        self.exhibits, self.say, self.wrong = exhibits, say, []
        say(f"{'exhibit':18} {'found':>6} {'executions':>11} {'at most':>9} {'twin quiet':>11} {'executions':>11} {'seconds':>8}  finding")

    def exhibit(self, name, visits, twin):
        """`visits` has those of the fault, by seed."""
        exhibit = self.exhibits[name]
        hits = {seed: any(exhibit.matches(bucket) for bucket in visit.buckets) for seed, visit in visits.items()}
        count, executions = sum(hits.values()), [visit.executions for visit in visits.values()]
        found = len(visits) - count <= len(visits) // SEEDS_PER_MISS
        buckets = dict.fromkeys(bucket.split(">")[0] for visit in visits.values() for bucket in visit.buckets)
        self.say(f"{name:18} {f'{count}/{len(visits)}':>6} {round(statistics.median(executions)):>11,} {max(executions):>9,} "
                 f"{answer(twin.quiet):>11} {twin.executions:>11,} "
                 f"{sum(visit.seconds for visit in [*visits.values(), twin]):>8.1f}  {', '.join(buckets)}")
        for seed, visit in visits.items():
            if visit.second and hits[seed]:
                self.say(f"{name}: seed {seed} missed it, seed {visit.second} found it")
        if not found:
            self.wrong += [self.missed(name, seed, visit) for seed, visit in visits.items() if not hits[seed]]
        if not twin.quiet:
            self.wrong.append(f"{name + TWIN}: is not quiet: {', '.join(twin.buckets)} after {twin.executions:,} executions")
        self.wrong += [f"{name}: ended before its time, after {visit.executions:,} executions" for visit in visits.values() if visit.early]
        if twin.early:
            self.wrong.append(f"{name + TWIN}: ended before its time, after {twin.executions:,} executions")
        return {"name": name, "found": found, "twin_quiet": twin.quiet, "twin_executions": twin.executions,
                "seeds": [{"seed": seed, "found": hits[seed], "executions": visit.executions, "seconds": round(visit.seconds, 2),
                           **({"second_seed": visit.second} if visit.second else {})} for seed, visit in visits.items()]}

    def missed(self, name, seed, visit):
        seeds = f"seeds {seed} and {visit.second}" if visit.second else f"seed {seed}"
        if visit.quiet:
            return f"{name}: the fault was not found in {visit.executions:,} executions with {seeds}"
        return f"{name}: found was {', '.join(visit.buckets)} and not {self.exhibits[name].finding} with {seeds}"

    def canary(self, visit):
        if any(self.exhibits[CANARY].matches(bucket) for bucket in visit.buckets):
            self.say(f"the canary crashed, as it must, after {visit.executions:,} executions")
        else:
            self.wrong.append(f"the canary did not crash in {visit.executions:,} executions: crashes go unreported")


def visit(targets, exhibits, work, jobs, say, seeds=(SEED,), only=None, on_step=lambda text: None):
    """Gives the rows of the result, and whether something was wrong. Faults are looked for with each
    of the seeds; twins and the canary are visited with the first. `on_step` hears how many visits
    have ended."""
    targets = {target.scenario: target for target in targets}
    faults = check_names(targets, exhibits, only)
    tasks = [(fault, seed) for fault in faults for seed in seeds] + [(fault + TWIN, seeds[0]) for fault in faults] + [(CANARY, seeds[0])]
    # The longest first, so that no core ends with one that others could have helped with.
    tasks.sort(key=lambda task: -exhibits[task[0].removesuffix(TWIN)].executions)
    launcher = fixed_addresses()
    if not launcher:
        say("programs get other addresses each time here: numbers of executions will differ from run to run")

    ended = []

    def look_at(task):
        name, seed = task
        is_few = len(seeds) < SEEDS_PER_MISS and name in faults
        result = (look_twice if is_few else look)(targets[name], exhibits[name.removesuffix(TWIN)], work, seed, launcher)
        ended.append(name)
        on_step(f"{len(ended)}/{len(tasks)}")
        return result
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        visits = dict(zip(tasks, pool.map(look_at, tasks)))
    judge = Judge(exhibits, say)
    rows = [judge.exhibit(name, {seed: visits[name, seed] for seed in seeds}, visits[name + TWIN, seeds[0]]) for name in faults]
    judge.canary(visits[CANARY, seeds[0]])
    for line in judge.wrong:
        say(f"WRONG {line}")
    say(f"{len(faults)} exhibits, {sum(each.seconds for each in visits.values()):.0f} s of processes: "
        + (f"{len(judge.wrong)} WRONG" if judge.wrong else "all found, every twin quiet"))
    return rows, bool(judge.wrong)


def answer(yes):
    return "yes" if yes else "NO"
