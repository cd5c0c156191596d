"""SES, LINE and Twilio as one loopback server over TLS: takes everything, and counts it.

The stand-ins of local/ check and keep every message; they would cost more than the senders that
are measured. This one is an event loop that reads only what it must count.
"""

import argparse
import asyncio
import json
import ssl
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"


class Providers:
    """What was taken, and how the answers look."""

    def __init__(self) -> None:
        self.latency, self.ses_rate = 0.0, 1e6
        self.clear()

    def clear(self) -> None:
        self.calls: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.times: list[float] = []

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any, bool]:
        """Status, JSON, and whether it is a provider's call, which takes its time."""
        match method, path.rsplit("/", 1)[-1]:
            case "POST", "outbound-bulk-emails":
                sent = json.loads(body)["BulkEmailEntries"]
                to = [each["Destination"]["ToAddresses"][0] for each in sent]
                self._take("ses", to)
                results = [{"Status": "SUCCESS", "MessageId": f"m-{each}"} for each in to]
                return 200, {"BulkEmailEntryResults": results}, True
            case "POST", "outbound-emails":
                to = json.loads(body)["Destination"]["ToAddresses"]
                self._take("ses", to)
                return 200, {"MessageId": f"m-{to[0]}"}, True
            case "GET", "account":
                quota = {"MaxSendRate": self.ses_rate, "Max24HourSend": 1e9, "SentLast24Hours": 0}
                return 200, {"SendQuota": quota, "SendingEnabled": True}, False
            case "POST", "token":
                return 200, {"token_type": "Bearer", "access_token": "t", "expires_in": 900}, False
            case "POST", "multicast":
                self._take("line", json.loads(body)["to"])
                return 200, {}, True
            case "POST", "push":
                self._take("line", [json.loads(body)["to"]])
                return 200, {"sentMessages": [{"id": "1", "quoteToken": "q"}]}, True
            case "POST", "Messages.json":
                (to,) = parse_qs(body.decode())["To"]
                self._take("twilio", [to])
                created = "Wed, 25 Nov 2026 00:00:00 +0000"
                sms = {"sid": f"SM{self.calls['twilio']:032d}", "status": "queued"}
                return 201, {**sms, "date_created": created, "num_segments": "1"}, True
            case "GET", "taken":
                span = self.times[-1] - self.times[0] if self.times else 0.0
                most = max(self.taken.values(), default=0)
                told = {"calls": self.calls, "recipients": len(self.taken), "most": most}
                return 200, {**told, "seconds": span}, False
            case "PUT", "settings":
                self.clear()
                told = json.loads(body)
                self.latency, self.ses_rate = told["latency"], told["ses_rate"]
                return 200, {}, False
        return 404, {"message": f"no {method} {path}"}, False

    def _take(self, provider: str, recipients: list[str]) -> None:
        self.calls[provider] += 1
        self.taken.update(recipients)
        self.times.append(time.monotonic())


async def serve(
    providers: Providers, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of one connection, until it is closed."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            if fields.get("expect") == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            status, answer, waits = providers.answer(method, path.partition("?")[0], body)
            if waits and providers.latency:
                await asyncio.sleep(providers.latency)
            data = json.dumps(answer).encode()
            told = f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\n"
            writer.write(f"{told}content-length: {len(data)}\r\n\r\n".encode() + data)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of loopback that is its own root, and its key: for a day, and for nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a bench on loopback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "root.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    asked = parser.parse_args()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(asked.certificate, asked.key)
    providers = Providers()
    server = await asyncio.start_server(
        lambda reader, writer: serve(providers, reader, writer),
        LOOPBACK,
        asked.port,
        ssl=tls,
        limit=1 << 24,
        backlog=512,
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
