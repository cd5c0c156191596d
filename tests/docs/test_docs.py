"""The documents hold what they say: commands, options, targets, folders, paths, links, settings."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.dead.queues import QUEUES
from cli.main import app
from functions.email.ses import ENTRY_RESULTS
from functions.sms.twilio_api import CODES
from shared.rules.account import Channel
from shared.rules.stage import Reason
from tests.template import TEMPLATE, resources_of

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "local/sample/README.md"]
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

MADE = (".venv",)
"""What begins so is made on the machine, and not there before."""

IN_THE_BUCKET = ("content/", "au/")
"""Keys of S3 objects look like paths of files."""

FILE = re.compile(r"[\w*-][\w.*-]*\.(py|md|in|txt|toml|yaml|j2|css)")
PATH = re.compile(r"\.?[\w*-][\w.*-]*/[\w./*-]*")

every_document = pytest.mark.parametrize("name", NAMES)


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(name: str) -> Iterator[str]:
    """The lines of fenced code, those that go on in the next one joined."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text_of(name), re.MULTILINE | re.DOTALL):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()


def spans(name: str) -> list[str]:
    """The code in the middle of sentences."""
    prose = re.sub(r"^```.*?^```", "", text_of(name), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def calls(name: str) -> Iterator[list[str]]:
    """Every call of the program that a document shows, as its words."""
    for line in [*fenced(name), *spans(name)]:
        found = re.match(r"(?:\$ )?(?:eval \"\$\()?(?:\.venv/bin/)?kizuna( .*)?$", line)
        if found and found[1]:
            yield shlex.split(found[1].removesuffix(')"'))
        demo = re.match(r"make demo ARGS='(.*)'", line)
        if demo:
            yield ["demo", *shlex.split(demo[1])]


def commands(group: Any = None, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every command of the program by its words."""
    group = group or typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, (*path, name))
        else:
            found[" ".join((*path, name))] = command
    return found


def groups() -> set[str]:
    return {words.rpartition(" ")[0] for words in commands()} | {""}


@every_document
def test_every_command_and_option_that_is_shown_exists(name):
    known = commands()
    for call in calls(name):
        if call[0] == "--help" or call in ([group] for group in groups()):
            continue  # `kizuna import` as a word of a sentence
        words = " ".join(call[:2]) if call[0] in groups() else call[0]
        assert words in known, f"kizuna {' '.join(call)}"
        options = {opt for each in known[words].params for opt in each.opts} | {"--help"}
        given = {word.partition("=")[0] for word in call if re.match(r"--?[a-z]", word)}
        assert given <= options, f"kizuna {' '.join(call)}: {given - options}"


def test_every_command_is_in_the_readme():
    shown = "\n".join(" ".join(call) for call in calls("README.md"))

    assert [
        words for words in commands() if not re.search(rf"^{words}\b", shown, re.MULTILINE)
    ] == []


def targets() -> set[str]:
    """The targets that `make help` lists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):[^#\n]*## ", makefile, re.MULTILINE))


@every_document
def test_every_make_target_that_is_named_exists(name):
    code = "\n".join([*fenced(name), *spans(name)])

    assert set(re.findall(r"^make ([a-z-]+)", code, re.MULTILINE)) <= targets()


def test_every_make_target_is_told_to_who_works_here():
    shown = set(spans("CONTRIBUTING.md"))

    assert [target for target in targets() if f"make {target}" not in shown] == []


def test_every_folder_is_on_the_map():
    ignored = [line.rstrip("/") for line in text_of(".gitignore").splitlines() if line]
    folders = [
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and path.name[0] != "." and not any(fnmatch(path.name, i) for i in ignored)
    ]
    on_the_map = set(re.findall(r"`([\w/]+)/`", text_of("README.md")))

    assert [name for name in folders if name not in on_the_map] == []
    for subject in (ROOT / "functions").iterdir():
        assert f"functions/{subject.name}" in on_the_map or subject.name == "__pycache__"


@cache
def files() -> frozenset[str]:
    """The names of all files of ours, wherever they are."""
    folders = [each for each in ROOT.iterdir() if each.is_dir() and each.name[0] != "."]
    below = (path for folder in folders for path in folder.rglob("*"))
    return frozenset(path.name for path in [*ROOT.iterdir(), *below] if path.is_file())


@every_document
def test_every_path_that_is_named_exists(name):
    missing = []
    for span in spans(name):
        if span.startswith((*MADE, *IN_THE_BUCKET)):
            continue
        pattern = re.sub(r"<[\w -]+>", "*", span)
        if PATH.fullmatch(pattern):
            found = any(ROOT.glob(pattern)) or any((ROOT / name).parent.glob(pattern))
        elif FILE.fullmatch(pattern):
            found = any(fnmatch(each, pattern) for each in files())
        else:
            continue
        if not found:
            missing.append(span)

    assert missing == []


@every_document
def test_every_test_that_is_named_exists(name):
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    named = [span for span in spans(name) if re.fullmatch(r"test_\w+", span)]
    assert [each for each in named if f"def {each}(" not in tests] == []


@every_document
def test_every_relative_link_leads_somewhere(name):
    links = re.findall(r"\]\(([^)\s]+)\)", text_of(name))
    inside = [
        link.partition("#")[0] for link in links if not re.match(r"https?://|mailto:|#", link)
    ]

    assert [link for link in inside if not ((ROOT / name).parent / link).exists()] == []


def settings_read() -> set[str]:
    """The environment variables that the code that ships reads."""
    found = set()
    for folder in ("functions", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                found |= set(_asked_for(node))
    return found


def _asked_for(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call) or not node.args:
        return
    asks = ast.unparse(node.func) in {"setting", "platform_keys", "os.environ.get", "os.getenv"}
    match node.args[0] if asks else None:
        case ast.Constant(value=str(name)):
            yield name
        case ast.JoinedStr() as joined:  # f"{channel.name}_QUEUE"
            for channel in Channel:
                parts = (
                    p.value if isinstance(p, ast.Constant) else channel.name for p in joined.values
                )
                yield "".join(map(str, parts))


def test_every_setting_that_is_read_is_in_the_template():
    given = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    for function in resources_of("AWS::Serverless::Function").values():
        given |= set(function.get("Environment", {}).get("Variables", {}))

    read = settings_read()
    assert {"SUBSCRIBER_TABLE", "LINE_QUEUE", "CLOCK", "LINK_KEY"} <= read
    assert read <= given


def test_every_parameter_of_the_template_is_in_the_readme():
    shown = set(spans("README.md"))

    assert [name for name in TEMPLATE["Parameters"] if name not in shown] == []


def test_every_alarm_is_explained_to_staff_and_none_that_there_is_not():
    explained = set(re.findall(r"`(\w+Alarm)`", text_of("docs/operations.md")))

    assert explained == set(resources_of("AWS::CloudWatch::Alarm"))


def test_every_queue_of_dead_letters_is_explained_to_staff():
    section = text_of("docs/operations.md").partition("## Dead letters")[2]
    named = re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))

    assert sorted(named) == sorted(QUEUES)


def test_staff_are_told_what_every_reason_for_silence_means():
    rows = re.findall(r"^\| `(\w+)` \|", text_of("README.ja.md"), re.MULTILINE)

    assert [reason for reason in Reason if reason not in rows] == []


@pytest.mark.parametrize(("provider", "codes"), [("Email", ENTRY_RESULTS), ("SMS", CODES)])
def test_the_outcome_of_every_provider_code_is_told_as_it_is(provider, codes):
    section = text_of("docs/life-of-a-message.md").partition(f"**{provider}**")[2]
    table = section.lstrip(", `\n").partition("\n\n")[2].partition("\n\n")[0]
    told = {}
    for row in table.splitlines()[2:]:
        answers, outcome = (cell.strip() for cell in row.strip("|").split("|"))
        for code in re.findall(r"[A-Z_]{6,}|\d{5}", answers):
            told[code] = outcome.partition(":")[0].replace(" ", "_")

    assert told == {str(code): str(result) for code, result in codes.items()}


def test_no_document_is_forgotten_by_the_readme():
    records = set((ROOT / "docs").rglob("*.md")) - set((ROOT / "docs/decisions").rglob("*.md"))

    assert [
        each for each in records if each.relative_to(ROOT).as_posix() not in text_of("README.md")
    ] == []


def test_examples_of_json_can_be_read():
    for block in re.findall(
        r"^```json\n(.*?)^```", text_of("docs/keys.md"), re.MULTILINE | re.DOTALL
    ):
        for item in re.split(r"\n(?=\{)", block):
            assert isinstance(json.loads(item), dict)
