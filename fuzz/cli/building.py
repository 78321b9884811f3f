"""Runs the build tool of a tree: quiet but for progress, failures at once, everything in a log."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

# What ninja says when a command has ended: as NINJA_STATUS below has it.
STATUS = re.compile(r"^\[(\d+)/(\d+)\] (.*)$")
WRITTEN_TO = re.compile(r"^-- Build files have been written to: (.*)$", re.MULTILINE)
BLOCK_LINES = 200
# How far a build that gives way steps back. Beside it another process has nine tenths of a core.
NICENESS = 10


class BuildError(Exception):
    """The tree cannot be configured or built. What was wrong has been said already."""


def environment(project):
    """What CMake and the build tool get. A clone in another folder finds what this one has
    compiled."""
    return {"CCACHE_BASEDIR": str(project), "CCACHE_NOHASHDIR": "1", **os.environ, "NINJA_STATUS": "[%f/%t] "}


def cached(tree, name):
    """A variable in the cache of a build tree; "" when there is no such tree or variable."""
    try:
        text = (tree / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(rf"^{re.escape(name)}:\w+=(.*)$", text, re.MULTILINE)
    return found.group(1) if found else ""


def configure_preset(project, preset, log, progress, more=()):
    """Configures a preset of a project. Gives the build tree, and "" for one that CMake did not
    name."""
    log.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["cmake", "--preset", preset, *more], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env=environment(project), check=False)
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        progress.say(done.stdout)
        raise BuildError(f"the preset {preset} could not be configured")
    found = WRITTEN_TO.search(done.stdout)
    return found.group(1) if found else ""


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
    """One run of the build tool in a tree that is configured, for these targets, or for all.
    `on_step` as NinjaReader has it; other tools than ninja tell no steps. `name` is what errors
    call the tree, `log` the file that keeps what was said."""

    def __init__(self, tree, targets, say, on_step, log, name="", command=None):
        self.tree, self.targets, self.say = pathlib.Path(tree), list(targets), say
        self.on_step, self.log, self.name = on_step, log, name or str(tree)
        self.command = command or ["cmake", "--build", str(tree), "--parallel", str(os.cpu_count() or 1),
                                   *(["--target", *self.targets] if self.targets else [])]
        self.environment = environment(cached(self.tree, "CMAKE_HOME_DIRECTORY") or self.tree)
        self.process, self.stopped, self.steps_back = None, False, False

    def run(self, apart=False):
        """Builds. With `apart` the terminal's Ctrl-C does not reach the build, and give_way() and
        stop() may be called, from any thread."""
        said = []
        reader = NinjaReader(self.on_step, lambda text: (said.append(text), self.say(text)))
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, errors="replace", env=self.environment, start_new_session=apart)
        if self.stopped:
            self.stop()
        if self.steps_back:
            set_niceness(self.process.pid, NICENESS)
        last = ""
        with self.process, open(self.log, "w", encoding="utf-8") as log:
            for line in self.process.stdout:
                log.write(line)
                reader.line(line.rstrip("\n"))
                last = (last + line)[-4000:]
        reader.end()
        if self.process.returncode != 0 and not self.stopped:
            if not said:
                self.say(last.rstrip("\n"))
            raise BuildError(f"{self.name} could not be built; everything that was said is in {self.log}")

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
        """The programs, as paths below the tree, that run() would link now. None where nobody can
        tell: the build tool is not ninja, ninja fails, or CMake is to run first."""
        if not cached(self.tree, "CMAKE_GENERATOR").startswith("Ninja"):
            return None
        done = subprocess.run([*self.command, "--", "-n"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", env=self.environment, check=False)
        # CMake may change what there is to build.
        if done.returncode != 0 or "Re-running CMake" in done.stdout:
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
