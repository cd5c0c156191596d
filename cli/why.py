"""`kizuna why`: what a subscriber gets or got on a day, or the reason for silence."""

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from cli.arguments import JsonOption, parse_date
from cli.errors import FailedError
from cli.target import StackOption, connect
from shared.office.why import Answer, explain, on_that_day
from shared.rules.subscriber import Subscriber


def why(
    subscriber: Annotated[str, typer.Argument(help="The subscriber's id.")],
    on: Annotated[date, typer.Option(parser=parse_date, metavar="DATE", help="The day (JST).")],
    as_json: JsonOption = False,
    stack: StackOption = None,
) -> None:
    """Say what a subscriber gets or got on a day, on which channel, or the reason for silence."""
    store = connect(stack).store
    found = store.subscribers.get(subscriber)
    if found is None:
        raise FailedError(f"there is no subscriber {subscriber!r}")
    found = on_that_day(found, on)
    account = store.accounts.get(found.account)
    settings = account.on(on) if account else None
    if account is None or settings is None:
        raise FailedError(f"the account {found.account} has no settings for {on}")
    answers = list(explain(store, found, account, settings, on))
    if as_json:
        report = {
            "subscriber": found.id,
            "account": found.account,
            "channel": found.channel,
            "date": on.isoformat(),
            "enrolments": [asdict(each) for each in answers],
        }
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    for each in answers:
        typer.echo(_line(found, each))


def _line(subscriber: Subscriber, answer: Answer) -> str:
    where = f"{answer.enrolment}: {answer.label or '-'}"
    if answer.reason:
        message = f" ({answer.message})" if answer.message else ""
        return f"{where}  silent: {answer.reason}{message}"
    code = f" ({answer.code})" if answer.code else ""
    when = f" at {answer.at}" if answer.at else ""
    channel = answer.channel or subscriber.channel
    return f"{where}  {answer.message}  {answer.outcome}{code} by {channel}{when}"
