"""teasel init: a project to begin with."""
import json
import os
import pathlib
import re
import shlex
import shutil
import sys

from reporting import CLEAN, shown
from worker import SetupError

HERE = pathlib.Path(__file__).resolve().parent


def is_source(folder):
    return (folder / "cmake" / "TeaselScenarios.cmake").is_file()


def prefix_above(folder):
    """The prefix that a folder was installed in; None where there is none."""
    package = "cmake/teasel/teasel-config.cmake"
    return next((prefix for prefix in folder.parents for libraries in ("lib*", "lib/*") if any(prefix.glob(f"{libraries}/{package}"))), None)


# The source that this program lies in, or which is installed beside it; None where there is neither.
SOURCE = next((folder for folder in (HERE.parent.parent, HERE.parent / "source") if is_source(folder)), None)
PREFIX = None if is_source(HERE.parent.parent) else prefix_above(HERE)
# What a project is made from, and the workflows that projects share.
TEMPLATE, WORKFLOWS = HERE / "template" if (HERE / "template").is_dir() else SOURCE / "cmake" / "template", HERE / "workflows"


def settings_of(where):
    """What the project's CMake takes Teasel from: (folder, repository, prefix)."""
    if where is None:
        return str(SOURCE or ""), "", str(PREFIX or "")
    folder = pathlib.Path(where)
    if is_source(folder):
        return str(folder.resolve()), "", ""
    if folder.is_dir() and not (folder / ".git").exists():
        raise SetupError(f"{where} is no source of Teasel")
    return "", str(folder.resolve()) if folder.exists() else where, ""


def run(options):
    folder = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SetupError(f"{folder} is there and not empty: name a new folder")
    source, repository, prefix = settings_of(options.teasel)
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "gitignore").rename(folder / ".gitignore")
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for path in WORKFLOWS.glob("*.yml"):
        shutil.copyfile(path, workflows / path.name)
    name = re.sub(r"\W+", "_", folder.resolve().name) or "project"
    name += "_project" if name == "teasel" else ""
    words = {"@NAME@": name, "@TEASEL_SOURCE_DIR@": source, "@TEASEL_REPOSITORY@": repository, "@TEASEL_PREFIX@": prefix,
             "@TEASEL@": shlex.quote(program())}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".txt", ".md", ".json")):
        text = path.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, json.dumps(value)[1:-1] if path.suffix == ".json" else value)
        path.write_text(text, encoding="utf-8")
    where = source or repository
    print(f"{shown(folder.resolve())} is made. Its README.md has two commands: the tests, and a campaign that finds its planted bug.")
    if not where:
        print("It does not know where Teasel's source is: set TEASEL_SOURCE_DIR or TEASEL_REPOSITORY in its CMakePresets.json.")
    return CLEAN


def program():
    """How this program is called from the new project: by its name where that is this one."""
    own = next((path for path in (HERE / "teasel", pathlib.Path(sys.argv[0])) if path.name == "teasel" and path.is_file()), None)
    found = shutil.which("teasel")
    if own is None or (found and os.path.samefile(found, own)):
        return "teasel"
    return os.path.realpath(own)
