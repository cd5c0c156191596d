"""What sending costs, beside the plain Lambda way and a bare asynchronous sender.

All three send the same work over the same providers, in turns, each time in a process of its own
that has sent to a few before. CPU is that process's own; DynamoDB and the providers are others.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import urllib3

from bench.sending import town
from bench.sending.process import Spec
from bench.sending.provider_server import LOOPBACK, make_certificate
from bench.sending.work import readers
from local.processes import aws_environment, free_port, start_aws
from shared.rules.account import Channel

WAYS = ("kizuna", "plain", "bare")
ALL = tuple(each.value for each in Channel)
UNLIMITED = {"LineRate": "1000000", "SmsRate": "1000000"}
SES_RATE = 200
SLOW_PROVIDER, SLOW_AWS = 0.150, 0.005
PACED = (
    ("email", 2_000, 200, {}),
    ("line", 16_000, 2_000, {"LineRate": "2000"}),
    ("line", 16_000, 10_000, {"LineRate": "10000"}),
    ("sms", 500, 50, {"SmsRate": "100"}),
)
"""Paced runs: the recipients, how many a second the rate lets out (an SMS takes two segments), and
the rate. LINE's second rate is beyond what one Lambda sends, so that it shows what that is."""
LARGE = 100_000
RESULTS = Path(__file__).parents[1] / "results"

Row = dict[str, Any]


class Bench:
    """Runs ways on work, and notes what they came to."""

    def __init__(self, folder: Path, providers_url: str, certificate: Path) -> None:
        self._folder, self._url, self._certificate = folder, providers_url, certificate
        self._http = urllib3.PoolManager(ca_certs=str(certificate))

    def run(
        self,
        spec: Spec,
        *,
        rates: dict[str, str],
        latency: float = 0,
        aws: float = 0,
        ses: float = 1e6,
    ) -> Row:
        """One run in a process of its own."""
        told = {"latency": 0, "ses_rate": ses}
        found: dict[str, str] = {}
        if spec.way == "kizuna":
            channels = tuple(map(Channel, spec.channels))
            found = town.build(readers(spec.recipients, channels), rates)
        self._http.request("PUT", f"{self._url}/settings", json={**told, "latency": latency})
        result = self._folder / "result.json"
        result.unlink(missing_ok=True)
        with (self._folder / "run.log").open("w") as log:
            subprocess.run(
                [sys.executable, "-m", "bench.sending.process", json.dumps(asdict(spec)), result],
                env={**os.environ, **found, **self._ways(), "BENCH_AWS_SECONDS": str(aws)},
                stdout=log,
                stderr=log,
                check=False,
            )
        if not result.exists():
            sys.exit(f"{spec} failed:\n{(self._folder / 'run.log').read_text()[-3000:]}")
        row: Row = json.loads(result.read_text())
        taken = self._http.request("GET", f"{self._url}/taken").json()
        few = 2 * len(spec.channels)
        if (taken["recipients"], taken["most"]) != (spec.recipients + few, 1):
            sys.exit(
                f"{spec}: {taken['recipients'] - few} got it, one of them {taken['most']} times"
            )
        row["provider_calls"] = sum(taken["calls"].values())
        return row

    def _ways(self) -> dict[str, str]:
        trusted = dict.fromkeys(
            ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"), str(self._certificate)
        )
        urls = dict.fromkeys(("AWS_ENDPOINT_URL_SESV2", "LINE_API", "TWILIO_API"), self._url)
        return {**trusted, **urls}


def costs(bench: Bench, recipients: int, rounds: int) -> list[Row]:
    """CPU and wall of each way, all channels together and each alone, without any latency."""
    rows = []
    for channels in (ALL, *((each,) for each in ALL)):
        found: dict[str, list[Row]] = defaultdict(list)
        for _ in range(rounds):
            for way in WAYS:
                found[way].append(bench.run(Spec(way, recipients, channels), rates=UNLIMITED))
        for way in WAYS:
            rows.append(
                {
                    "way": way,
                    "channels": " ".join(channels),
                    "cpu_us": round(median(r["cpu"] for r in found[way]) / recipients * 1e6),
                    "wall_us": round(median(r["wall"] for r in found[way]) / recipients * 1e6),
                    "provider_calls": round(found[way][0]["provider_calls"] * 1000 / recipients),
                    "megabytes": round(max(r["megabytes"] for r in found[way])),
                }
            )
            show(rows[-1])
    return rows


def paces(bench: Bench) -> list[Row]:
    """How much of a rate one Lambda keeps, with providers and AWS as slow as they are."""
    rows = []
    for channel, recipients, a_second, rates in PACED:
        spec = Spec("kizuna", recipients, (channel,))
        row = bench.run(spec, rates=rates, latency=SLOW_PROVIDER, aws=SLOW_AWS, ses=SES_RATE)
        rate = recipients / row["seconds"][channel]
        rows.append(
            {
                "channel": channel,
                "recipients": recipients,
                "recipients_a_second": round(rate, 1),
                "share_of_rate": f"{rate / a_second:.0%}",
                "aws_calls_per_1000": round(row["aws_calls"][channel] * 1000 / recipients, 1),
                "cpu_us": round(row["cpu"] / recipients * 1e6),
                "megabytes": round(row["megabytes"]),
            }
        )
        show(rows[-1])
    return rows


def large(bench: Bench) -> list[Row]:
    """The most memory over a large job."""
    row = bench.run(Spec("kizuna", LARGE, ("email",)), rates=UNLIMITED)
    rows = [{"recipients": LARGE, "megabytes": round(row["megabytes"]), "wall": round(row["wall"])}]
    show(rows[0])
    return rows


def show(row: Row) -> None:
    print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def machine() -> str:
    """The processor and how many of it there are, as a file's name."""
    model = "unknown"
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            model = line.partition(": ")[2]
            break
    return "-".join(f"{model} {os.cpu_count()} cores".replace("@", "").lower().split())


@contextmanager
def a_bench() -> Iterator[Bench]:
    """Everything that a run needs, on loopback."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate, key = make_certificate(folder)
        port, aws_port = free_port(), free_port()
        arguments = ["--port", str(port), "--certificate", certificate, "--key", key]
        server = [sys.executable, "-m", "bench.sending.provider_server", *arguments]
        providers = subprocess.Popen(server)
        os.environ.update(aws_environment(f"http://{LOOPBACK}:{aws_port}"))
        aws = start_aws(aws_port, folder, {})
        try:
            yield Bench(folder, f"https://{LOOPBACK}:{port}", certificate)
        finally:
            aws.stop()
            providers.terminate()
            providers.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sending", description=__doc__)
    parser.add_argument("--recipients", type=int, default=1_000, help="of a run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each way (%(default)s)")
    parser.add_argument("--memory", action="store_true", help="of a job of 100,000 too (minutes)")
    parser.add_argument("--smoke", action="store_true", help="only see that it works; keep nothing")
    asked = parser.parse_args()
    found: dict[str, Any] = {"of": f"{datetime.now(UTC):%Y-%m-%d}", "rounds": asked.rounds}
    with a_bench() as bench:
        found["costs"] = costs(bench, asked.recipients, asked.rounds)
        if asked.smoke:
            return
        found["paces"] = paces(bench)
        if asked.memory:
            found["memory"] = large(bench)
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / f"sending-{machine()}.json"
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"kept as bench/results/{kept.name}")


if __name__ == "__main__":
    main()
