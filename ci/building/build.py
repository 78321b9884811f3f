#!/usr/bin/env python3
"""Configures and builds a preset: quiet but for progress, failures at once, everything in
build/PRESET.log.

usage: build.py PRESET [TARGET...]
Exit status: 0 built, 2 not.
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys

from progress import Progress

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What ninja says when a command has ended: as NINJA_STATUS below has it.
STATUS = re.compile(r"^\[(\d+)/(\d+)\] (.*)$")
BLOCK_LINES = 200
# How far a build that gives way steps back. Beside it another process has nine tenths of a core.
NICENESS = 10


class BuildError(Exception):
    """The tree cannot be configured or built. What was wrong has been said already."""


def environment():
    """A clone in another folder finds what this one has compiled."""
    return {**os.environ, "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1", "NINJA_STATUS": "[%f/%t] "}


def log_of(preset):
    """The file that keeps what configuring and building said."""
    return ROOT / "build" / f"{preset}.log"


def configure(preset, progress):
    """Configures build/PRESET."""
    log = log_of(preset)
    log.parent.mkdir(exist_ok=True)
    done = subprocess.run(["cmake", "--preset", preset], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", env=environment(), check=False)
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        progress.say(done.stdout)
        raise BuildError(f"build/{preset} could not be configured")


class NinjaReader:
    """Reads what ninja says, line by line. `on_step` gets (commands done, commands in all, what the
    last one did), `on_failure` the output of a command that failed, as soon as it is complete."""

    def __init__(self, on_step, on_failure):
        self.on_step, self.on_failure = on_step, on_failure
        self.block, self.skip = None, False

    def line(self, text):
        found = STATUS.match(text)
        if found:
            self.end()
            self.on_step(int(found.group(1)), int(found.group(2)), found.group(3))
        elif text.startswith(("FAILED: ", "ninja: error: ")):
            self.end()
            self.block = [text]
            # The next line is the command, a long one that helps few; the log has it.
            self.skip = text.startswith("FAILED: ")
        elif text.startswith("ninja: "):
            self.end()
        elif self.skip:
            self.skip = False
        elif self.block is not None:
            self.block.append(text)

    def end(self):
        """Nothing more comes, or nothing more of this command."""
        if self.block is not None:
            more = len(self.block) - BLOCK_LINES
            tail = [f"... and {more} lines more, in the log"] if more > 0 else []
            self.on_failure("\n".join(self.block[:BLOCK_LINES] + tail))
        self.block, self.skip = None, False


class Build:
    """One run of ninja in build/PRESET, which is configured, for these targets, or for all.
    `on_step` as NinjaReader has it."""

    def __init__(self, preset, targets, say, on_step, command=None, log=None):
        self.preset, self.targets, self.say = preset, list(targets), say
        self.on_step, self.log = on_step, log or log_of(preset)
        self.command = command or ["cmake", "--build", str(ROOT / "build" / preset), "--parallel", str(os.cpu_count() or 1),
                                   *(["--target", *self.targets] if self.targets else [])]
        self.process, self.stopped, self.steps_back = None, False, False

    def run(self, apart=False):
        """Builds. With `apart` the terminal's Ctrl-C does not reach the build, and give_way() and
        stop() may be called, from any thread."""
        reader = NinjaReader(self.on_step, self.say)
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, errors="replace", env=environment(), start_new_session=apart)
        if self.stopped:
            self.stop()
        if self.steps_back:
            set_niceness(self.process.pid, NICENESS)
        with self.process, open(self.log, "w", encoding="utf-8") as log:
            for line in self.process.stdout:
                log.write(line)
                reader.line(line.rstrip("\n"))
        reader.end()
        if self.process.returncode != 0 and not self.stopped:
            raise BuildError(f"build/{self.preset} could not be built; everything that was said is in {self.log}")

    def give_way(self, steps_back=True):
        """From now on it has a smaller share of the processors than others, or the same again."""
        if steps_back != self.steps_back:
            self.steps_back = steps_back
            if self.process and self.process.poll() is None:
                set_niceness(self.process.pid, NICENESS if steps_back else 0)

    def stop(self):
        """Ends it early; no error then. What is built stays."""
        self.stopped = True
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)

    def unfinished_programs(self):
        """The programs, as paths below the tree, that run() would link now. None where ninja cannot
        tell."""
        done = subprocess.run([*self.command, "--", "-n"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", env=environment(), check=False)
        if done.returncode != 0:
            return None
        steps = (STATUS.match(line) for line in done.stdout.splitlines())
        return {program for program in (linked_program(found.group(3)) for found in steps if found) if program}


def linked_program(what):
    """The path of the program that a command of ninja has linked; None when it did something
    else."""
    return what.removeprefix("Linking CXX executable ") if what.startswith("Linking CXX executable ") else None


def niceness_below_ours(more):
    """Our own niceness and so much more; 19 is the most that there is."""
    return min(19, os.getpriority(os.PRIO_PROCESS, 0) + more)


def set_niceness(process, more):
    """So much more niceness than ours for a process that leads a session, and for what it starts
    from now on. Where it is to become less, only root may do that for a process, but anybody for
    the group of a session."""
    niceness = max(0, niceness_below_ours(more))
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PGRP, process, niceness)
    # Where the kernel groups processes by their session, only the group's priority counts between
    # sessions.
    with contextlib.suppress(OSError):
        pathlib.Path(f"/proc/{process}/autogroup").write_text(f"{niceness}\n", encoding="ascii")


def build(preset, targets, progress):
    """Configures and builds: two steps."""
    progress.step(f"configuring build/{preset}")
    configure(preset, progress)
    progress.step(f"building build/{preset}")
    Build(preset, targets, progress.say, lambda done, total, _: progress.update(f"{done}/{total}")).run()


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        with Progress(steps=2) as progress:
            build(sys.argv[1], sys.argv[2:], progress)
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
