"""Calls of SES that the tests share: bulk entries, and the refusal that a call meets."""

import json

import pytest
from botocore.exceptions import ClientError

SENDER = "kizuna@asunaro.example.jp"


def content(subject="{{subject}}", text="{{text}}", html="{{{html}}}", **more):
    parts = {"Subject": subject, "Text": text, "Html": html}
    return {"Template": {"TemplateContent": parts, "TemplateData": "{}", **more}}


def entry(to="hanako@example.com", data=None, **more):
    values = {"subject": "32週4日", "text": "本文", "html": "<p>本文 & more</p>", **(data or {})}
    return {
        "Destination": {"ToAddresses": [to]},
        "ReplacementEmailContent": {
            "ReplacementTemplate": {"ReplacementTemplateData": json.dumps(values)}
        },
        **more,
    }


def send(ses, *entries, **more):
    call = {"FromEmailAddress": SENDER, "DefaultContent": content(), **more}
    return ses.send_bulk_email(**call, BulkEmailEntries=list(entries))["BulkEmailEntryResults"]


def refusal(call, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def statuses(results):
    return [result["Status"] for result in results]
