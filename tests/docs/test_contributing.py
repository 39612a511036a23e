"""What contributors rely on: CONTRIBUTING.md names what is there, hooks and CI run what `make` runs, files keep
to their rules, and the citation is one."""

import json
import re
import subprocess
import tomllib
from configparser import ConfigParser
from fnmatch import fnmatch
from pathlib import Path

import yaml
from jsonschema import Draft7Validator

from tests.docs.test_docs import ROOT, blocks

GUIDE = ROOT / "CONTRIBUTING.md"


def read_yaml(path: str) -> dict:
    """Every scalar as text, as the formats here mean it."""
    return yaml.load((ROOT / path).read_text(), yaml.BaseLoader)


def commands(target: str) -> list[str]:
    """The commands of a target of the Makefile."""
    (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    return [line.strip().replace("$(BIN)", ".venv/bin").replace("$(MAKE)", "make") for line in recipe.splitlines()]


def test_the_guide_names_what_there_is():
    named = re.findall(r"`([\w./]+/[\w./]*)`", GUIDE.read_text())
    paths = [path for path in named if "NAME" not in path]
    assert len(set(paths)) > 25
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_guide_names_what_is_in_it():
    """Names in capitals that the recipes change are in the files that they name."""
    found = re.findall(r"`([A-Z_]{5,})`\s+in\s+`([\w./]+\.py)`", GUIDE.read_text())
    assert len(found) >= 5
    assert [name for name, path in found if not re.search(rf"^{name}\b", (ROOT / path).read_text(), re.MULTILINE)] == []


def test_the_guide_has_a_recipe_for_each():
    recipes = re.findall(r"^### (.*)$", GUIDE.read_text(), flags=re.MULTILINE)
    assert recipes == ["A report", "A search method", "A model family", "A command"]


def test_the_commands_of_the_guide_are_targets():
    named = {line.split()[1] for block in blocks(GUIDE, "sh") for line in block.splitlines() if line.startswith("make")}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert {"setup", "check", "test"} <= named <= targets


def test_hooks_run_what_make_check_runs():
    (repository,) = read_yaml(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == commands("check")
    assert all(hook["language"] == "system" and hook["pass_filenames"] == "false" for hook in repository["hooks"])


def test_the_workflow_calls_what_ci_calls():
    workflow = read_yaml(".github/workflows/ci.yml")
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
    (python,) = (step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert requires == f">={python}"


def test_the_citation_is_one():
    citation = read_yaml("CITATION.cff")
    schema = json.loads(Path(__file__).with_name("cff-schema.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(citation)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (citation["title"], citation["version"], citation["license"]) == (
        project["name"],
        project["version"],
        project["license"],
    )
    (paper,) = citation["references"]
    assert paper["title"] in (ROOT / "README.md").read_text().replace("\n> ", " ")
    assert [author["family-names"] for author in paper["authors"]] == ["Lu", "Wang", "Mardziel", "Datta"]


def test_files_keep_to_the_editorconfig():
    rules = ConfigParser(interpolation=None)
    rules.read_string("[root]\n" + (ROOT / ".editorconfig").read_text())
    sections = [(name, rules[name]) for name in rules.sections() if name != "root"]
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wrong = []
    for path in filter(lambda path: path.is_file(), map(ROOT.joinpath, listed.splitlines())):
        rule = {key: value for name, section in sections if covers(name, path.name) for key, value in section.items()}
        content = path.read_bytes()
        if b"\0" in content or not content:
            continue
        text = content.decode(rule["charset"])
        ends = rule["insert_final_newline"] != "true" or text.endswith("\n")
        trimmed = rule["trim_trailing_whitespace"] != "true" or not re.search(r"[ \t]+$", text, flags=re.MULTILINE)
        spaces = rule["indent_style"] != "space" or not re.search(r"^\t", text, flags=re.MULTILINE)
        if not (ends and trimmed and spaces and "\r" not in text):
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def covers(section: str, name: str) -> bool:
    """Does a section of .editorconfig cover a file of that name?"""
    prefix, brace, rest = section.partition("{")
    if not brace:
        return fnmatch(name, section)
    inside, _, suffix = rest.partition("}")
    return any(fnmatch(name, f"{prefix}{each}{suffix}") for each in inside.split(","))
