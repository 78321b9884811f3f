"""Runs one scenario of one program under libFuzzer for a while, restarting it after each
finding."""
import collections
import dataclasses
import mmap
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import threading
import time

import triage

STATUS = re.compile(r"^#\d+\s+\w+\s+cov: (\d+) ft: \d+ corp: (\d+)/")
# Cheaper than the defaults and as good here: short stacks of allocations, a small quarantine, no
# fake stack.
ASAN_OPTIONS = "malloc_context_size=4:detect_stack_use_after_return=0:quarantine_size_mb=16:handle_abort=0"
SAME_FINDING_LIMIT = 10
TIMEOUT_SECONDS, MEMORY_MB = 10, 2048


class SetupError(Exception):
    """Something that no amount of fuzzing will mend: ends the campaign with status 2."""


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

    @property
    def museum(self):
        return "museum" in self.labels


def environment():
    """What every run of a scenario program gets."""
    symbolizer = shutil.which("llvm-symbolizer-19") or shutil.which("llvm-symbolizer") or ""
    options = {"ASAN_OPTIONS": ASAN_OPTIONS, "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_SYMBOLIZER_PATH": symbolizer,
               "UBSAN_SYMBOLIZER_PATH": symbolizer}
    return {**os.environ, **options}


class Counter:
    """Executions, counted by the program itself in a shared page: exact also after a crash, and
    readable all the time."""

    def __init__(self, path):
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
        self.corpus.mkdir(parents=True)
        self.coverage = self.corpus_size = 0
        self.findings, self.ignored = {}, []
        self.finished, self.seconds, self.started = 0, 0.0, None
        self.active, self.note = 0, ""
        self.counters = []
        self.lock = threading.Lock()

    def executions(self):
        return self.finished + sum(counter.value() for counter in self.counters)

    def rate(self):
        running = time.monotonic() - self.started if self.started is not None and self.active else 0
        seconds = self.seconds + running * self.active
        return self.executions() / seconds if seconds > 0 else 0.0

    def new_findings(self):
        return [finding for finding in self.findings.values() if not finding.known]


class Worker:
    """One process after another on one Run. `launcher` is the beginning of their command line."""

    def __init__(self, run, number, stop, launcher=()):
        self.run, self.number, self.stop, self.launcher = run, number, stop, launcher
        self.artifacts = run.folder / f"worker{number}"
        self.artifacts.mkdir(exist_ok=True)
        self.process, self.counter = None, None

    def command(self, flags):
        target = self.run.target
        command = [*self.launcher, str(target.program), "fuzz", "--scenario", target.scenario, "--findings", str(self.artifacts),
                   "--counter", str(self.counter.path)]
        for oracle in self.run.ignored:
            command += ["--ignore", oracle]
        command += [f"-artifact_prefix={self.artifacts}/", f"-max_len={target.max_len}", f"-timeout={TIMEOUT_SECONDS}",
                    f"-rss_limit_mb={MEMORY_MB}", *flags]
        if target.dictionary:
            command.append(f"-dict={target.dictionary}")
        command.append(str(self.run.corpus))
        return command + ([target.corpus] if target.corpus else [])

    def fuzz(self, seconds, flags=()):
        """Until the time is over, the campaign is stopped, or one finding shows again and again."""
        deadline = time.monotonic() + seconds
        same = 0
        while not self.stop.is_set() and deadline - time.monotonic() > 0.2 and same < SAME_FINDING_LIMIT:
            left = max(1, round(deadline - time.monotonic()))
            status, output = self.execute([f"-max_total_time={left}", *flags])
            if status == 0 or self.stop.is_set():
                return
            same = 0 if self.add_finding(status, output) else same + 1
        if same >= SAME_FINDING_LIMIT:
            self.run.note = f"given up: the same finding {same} times in a row"

    def execute(self, flags):
        """One process, from start to end. Gives its exit status and the end of what it said."""
        self.counter = Counter(self.artifacts / "executions")
        with self.run.lock:
            self.run.counters.append(self.counter)
            self.run.active += 1
            if self.run.started is None or self.run.active == 1:
                self.run.started = time.monotonic()
        began = time.monotonic()
        # A session of its own: the terminal's Ctrl-C is for the campaign, which passes it on in its
        # own time.
        self.process = subprocess.Popen(self.command(flags), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace", env=environment(), cwd=self.artifacts,
                                        start_new_session=True)
        with self.process:
            lines = self.read(self.process.stderr)
        status = self.process.returncode
        with self.run.lock:
            self.run.seconds += time.monotonic() - began
            self.run.active -= 1
            self.run.counters.remove(self.counter)
            self.run.finished += self.counter.value()
        return status, "".join(lines)

    def read(self, stream):
        first, last = [], collections.deque(maxlen=400)
        for line in stream:
            match = STATUS.match(line)
            if match:
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
        if self.process and self.process.poll() is None:
            self.process.kill()

    def add_finding(self, status, output):
        """Files what a process ended with. True when the campaign has not seen it before."""
        target = self.run.target
        name = triage.bucket(output)
        inputs = sorted(path for path in self.artifacts.iterdir() if re.match(r"(crash|leak|timeout|oom|slow-unit)-", path.name))
        crashes = [path for path in inputs if not path.name.startswith("slow-unit-")]
        if name is None or not crashes:
            raise SetupError(f"{target.name}: {target.program.name} ended with status {status} and no finding:\n{output[-3000:]}")
        with self.run.lock:
            folder = self.run.found_in / triage.slug(name)
            finding = self.run.findings.get(name)
            is_new = finding is None
            if is_new:
                folder.mkdir(parents=True, exist_ok=True)
                finding = triage.Finding(target.name, target.scenario, name, folder, target.program,
                                         triage.is_known(name, self.run.known))
                self.run.findings[name] = finding
                if name.startswith("oracle:"):
                    # The scenario goes on behind a verdict, so the campaign can, too.
                    self.run.ignored.append(name.removeprefix("oracle:"))
            else:
                finding.count += 1
            smallest = min(crashes, key=lambda path: path.stat().st_size)
            if is_new or smallest.stat().st_size < finding.input.stat().st_size:
                shutil.copyfile(smallest, finding.input)
                (folder / "output.txt").write_text(output, encoding="utf-8")
        for path in inputs:
            path.unlink()
        return is_new
