"""Deploys infra/template.yaml as it is to the local platform, and adds what the platform skips.

What `sam deploy` does on AWS: package each CodeUri, upload it, create the stack. Dependencies are
not packaged; the Lambdas run under this very environment, which has them.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError
from samtranslator.yaml_helper import yaml_parse

from local.processes import StartError

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "infra" / "template.yaml"

_ARTEFACTS = "kizuna-artefacts"
_CODE_PROPERTY = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


class DeployError(StartError):
    """The local platform did not take the template; the message names the resource."""


def deploy(stack: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create `stack` from the template and return its outputs. DeployError where it fails."""
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    _package(template)
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=stack,
        TemplateURL=_upload(template),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    try:
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except WaiterError as error:
        raise DeployError(_first_failure(stack)) from error
    physical = _physical(stack)
    _add_time_to_live(physical, template)
    _add_object_lock(physical, template, parameters)
    _add_routes(physical, template)
    return stack_outputs(stack)


def stack_outputs(stack: str) -> dict[str, str]:
    """The outputs of a stack, here or on AWS."""
    (found,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def _package(template: dict[str, Any]) -> None:
    """Upload each code folder once, and point the template at it."""
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket=_ARTEFACTS,
        CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},  # type: ignore[typeddict-item]
    )
    uploaded: dict[Path, str] = {}
    for resource in template["Resources"].values():
        name = _CODE_PROPERTY.get(resource["Type"])
        if name is None:
            continue
        folder = (TEMPLATE.parent / resource["Properties"][name]).resolve()
        if folder not in uploaded:
            within = Path("python") if name == "ContentUri" else Path()
            key = f"{folder.name}.zip"
            s3.put_object(Bucket=_ARTEFACTS, Key=key, Body=_zip(folder, within))
            uploaded[folder] = f"s3://{_ARTEFACTS}/{key}"
        resource["Properties"][name] = uploaded[folder]


def _upload(template: Mapping[str, Any]) -> str:
    """Where the template lies: CloudFormation takes 51,200 bytes with a call, and 1 MB from S3."""
    s3 = boto3.client("s3")
    s3.put_object(Bucket=_ARTEFACTS, Key="template.json", Body=json.dumps(template).encode())
    return f"{s3.meta.endpoint_url}/{_ARTEFACTS}/template.json"


def _zip(folder: Path, within: Path) -> bytes:
    """A folder as an archive in which a file's path is its path from the repository root."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, within / path.relative_to(ROOT))
    return buffer.getvalue()


def _physical(stack: str) -> dict[str, str]:
    """The physical id of each logical one."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack)
        for each in page["StackResourceSummaries"]
    }


def _add_time_to_live(physical: Mapping[str, str], template: Mapping[str, Any]) -> None:
    for name, resource in template["Resources"].items():
        wanted = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if wanted:
            try:
                boto3.client("dynamodb").update_time_to_live(
                    TableName=physical[name], TimeToLiveSpecification=wanted
                )
            except ClientError as error:  # a later version of the platform may do it itself
                if error.response["Error"]["Code"] != "ValidationException":
                    raise


def _add_object_lock(
    physical: Mapping[str, str], template: Mapping[str, Any], parameters: Mapping[str, str]
) -> None:
    """The locks of buckets, which the platform knows but does not take from a template."""
    known = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}
    known |= parameters
    for name, resource in template["Resources"].items():
        lock = resource.get("Properties", {}).get("ObjectLockConfiguration")
        if lock:
            retention = lock["Rule"]["DefaultRetention"]
            years = int(known[retention["Years"]["Ref"]])
            boto3.client("s3").put_object_lock_configuration(
                Bucket=physical[name],
                ObjectLockConfiguration={
                    "ObjectLockEnabled": lock["ObjectLockEnabled"],
                    "Rule": {"DefaultRetention": {"Mode": retention["Mode"], "Years": years}},
                },
            )


def _add_routes(physical: Mapping[str, str], template: Mapping[str, Any]) -> None:
    """The routes of HTTP APIs, from the functions' events: the platform skips the body in which
    SAM puts them.
    """
    gateway = boto3.client("apigatewayv2")
    lambdas = boto3.client("lambda")
    for name, resource in template["Resources"].items():
        events = resource.get("Properties", {}).get("Events", {}).values()
        routes = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
        if not routes:
            continue
        function = lambdas.get_function(FunctionName=physical[name])["Configuration"]
        for route in routes:
            api = physical[route["ApiId"]["Ref"]]
            key = f"{route['Method']} {route['Path']}"
            if key in {each["RouteKey"] for each in gateway.get_routes(ApiId=api)["Items"]}:
                continue
            integration = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=function["FunctionArn"],
                PayloadFormatVersion="2.0",
            )
            target = f"integrations/{integration['IntegrationId']}"
            gateway.create_route(ApiId=api, RouteKey=key, Target=target)


def _first_failure(stack: str) -> str:
    events = boto3.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    failed = [e for e in events if e.get("ResourceStatus", "").endswith("FAILED")]
    if not failed:
        return f"the stack {stack} was not created, and no resource says why"
    first = min(failed, key=lambda event: event["Timestamp"])
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"
