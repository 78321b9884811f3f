"""teasel init: a project to begin with."""
import os
import pathlib
import re
import shutil

from reporting import CLEAN, shown
from worker import SetupError

HERE = pathlib.Path(__file__).resolve().parent
# The source that this program lies in; None where it is installed.
SOURCE = HERE.parent.parent if (HERE.parent.parent / "cmake" / "TeaselScenarios.cmake").is_file() else None
# What a project is made from, and the workflows that projects share.
TEMPLATE, WORKFLOWS = SOURCE / "cmake" / "template" if SOURCE else HERE / "template", HERE / "workflows"


def settings_of(where):
    """What the project's CMake takes Teasel from: (folder, repository)."""
    if where is None:
        return (str(SOURCE), "") if SOURCE else ("", "")
    folder = pathlib.Path(where)
    if (folder / "cmake" / "TeaselScenarios.cmake").is_file():
        return str(folder.resolve()), ""
    if folder.is_dir() and not (folder / ".git").exists():
        raise SetupError(f"{where} is no source of Teasel")
    return "", str(folder.resolve()) if folder.exists() else where


def run(options):
    folder = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SetupError(f"{folder} is there and not empty: name a new folder")
    source, repository = settings_of(options.teasel)
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "gitignore").rename(folder / ".gitignore")
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for path in WORKFLOWS.glob("*.yml"):
        shutil.copyfile(path, workflows / path.name)
    name = re.sub(r"\W+", "_", folder.resolve().name) or "project"
    name += "_project" if name == "teasel" else ""
    words = {"@NAME@": name, "@TEASEL_SOURCE_DIR@": source, "@TEASEL_REPOSITORY@": repository, "@TEASEL@": program()}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".txt", ".md", ".json")):
        text = path.read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        path.write_text(text, encoding="utf-8")
    where = source or repository
    print(f"{shown(folder.resolve())} is made. Its README.md has two commands: the tests, and a campaign that finds its planted bug.")
    if not where:
        print("It does not know where Teasel's source is: set TEASEL_SOURCE_DIR or TEASEL_REPOSITORY in its CMakePresets.json.")
    return CLEAN


def program():
    """How this program is called from the new project."""
    name = pathlib.Path(os.path.realpath(HERE / "teasel")) if SOURCE else None
    return str(name) if name and name.is_file() and not shutil.which("teasel") else "teasel"
