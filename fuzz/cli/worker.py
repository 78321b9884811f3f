"""Runs one scenario of one program under libFuzzer for a while, restarting it after each
finding."""
import collections
import contextlib
import dataclasses
import math
import mmap
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import threading
import time

import storage
import triage

STATUS = re.compile(r"^#\d+\s+\w+\s+cov: (\d+) ft: \d+ corp: (\d+)/")
# libFuzzer's word that it has had its budget. Its status says nothing: it ends with 0 for other
# reasons, too.
DONE = re.compile(r"^Done \d+ runs in \d+ second", re.MULTILINE)
WARNING = "teasel: warning: "
# What the supervisor of a process that died while an input ran has kept, and its word that this
# input is innocent.
TAPE = re.compile(r"^teasel: an input ended the campaign \(.*\) tape=(.+)$", re.MULTILINE)
INNOCENT = "it breaks nothing when it runs alone in a fresh process"
# Cheaper than the defaults and as good here: short stacks of allocations, a small quarantine, no
# fake stack.
ASAN_OPTIONS = "malloc_context_size=4:detect_stack_use_after_return=0:quarantine_size_mb=16:handle_abort=0"
SANITIZERS = ("ASAN", "UBSAN", "LSAN", "TSAN", "MSAN")
SAME_FINDING_LIMIT = 10
# A program is started again so often after it was killed, or has ended before its time.
KILLED_LIMIT, EARLY_LIMIT = 5, 20
TIMEOUT_SECONDS, MEMORY_MB = 10, 2048
# A program that has run nothing after so long hangs. libFuzzer itself watches over inputs only.
START_SECONDS = 60
# What a program has started may outlive it so long.
LINGER_SECONDS = 2
# Before clang's sanitizers start a symbolizer, they close each descriptor that the limit allows, open or not, by a system
# call each. Containers often have a limit of a thousand million.
MOST_DESCRIPTORS = 65_536
SECONDS, EXECUTIONS = "seconds", "executions"
INTERRUPTED = 72  # libFuzzer's status after SIGINT or SIGTERM


class SetupError(Exception):
    """Something that no amount of fuzzing will mend: ends the campaign with status 2."""


class TargetError(SetupError):
    """One target cannot be fuzzed. The campaign goes on with the others, and ends with status
    2."""


@dataclasses.dataclass
class Target:
    """A scenario of a program that teasel_add_scenarios made. Its name is the program's, with the
    scenario's if it has several."""
    name: str
    program: pathlib.Path
    scenario: str
    corpus: str
    dictionary: str
    max_len: int
    labels: list
    sanitizer_options: tuple = ()  # name=value, for all sanitizers
    sources: tuple = ()
    project: str = ""
    known: str = ""
    description: str = ""

    @property
    def museum(self):
        return "museum" in self.labels

    @property
    def file_name(self):
        """The name as that of a file or folder."""
        return self.name.replace("/", ".")


def environment(more=()):
    """What every run of a scenario program gets. Options of sanitizers: ours, then `more`, then the
    caller's, of which the last counts."""
    symbolizer = shutil.which("llvm-symbolizer-19") or shutil.which("llvm-symbolizer") or ""
    result = {"ASAN_SYMBOLIZER_PATH": symbolizer, "UBSAN_SYMBOLIZER_PATH": symbolizer, **os.environ}
    ours = {"ASAN": ASAN_OPTIONS, "UBSAN": "print_stacktrace=1"}
    for sanitizer in SANITIZERS:
        name = f"{sanitizer}_OPTIONS"
        options = [ours.get(sanitizer, ""), *more, os.environ.get(name, "")]
        result[name] = ":".join(option for option in options if option)
    return result


def bound_descriptors():
    """Lowers the limit of open descriptors, where it is higher than any scenario needs. What this process starts has it, too."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if least == resource.RLIM_INFINITY or least > MOST_DESCRIPTORS:
        with contextlib.suppress(ValueError, OSError):  # it only saves time
            resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_DESCRIPTORS, most))


def kill_session(process):
    """Ends a process that leads a session, and all that it has started; also where only these are
    left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class Counter:
    """Executions, counted by the program itself in a shared page: exact also after a crash, and
    readable all the time."""

    def __init__(self, path):
        with storage.roomy(path.parent):
            path.write_bytes(b"\0" * 8)
        self.path = path
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)

    def value(self):
        return struct.unpack("<Q", self.page[:8])[0]


class Run:
    """What a campaign knows of one target: counters, findings, where its files are. Shared by its
    workers."""

    def __init__(self, target, work, findings, known):
        self.target, self.known = target, known
        self.folder = work / triage.slug(target.name)
        self.corpus = self.folder / "corpus"
        self.found_in = findings / triage.slug(target.name)
        with storage.roomy(work):
            self.corpus.mkdir(parents=True)
            (self.folder / "target").write_text(target.file_name, encoding="utf-8")
        self.coverage = self.corpus_size = 0
        self.findings, self.ignored = {}, []
        self.finished, self.seconds, self.started = 0, 0.0, None
        self.active, self.note, self.error, self.killed = 0, "", "", 0
        self.kill = ""  # what is to be said of processes that were killed
        self.warnings = {}  # what programs say of their scenario: without figures, as it was said
        self.used = self.planned = 0.0  # of its budget, in the unit of the budget
        self.seen = set()  # names of inputs, see storage.keep
        self.counters = []
        self.lock, self.keeping = threading.Lock(), threading.Lock()

    def executions(self):
        return self.finished + sum(counter.value() for counter in self.counters)

    def rate(self):
        running = time.monotonic() - self.started if self.started is not None and self.active else 0
        seconds = self.seconds + running * self.active
        return self.executions() / seconds if seconds > 0 else 0.0

    def new_findings(self):
        return [finding for finding in self.findings.values() if not finding.known]

    def warn(self, text):
        """A warning is told once, whatever figures are in it the next time."""
        self.warnings.setdefault(re.sub(r"\d+", "", text), text)


class Worker:
    """One process after another on one Run. `launcher` is the beginning of their command line."""

    def __init__(self, run, number, stop, launcher=()):
        self.run, self.number, self.stop, self.launcher = run, number, stop, launcher
        self.artifacts = run.folder / f"worker{number}"
        with storage.roomy(run.folder):
            self.artifacts.mkdir(exist_ok=True)
        self.process, self.counter = None, None
        self.took = self.executed = 0  # of the last process: seconds, executions
        self.hung = False

    def command(self, flags):
        target = self.run.target
        command = [*self.launcher, str(target.program), "fuzz", "--scenario", target.scenario, "--findings", str(self.artifacts),
                   "--counter", str(self.counter.path)]
        for oracle in self.run.ignored:
            command += ["--ignore", oracle]
        # The schedule begins with short inputs by itself. Signals that libFuzzer would take for a
        # wish to end, with status 0, are the program's.
        command += [f"-artifact_prefix={self.artifacts}/", f"-max_len={target.max_len}", f"-timeout={TIMEOUT_SECONDS}",
                    f"-rss_limit_mb={MEMORY_MB}", "-len_control=0", "-handle_usr1=0", "-handle_usr2=0", *flags]
        if target.dictionary:
            command.append(f"-dict={target.dictionary}")
        command.append(str(self.run.corpus))
        return command + ([target.corpus] if target.corpus else [])

    def fuzz(self, amount, flags=(), unit=SECONDS):
        """Until libFuzzer says that it has done so much, the campaign is stopped, or one finding
        shows again and again. The status of a process that ends does not say that it is done."""
        used = same = early = 0
        # A rest that is not worth a process: libFuzzer takes whole seconds, and counts some runs
        # twice.
        least = min(0.6, amount / 2) if unit == SECONDS else max(1, amount / 100)
        while not self.stop.is_set() and amount - used > least and same < SAME_FINDING_LIMIT:
            left = amount - used
            limit = f"-max_total_time={max(1, round(left))}" if unit == SECONDS else f"-runs={math.ceil(left)}"
            status, output = self.execute([limit, *flags])
            done = status == 0 and self.executed > 0 and DONE.search(output) and not self.crashes()
            spent = left if done else self.took if unit == SECONDS else self.executed
            used += spent
            with self.run.lock:
                self.run.used += min(spent, left)
            if self.crashes():
                same = 0 if self.add_finding(status, output) else same + 1
            elif done or self.stop.is_set():
                return
            elif status == 0:
                early += 1
                if self.executed == 0 or early >= EARLY_LIMIT:
                    raise TargetError(f"{self.run.target.name}: {self.run.target.program} ends with status 0 before its time, after "
                                      f"{self.executed:,} inputs. Run it by hand: {self.by_hand()}")
            else:
                self.ended_badly(status, output)
        if same >= SAME_FINDING_LIMIT:
            self.run.note = f"given up: the same finding {same} times in a row"

    def by_hand(self):
        target = self.run.target
        return shlex.join([str(target.program), "fuzz", "--scenario", target.scenario,
                           *([f"-dict={target.dictionary}"] if target.dictionary else []), "-runs=1000"])

    def ended_badly(self, status, output):
        """A process ended without a finding and without having been told to. Returns where it is
        worth a new try."""
        if self.hung:
            raise TargetError(f"{self.run.target.name}: {self.run.target.program} hangs at start: it has run no input in {START_SECONDS} s. "
                              f"Run it by hand: {self.by_hand()}")
        storage.check_room(self.artifacts)
        number = -status if status < 0 else status - 128 if status > 128 else signal.SIGTERM if status == INTERRUPTED else 0
        if number not in signal.valid_signals():
            self.add_finding(status, output)  # raises: there is none
        self.killed_by(signal.Signals(number).name, number == signal.SIGKILL, output)

    def killed_by(self, number, by_kernel, output):
        """Notes that a process died of a signal. libFuzzer keeps the input that a fault of the
        program ends with; here it has kept none, so somebody else has sent it, or an input makes
        the program send it to itself."""
        self.run.killed += 1
        times = "once" if self.run.killed == 1 else f"{self.run.killed} times"
        why = "the kernel does so when memory runs out: use fewer --jobs" if by_kernel else "who sends it?"
        tape = TAPE.search(output)
        if tape and INNOCENT not in output:
            kept = self.run.found_in / "killed" / pathlib.Path(tape.group(1)).name
            with storage.roomy(kept.parent):
                kept.parent.mkdir(parents=True, exist_ok=True)
            storage.copy(pathlib.Path(tape.group(1)), kept)
            why = f"the input in {kept} does it"
        self.run.note = f"killed {times}"
        said = f"its process was killed {times} ({number}): {why}"
        if self.run.killed >= KILLED_LIMIT:
            raise TargetError(f"{self.run.target.name}: given up, {said}")
        self.run.kill = f"{self.run.target.name}: {said}; it was started again, and all that was found is kept"

    def execute(self, flags):
        """One process, from start to end. Gives its exit status and the end of what it said."""
        self.counter, self.hung = Counter(self.artifacts / "executions"), False
        with self.run.lock:
            self.run.counters.append(self.counter)
            self.run.active += 1
            if self.run.started is None or self.run.active == 1:
                self.run.started = time.monotonic()
        began, ended = time.monotonic(), threading.Event()
        try:
            # A session of its own: the terminal's Ctrl-C is for the campaign, which passes it on in
            # its own time.
            self.process = subprocess.Popen(self.command(flags), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.PIPE, text=True, errors="replace",
                                            env=environment(self.run.target.sanitizer_options), cwd=self.artifacts,
                                            start_new_session=True)
            threading.Thread(target=self.watch, args=(self.process, self.counter, ended), daemon=True).start()
            with self.process:
                lines = self.read(self.process.stderr)
        finally:
            ended.set()
            self.took, self.executed = time.monotonic() - began, self.counter.value()
            with self.run.lock:
                self.run.seconds += self.took
                self.run.active -= 1
                self.run.counters.remove(self.counter)
                self.run.finished += self.executed
        return self.process.returncode, "".join(lines)

    def watch(self, process, counter, ended):
        """Ends what would never end: a program that runs nothing, and what a program that has ended
        has left behind, which would keep its output open."""
        began, gone = time.monotonic(), None
        while not ended.wait(min(1, START_SECONDS / 4)):
            if counter.value() == 0 and time.monotonic() - began > START_SECONDS:
                self.hung = True
                kill_session(process)
            if process.poll() is not None:
                gone = gone or time.monotonic()
                if time.monotonic() - gone > LINGER_SECONDS:
                    kill_session(process)

    def read(self, stream):
        first, last = [], collections.deque(maxlen=400)
        for line in stream:
            match = STATUS.match(line)
            if line.startswith(WARNING):
                self.run.warn(line.removeprefix(WARNING).strip())
            elif match:
                self.run.coverage = max(self.run.coverage, int(match.group(1)))
                self.run.corpus_size = max(self.run.corpus_size, int(match.group(2)))
            elif len(first) < 200:
                first.append(line)
            else:
                last.append(line)
        return first + list(last)

    def interrupt(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def kill(self):
        """Ends the process and all that it has started."""
        if self.process and self.process.poll() is None:
            kill_session(self.process)

    def inputs(self):
        """The inputs that libFuzzer has put aside."""
        return sorted(path for path in self.artifacts.iterdir() if storage.ARTIFACT.match(path.name))

    def crashes(self):
        """Those of them that have ended a process."""
        return [path for path in self.inputs() if not path.name.startswith("slow-unit-")]

    def add_finding(self, status, output):
        """Files what a process ended with. True when the campaign has not seen it before."""
        target = self.run.target
        name = triage.bucket(output)
        inputs, crashes = self.inputs(), self.crashes()
        if name is None and crashes:
            name = f"unknown:status-{status}"
        if not crashes:
            words = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("INFO: ")]
            raise TargetError(f"{target.name}: {target.program} ended with status {status} and no finding, and said last: "
                              f"{' / '.join(words[-2:]) or 'nothing'}. Run it by hand: {self.by_hand()}\n{output[-3000:]}")
        with self.run.lock:
            folder = self.run.found_in / triage.slug(name)
            finding = self.run.findings.get(name)
            is_new = finding is None
            if is_new:
                with storage.roomy(folder):
                    folder.mkdir(parents=True, exist_ok=True)
                finding = triage.Finding(target.name, target.scenario, name, folder, target.program,
                                         triage.is_known(name, self.run.known), sanitizer_options=target.sanitizer_options)
            smallest = min(crashes, key=lambda path: path.stat().st_size)
            if is_new or smallest.stat().st_size < finding.input.stat().st_size:
                storage.copy(smallest, finding.input)
                storage.write(folder / "output.txt", output)
            if is_new:
                self.run.findings[name] = finding
                if name.startswith("oracle:"):
                    # The scenario goes on behind a verdict, so the campaign can, too.
                    self.run.ignored.append(name.removeprefix("oracle:"))
                finding.save()
            else:
                finding.count += 1
        for path in inputs:
            path.unlink()
        return is_new
