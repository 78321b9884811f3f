"""Spreads a campaign's time over its targets, and the targets over its jobs, while the targets are
still being built."""
import queue
import threading
import time

from worker import EXECUTIONS, SECONDS, TargetError, Worker

SHORT_INPUT = 256
# How often what the targets have made is brought to where it lasts.
KEEP_SECONDS = 20


def stints(target, amount, value_profile=None):
    """How a worker spends its budget: (amount, flags of libFuzzer) for one process after the other.
    Short inputs first: they run several times faster and find most of what there is to find. One
    worker that serves a target alone looks at the values that are compared in the last part only,
    which finds other things and fills the corpus faster."""
    short = f"-max_len={min(target.max_len, SHORT_INPUT)}"
    if value_profile is not None:
        profile = f"-use_value_profile={value_profile}"
        return [(amount * 0.4, [short, profile]), (amount * 0.6, [profile])]
    return [(amount * 0.3, [short]), (amount * 0.3, []), (amount * 0.4, ["-use_value_profile=1"])]


def rest_of(all_stints, done):
    """What is left of stints of which the share `done`, from 0 to 1, is used up."""
    skip, rest = done * sum(amount for amount, _ in all_stints), []
    for amount, flags in all_stints:
        if skip < amount:
            rest.append((amount - skip, flags))
        skip = max(0, skip - amount)
    return rest


def spread(runs, workers, amount_of):
    """The plans for so many whole workers on these targets, of which there are no more."""
    all_plans = []
    for worker in range(workers):
        run, number_of_run = runs[worker % len(runs)], worker // len(runs)
        all_plans.append((run, number_of_run, stints(run.target, amount_of(run), number_of_run % 2)))
    return all_plans


def workers_of(number, programs, jobs):
    """How many jobs the `number`th of so many programs has; less than one where jobs are fewer."""
    return len(range(number, jobs, programs)) if jobs > programs else jobs / programs


def plans(runs, number, programs, seconds, jobs):
    """The plans (run, number of the worker within the run, stints) for the targets of one program,
    the `number`th that is ready of so many programs. Every program has the same time, seconds *
    jobs / programs, as far as whole workers allow; the targets of a program share what it has."""
    workers = workers_of(number, programs, jobs)
    if workers <= len(runs):
        share = seconds * workers / len(runs)
        return [(run, 0, stints(run.target, share)) for run in runs]
    return spread(runs, workers, lambda _: seconds)


def plans_by_executions(runs, number, programs, jobs, executions):
    """The same where each target has its number of executions, `executions`(run), which its workers
    share."""
    workers = workers_of(number, programs, jobs)
    if workers <= len(runs):
        return [(run, 0, stints(run.target, executions(run))) for run in runs]
    return spread(runs, workers, lambda run: executions(run) / len(range(runs.index(run), workers, len(runs))))


class Campaign:
    """Runs `jobs` workers. The targets of each of so many programs are added when the program is
    there; a worker that has nothing to do waits for the next. `keep` is called with a run whose
    worker has ended, and with each run now and then. The budget is so many seconds, for all
    targets together, or `executions`(run) for each, for `seconds` at most if there are any."""

    def __init__(self, programs, seconds, jobs, keep, executions=None):
        self.programs, self.seconds, self.jobs, self.keep, self.executions = programs, seconds, jobs, keep, executions
        self.unit = EXECUTIONS if executions else SECONDS
        self.stop, self.out_of_time = threading.Event(), False
        self.runs, self.workers, self.errors, self.target_errors = [], [], [], []
        self.added, self.left = 0, {}
        self.plans, self.lock = queue.SimpleQueue(), threading.Lock()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(jobs)]
        self.began = self.kept = time.monotonic()

    def plans_of(self, runs):
        if self.executions:
            return plans_by_executions(runs, self.added, self.programs, self.jobs, self.executions)
        return plans(runs, self.added, self.programs, self.seconds, self.jobs)

    def add(self, runs):
        """The targets of the next program; none where the program has none that can be fuzzed. What
        a run has used already (Run.used, as a share of Run.planned) is left out."""
        with self.lock:
            new = self.plans_of(runs) if runs else []
            self.added += 1
            self.runs += runs
            done = {run.target.name: min(1, run.used / run.planned) if run.planned else 0 for run in runs}
            for run, _, stints_of_it in new:
                name = run.target.name
                self.left[name] = self.left.get(name, 0) + 1
            for run in runs:
                run.planned = sum(amount for each, _, its in new if each is run for amount, _ in its)
                run.used = done[run.target.name] * run.planned
        for run, number, stints_of_it in new:
            self.plans.put((run, number, rest_of(stints_of_it, done[run.target.name])))

    def close(self):
        """Nothing more will be added."""
        for _ in self.threads:
            self.plans.put(None)

    def fail(self, error):
        """Ends the campaign; execute() raises the first error that it was given."""
        self.errors.append(error)
        self.stop.set()

    def give_up(self, error, run=None):
        """One target cannot be fuzzed; the others can. What its second worker says is the same."""
        if run and run.error:
            return
        self.target_errors.append(str(error))
        if run:
            run.error = str(error)

    def work(self):
        while (plan := self.plans.get()) is not None and not self.stop.is_set():
            run, number, stints_of_it = plan
            try:
                if not run.error:
                    self.work_on(run, number, stints_of_it)
            except TargetError as error:
                self.give_up(error, run)
            except Exception as error:  # of any kind: a thread that just ended would look like a clean one
                self.fail(error)
            finally:
                self.keep_run(run)
                with self.lock:
                    self.left[run.target.name] -= 1

    def work_on(self, run, number, stints_of_it):
        worker = Worker(run, number, self.stop)
        self.workers.append(worker)
        for amount, flags in stints_of_it:
            worker.fuzz(amount, [*flags, "-reload=1"], self.unit)

    def keep_run(self, run):
        """A disk that is full ends the campaign."""
        try:
            self.keep(run)
        except Exception as error:  # of any kind, as above
            self.fail(error)

    def execute(self, on_news):
        """Runs until all that was added is done and the campaign is closed, or it is stopped. Calls
        on_news() now and then."""
        for thread in self.threads:
            thread.start()
        while any(thread.is_alive() for thread in self.threads):
            time.sleep(0.1)
            try:
                on_news()
            except Exception as error:  # of any kind: the workers must not go on by themselves
                self.fail(error)
            if self.executions and self.seconds and time.monotonic() - self.began > self.seconds:
                self.out_of_time = True
                self.stop.set()
            if time.monotonic() - self.kept > KEEP_SECONDS:
                for run in [run for run in self.runs if run.active]:
                    self.keep_run(run)
                self.kept = time.monotonic()
            if self.stop.is_set():
                self.end()
        if self.errors:
            raise self.errors[0]

    def end(self):
        """Lets the processes write what they have, but not for long."""
        self.close()
        for worker in list(self.workers):
            worker.interrupt()
        deadline = time.monotonic() + 5
        while any(thread.is_alive() for thread in self.threads) and time.monotonic() < deadline:
            time.sleep(0.05)
        for worker in list(self.workers):
            worker.kill()

    def is_complete(self):
        """Whether every target has had its whole budget."""
        with self.lock:
            return self.added >= self.programs and not self.target_errors and all(
                left == 0 for left in self.left.values()) and not self.stop.is_set()

    def is_busy(self):
        """Whether a target is being fuzzed."""
        with self.lock:
            return any(run.active for run in self.runs)

    def state(self):
        """How far it is, in one line."""
        with self.lock:
            runs = list(self.runs)
            done = sum(left == 0 for left in self.left.values())
        active = ", ".join(f"{run.target.name} {run.rate():,.0f}/s" for run in runs if run.active)
        findings = sum(len(run.findings) for run in runs)
        return (f"{done} of {max(self.programs, len(runs))} targets done"
                + (f", {findings} findings" if findings else "") + (f", now {active}" if active else ""))
