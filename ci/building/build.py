#!/usr/bin/env python3
"""Configures and builds a preset: quiet but for progress, failures at once, everything in
build/PRESET.log.

usage: build.py PRESET [TARGET...]
Exit status: 0 built, 2 not.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "fuzz" / "cli"))
from building import Build, BuildError, configure_preset  # noqa: E402 (found through the line above)
from progress import Progress  # noqa: E402


def log_of(preset):
    """The file that keeps what configuring and building said."""
    return ROOT / "build" / f"{preset}.log"


def configure(preset, progress):
    """Configures build/PRESET."""
    configure_preset(ROOT, preset, log_of(preset), progress)


def build(preset, targets, progress):
    """Configures and builds: two steps."""
    progress.step(f"configuring build/{preset}")
    configure(preset, progress)
    progress.step(f"building build/{preset}")
    Build(ROOT / "build" / preset, targets, progress.say, lambda done, total, _: progress.update(f"{done}/{total}"), log_of(preset),
          f"build/{preset}").run()


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
