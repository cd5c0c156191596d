"""Looks at what `sam build` made: does every handler start from its artefact and the layer alone?

For each function of the built template it reports the size, checks that every compiled module is
for the right processor, and (where that is this machine's) imports the handler in a fresh Python
that sees nothing but the artefact, the layer and what Lambda's runtime brings. Exit status 1 if
anything is wrong, with one line for each fault.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml

ROOT = Path(__file__).resolve().parent.parent
MB = 1_000_000
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (unzipped, with layers)
MAX_UNZIPPED = 250 * 1024 * 1024
# boto3 and what comes with it: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
IN_THE_RUNTIME = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3"]
ELF_MACHINES = {"x86_64": 62, "arm64": 183}

# Runs alone in the Lambdas' Python (-I -S: no user's and no system's packages).
IMPORT_HANDLER = """
import importlib, json, sys, time
paths, module, name = json.loads(sys.argv[1])
sys.path[:0] = paths
start = time.process_time()
handler = getattr(importlib.import_module(module), name)
assert callable(handler), name + " cannot be called"
print(round((time.process_time() - start) * 1000))
"""


@dataclass(frozen=True)
class Function:
    """A function of the built template: where its artefact is, and what Lambda would give it."""

    logical_id: str
    handler: str
    artefact: Path
    layers: list[Path]
    environment: dict[str, str]


def functions_of(template: dict[str, Any], build: Path) -> list[Function]:
    """The functions of a template that `sam build` wrote into the folder `build`."""
    resources = template["Resources"]
    shared = template.get("Globals", {}).get("Function", {})
    found = []
    for logical_id, resource in resources.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        own = resource["Properties"]
        layers = [*shared.get("Layers", []), *own.get("Layers", [])]
        variables = {
            **shared.get("Environment", {}).get("Variables", {}),
            **own.get("Environment", {}).get("Variables", {}),
        }
        found.append(
            Function(
                logical_id=logical_id,
                handler=own.get("Handler") or shared["Handler"],
                artefact=build / own["CodeUri"],
                layers=[
                    build / resources[layer["Ref"]]["Properties"]["ContentUri"]
                    for layer in layers
                    if isinstance(layer, dict) and layer.get("Ref") in resources
                ],
                environment={key: text_of(value, template) for key, value in variables.items()},
            )
        )
    return found


def text_of(value: object, template: dict[str, Any]) -> str:
    """A setting's text: as written, a parameter's default, or a stand-in for what AWS fills in."""
    if isinstance(value, dict):
        parameter = template.get("Parameters", {}).get(value.get("Ref"), {})
        return str(parameter.get("Default", "")) or "filled-in-by-aws"
    return str(value)


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def wrong_processor(folder: Path, architecture: str) -> list[Path]:
    """The compiled modules in a folder that are not for `architecture` (by their ELF header)."""
    return [
        path
        for path in folder.rglob("*.so*")
        if path.is_file()
        and int.from_bytes(path.read_bytes()[18:20], "little") != ELF_MACHINES[architecture]
    ]


def import_alone(function: Function, python: str, runtime: Path) -> tuple[int | None, str]:
    """The CPU milliseconds that importing the handler takes, or None and the reason it failed."""
    module, _, name = function.handler.rpartition(".")
    paths = [function.artefact, *(layer / "python" for layer in function.layers), runtime]
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [
                *(python, "-I", "-S", "-c", IMPORT_HANDLER),
                json.dumps([[str(path) for path in paths], module, name]),
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOME": elsewhere,
                "AWS_REGION": "ap-northeast-1",
                "AWS_DEFAULT_REGION": "ap-northeast-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
                "PYTHONDONTWRITEBYTECODE": "1",
                **function.environment,
            },
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode == 0:
        return int(done.stdout.split()[-1]), ""
    return None, (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]


def offer_runtime(folder: Path) -> Path:
    """Fills `folder` with links to the packages that Lambda's Python brings, and nothing else."""
    packages = Path(boto3.__file__).parent.parent
    for name in IN_THE_RUNTIME:
        (folder / name).symlink_to(packages / name)
    return folder


def main() -> int:
    """Prints a line for each function and layer, then the faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("build", type=Path, help="folder that sam build filled")
    parser.add_argument("--architecture", choices=ELF_MACHINES, required=True)
    parser.add_argument("--python", default="python3.13", help="the Lambdas' Python")
    options = parser.parse_args()
    build = ROOT / options.build
    runs_here = platform.machine().replace("aarch64", "arm64") == options.architecture
    template = yaml.safe_load((build / "template.yaml").read_text(encoding="utf-8"))

    functions = functions_of(template, build)
    layers = {layer for function in functions for layer in function.layers}
    faults = [] if functions else [f"{options.build}/template.yaml has no function"]
    for folder in sorted({function.artefact for function in functions} | layers):
        faults += [
            f"{path.relative_to(build)} is not for {options.architecture}"
            for path in wrong_processor(folder, options.architecture)
        ]
    print(f"{options.build} ({options.architecture})")
    for layer in sorted(layers):
        print(f"  {layer.name:24} {size(layer) / MB:6.1f} MB  layer")
    with tempfile.TemporaryDirectory() as links:
        runtime = offer_runtime(Path(links))
        for function in functions:
            own = size(function.artefact)
            whole = own + sum(size(layer) for layer in function.layers)
            took = "(of another processor: not imported)"
            if whole > MAX_UNZIPPED:
                faults.append(f"{function.logical_id}: {whole / MB:.0f} MB with its layers")
            if runs_here:
                cpu, reason = import_alone(function, options.python, runtime)
                took = "does not start" if cpu is None else f"{cpu:5} ms CPU to import"
                if cpu is None:
                    faults.append(f"{function.logical_id}: {function.handler}: {reason}")
            print(f"  {function.logical_id:24} {own / MB:6.1f} MB  {took}")
    for fault in faults:
        print(f"kizuna: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
