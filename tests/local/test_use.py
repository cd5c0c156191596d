"""Pointing a process at the local platform, on a machine that is set up for the world outside."""

import os

import pytest

from local.platform import Address, use

NAMES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "NO_PROXY", "no_proxy", "KIZUNA_STACK")
HERE = Address(1, "http://127.0.0.1:4566", "http://127.0.0.1:8400")


def test_neither_a_profile_nor_a_proxy_of_the_machine_stands_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (*NAMES, *HERE.environment()):
        monkeypatch.setenv(name, "of the machine")

    use(HERE)

    assert "AWS_PROFILE" not in os.environ
    assert "AWS_SESSION_TOKEN" not in os.environ
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "127.0.0.1,of the machine"
