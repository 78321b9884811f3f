"""ci/fuzz --museum: every known fault must be found within a fixed number of runs, and its fixed twin must stay quiet."""
import concurrent.futures
import dataclasses
import threading

from worker import Run, SetupError, Worker

SEED, RUNS = 1, 50_000
TWIN, CANARY = "_fixed", "canary"


@dataclasses.dataclass
class Visit:
    """What came of one scenario of the museum."""
    found: bool
    bucket: str
    executions: int
    seconds: float


def look(target, work):
    """Fuzzes one exhibit from the same beginning as always: one seed, so many runs, the committed inputs."""
    run = Run(target, work, work / "findings", set())
    worker = Worker(run, 0, threading.Event())
    status, output = worker.execute([f"-seed={SEED}", f"-runs={RUNS}"])
    if status != 0:
        worker.add_finding(status, output)
    return Visit(bool(run.findings), next(iter(run.findings), ""), run.executions(), run.seconds)


def visit(targets, work, jobs, say):
    """Gives the rows of the result, and whether something was wrong."""
    targets = {target.scenario: target for target in targets}
    faults = sorted(name for name in targets if name != CANARY and not name.endswith(TWIN))
    lonely = [name for name in faults if name + TWIN not in targets]
    if lonely or not faults:
        raise SetupError(f"museum: no fixed twin of {', '.join(lonely)}" if lonely else "the museum is empty")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        visits = dict(zip(targets, pool.map(lambda target: look(target, work), targets.values())))
    rows, failed = [], False
    say(f"{'exhibit':28} {'found':>6} {'twin quiet':>11} {'executions':>11} {'seconds':>8}")
    for name in faults:
        fault, twin = visits[name], visits[name + TWIN]
        failed |= not fault.found or twin.found
        rows.append({"name": name, "found": fault.found, "twin_quiet": not twin.found, "executions": fault.executions})
        say(f"{name:28} {answer(fault.found):>6} {answer(not twin.found):>11} {fault.executions:>11,} {fault.seconds:>8.1f}  "
            f"{fault.bucket}{'  twin: ' + twin.bucket if twin.found else ''}")
    if CANARY in visits:
        crashed = visits[CANARY].found
        failed |= not crashed
        say(f"the canary {'crashed, as it must: ' + visits[CANARY].bucket if crashed else 'did NOT crash: crashes go unreported'}")
    else:
        failed = True
        say("there is no canary: nothing proves that a crash is reported")
    return rows, failed


def answer(yes):
    return "yes" if yes else "NO"
