"""ci/soak: builds the soak and runs it on each driver."""
import difflib
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "building"))
from build import ROOT, BuildError, Progress, build  # noqa: E402 (found through the line above)

USAGE = """usage: ci/soak [--minutes N | --connections N] [--reactor NAME] [--seed N] [--only N] [--at-once N] [--plain] [--help]
A server and many clients connect, talk, pause, half-close, reset and abort at random on loopback, on each real driver. Both
ends check every byte and every callback; at rest nothing may be left. bench/README.md says what is checked.
  --minutes N      how long, all drivers together; 0.5 is half a minute (4)
  --connections N  so many connections on each driver instead, for a run that is to be repeated
  --reactor NAME   this driver only
  --seed N         what the connections do depends on the seed and on their numbers alone; without it, another one each time
  --only N         every connection does what the one with this number does
  --at-once N      so many connections at a time (64)
  --plain          g++ without sanitizers, in build/gcc; else clang++-19 with AddressSanitizer and UndefinedBehaviorSanitizer
Prints a line every 10 seconds and a summary of each driver.
Exit status: 0 clean, 1 a finding (what, where, and how to repeat it), 2 it could not be done."""
WITH_VALUE = ("--minutes", "--connections", "--reactor", "--seed", "--only", "--at-once")
OWN = (*WITH_VALUE, "--plain")
# A driver that has less time than this has begun nothing yet.
LEAST_SECONDS = 2
SUMMARY = re.compile(r"^soak: \S+: \d+ s, .*: (clean|NOT CLEAN)$")


class Refused(Exception):
    """It cannot be done; the message says why."""


def whole(option, text, least, most=2**64 - 1):
    if not re.fullmatch(r"[0-9]{1,20}", text) or not least <= int(text) <= most:
        raise Refused(f"{option} {text}: a whole number from {least} to {most}")
    return int(text)


def minutes_from(text):
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or float(text) == 0:
        raise Refused(f"--minutes {text}: a number above 0, such as 4 or 0.5")
    return float(text)


def options_from(words):
    """The options as they were given: a dictionary by name without the dashes."""
    options, rest = {}, list(words)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if option not in OWN:
            near = difflib.get_close_matches(option, OWN, n=1)
            raise Refused(f"{option}: " + (f"did you mean {near[0]}?" if near else "there is no such option; see --help"))
        name = option.lstrip("-")
        if name in options:
            raise Refused(f"{option} is given twice")
        if option == "--plain":
            if equals:
                raise Refused("--plain takes no value")
            options[name] = True
            continue
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise Refused(f"{option} needs a value")
            value = rest.pop(0)
        options[name] = checked(option, value)
    if "minutes" in options and "connections" in options:
        raise Refused("--minutes and --connections: one of them")
    return options


def checked(option, value):
    if option == "--minutes":
        return minutes_from(value)
    if option == "--reactor":
        return value
    least = {"--connections": 2, "--at-once": 1}.get(option, 0)
    return whole(option, value, least, 10000 if option == "--at-once" else 2**64 - 1)


def environment():
    """How the sanitizers work. What is freed is kept for a while, but not so much that it fills the
    memory."""
    symbolizer = shutil.which("llvm-symbolizer-19")
    symbolizers = {"ASAN_SYMBOLIZER_PATH": symbolizer} if symbolizer else {}
    return {"ASAN_OPTIONS": "quarantine_size_mb=16", "UBSAN_OPTIONS": "print_stacktrace=1", **symbolizers, **os.environ}


def drivers_of(program):
    """The drivers by name, and why one cannot run here; "" where it can."""
    done = subprocess.run([program, "--list"], stdout=subprocess.PIPE, text=True, env=environment(), check=False)
    drivers = dict((line.split("\t", 1) + [""])[:2] for line in done.stdout.splitlines())
    if done.returncode != 0 or not drivers:
        raise Refused(f"{program} --list failed with status {done.returncode}")
    return drivers


def chosen(drivers, options):
    """The drivers to run, and those that are left out with the reason."""
    name = options.get("reactor")
    if name is None:
        return [each for each, why in drivers.items() if not why], {each: why for each, why in drivers.items() if why}
    if name not in drivers:
        raise Refused(f"--reactor {name}: there is no such reactor; there are {', '.join(drivers)}")
    if drivers[name]:
        raise Refused(f"--reactor {name}: it cannot run here: {drivers[name]}")
    return [name], {}


def arguments_for(driver, options, seed, count):
    """The arguments of the program; `count` drivers share the time."""
    words = ["--reactor", driver, "--seed", str(seed)]
    if "connections" in options:
        words += ["--connections", str(options["connections"])]
    else:
        words += ["--seconds", str(max(LEAST_SECONDS, round(options.get("minutes", 4) * 60 / count)))]
    for name in ("only", "at-once"):
        if name in options:
            words += [f"--{name}", str(options[name])]
    return words


def ended(status):
    """How a program ended that should have ended with 0, 1 or 2."""
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def soak(program, driver, arguments, say):
    """Runs it on one driver. Gives its status and the line for the summary."""
    line = ""
    process = subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", env=environment())
    with process:
        for said in process.stdout:
            said = said.rstrip("\n")
            line = said if SUMMARY.match(said) else line
            say(said)
    status = process.returncode
    if status == 0 or (status in (1, 2) and line):
        return status, line
    # A sanitizer has ended it, or it could not begin.
    what = "could not be done" if status == 2 else f"FINDING: it broke off with {ended(status)}"
    repeat = " ".join(word for word in arguments)
    return (2 if status == 2 else 1), f"soak: {driver}: {what}; to repeat it: {program} {repeat}"


def soak_all(program, options, seed, say):
    """The exit status."""
    run, left_out = chosen(drivers_of(program), options)
    if not run:
        raise Refused("no reactor can run here: " + "; ".join(f"{name}: {why}" for name, why in left_out.items()))
    say(f"soak: seed {seed}, on {', '.join(run)}")
    statuses, lines = [], []
    for driver in run:
        status, line = soak(program, driver, arguments_for(driver, options, seed, len(run)), say)
        statuses.append(status)
        lines.append(line)
    say("")
    for line in lines:
        say(line)
    for name, why in left_out.items():
        say(f"soak: {name}: left out: {why}")
    return 1 if 1 in statuses else max(statuses)


def main(words):
    if "--help" in words or "-h" in words:
        print(USAGE)
        return 0
    try:
        options = options_from(words)
        preset = "gcc" if options.get("plain") else "asan"
        with Progress(steps=2) as progress:
            build(preset, ["teasel_soak"], progress)
        program = str(ROOT / "build" / preset / "bench" / "soak" / "teasel_soak")
        return soak_all(program, options, options.get("seed", secrets.randbelow(2**32)), lambda text: print(text, flush=True))
    except (Refused, BuildError, OSError) as error:
        print(f"ci/soak: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ci/soak: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
