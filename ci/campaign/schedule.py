"""Spreads a campaign's time over its targets, and the targets over its jobs, while the targets are
still being built."""
import queue
import threading
import time

from worker import Worker

SHORT_INPUT = 256


def stints(target, seconds, value_profile=None):
    """How a worker spends its time: (seconds, flags of libFuzzer) for one process after the other.
    Short inputs first: they run several times faster and find most of what there is to find. One
    worker that serves a target alone looks at the values that are compared in the last part only,
    which finds other things and fills the corpus faster."""
    short = f"-max_len={min(target.max_len, SHORT_INPUT)}"
    if value_profile is not None:
        profile = f"-use_value_profile={value_profile}"
        return [(seconds * 0.4, [short, profile]), (seconds * 0.6, [profile])]
    return [(seconds * 0.3, [short]), (seconds * 0.3, []), (seconds * 0.4, ["-use_value_profile=1"])]


def plans(runs, number, programs, seconds, jobs):
    """The plans (run, number of the worker within the run, stints) for the targets of one program,
    the `number`th that is ready of so many programs. Every program has the same time, seconds *
    jobs / programs, as far as whole workers allow; the targets of a program share what it has."""
    workers = len(range(number, jobs, programs)) if jobs > programs else jobs / programs
    if workers <= len(runs):
        share = seconds * workers / len(runs)
        return [(run, 0, stints(run.target, share)) for run in runs]
    all_plans = []
    for worker in range(workers):
        run, number_of_run = runs[worker % len(runs)], worker // len(runs)
        all_plans.append((run, number_of_run, stints(run.target, seconds, number_of_run % 2)))
    return all_plans


class Campaign:
    """Runs `jobs` workers. The targets of each of so many programs are added when the program is
    there; a worker that has nothing to do waits for the next. `keep` is called with a run whose
    worker has ended."""

    def __init__(self, programs, seconds, jobs, keep):
        self.programs, self.seconds, self.jobs, self.keep = programs, seconds, jobs, keep
        self.stop = threading.Event()
        self.runs, self.workers, self.errors = [], [], []
        self.added, self.left = 0, {}
        self.plans, self.lock = queue.SimpleQueue(), threading.Lock()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(jobs)]

    def add(self, runs):
        """The targets of the next program."""
        with self.lock:
            new = plans(runs, self.added, self.programs, self.seconds, self.jobs)
            self.added += 1
            self.runs += runs
            for run, _, _ in new:
                self.left[run.target.name] = self.left.get(run.target.name, 0) + 1
        for plan in new:
            self.plans.put(plan)

    def close(self):
        """Nothing more will be added."""
        for _ in self.threads:
            self.plans.put(None)

    def fail(self, error):
        """Ends the campaign; execute() raises the first error that it was given."""
        self.errors.append(error)
        self.stop.set()

    def work(self):
        while (plan := self.plans.get()) is not None and not self.stop.is_set():
            run, number, stints_of_it = plan
            try:
                worker = Worker(run, number, self.stop)
                self.workers.append(worker)
                for seconds, flags in stints_of_it:
                    worker.fuzz(seconds, [*flags, "-reload=1"])
            except Exception as error:  # of any kind: a thread that just ended would look like a clean one
                self.fail(error)
            finally:
                self.keep(run)
                with self.lock:
                    self.left[run.target.name] -= 1

    def execute(self, on_news):
        """Runs until all that was added is done and the campaign is closed, or it is stopped. Calls
        on_news() now and then."""
        for thread in self.threads:
            thread.start()
        while any(thread.is_alive() for thread in self.threads):
            time.sleep(0.1)
            on_news()
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
