"""Asked: what would be registered once an address is confirmed, shown before the button.

A stranger may have filled in the form. So the owner of the address sees what would be stored, what
would become of a record that is there already, and whether messages that stopped would come again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from functions.register.family import TOUCHPOINT
from functions.register.resources import Resources
from functions.register.wording import say, stage_words
from shared.rules.dates import jst_date
from shared.rules.joining import Addition, Application, What, additions
from shared.rules.subscriber import Language, Subscriber
from shared.store.confirmations import Confirmation


@dataclass(frozen=True, slots=True)
class Line:
    """One pregnancy or child, or twins, and what would become of it, in words."""

    text: str
    twins: bool
    names: tuple[str, ...]
    starts: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application would do: `known` where the address has a record, `starts` where it
    would start what has stopped, `nothing_else` where it would do nothing besides.
    """

    account: str
    touchpoint: str | None
    lines: tuple[Line, ...]
    known: bool
    language: str | None

    @property
    def starts(self) -> bool:
        """Whether they have to say what they want."""
        return any(each.starts for each in self.lines)

    @property
    def nothing_else(self) -> bool:
        """Whether nothing is left where what has stopped stays so."""
        return all(each.starts for each in self.lines)


def asked_for(
    resources: Resources, waiting: Confirmation, at: datetime, *, with_record: bool = True
) -> Asked:
    """What is asked for. `with_record`: whoever sees it has shown that the address is theirs, so
    that it may say what is there; else it is shown as the form was filled in.
    """
    account = resources.store.accounts.get(waiting.account)
    settings = account.on(jst_date(at)) if account else None
    name, application = settings.name if settings else "", waiting.application
    if application is None:
        return Asked(name, None, (), known=False, language=None)
    known = _record(resources, waiting) if with_record else None
    found = (
        [Addition(each, What.ADDED, starts=False, renamed=False) for each in application.children]
        if known is None
        else additions(known, application.children, at)
    )
    said = waiting.language
    other = known is not None and known.language is not application.language
    return Asked(
        name,
        _touchpoint(resources, application, said),
        _lines(found, jst_date(at), said, known=known is not None),
        known=known is not None,
        language=_language(application.language, said) if other else None,
    )


def has_record(resources: Resources, waiting: Confirmation) -> bool:
    """Whether the address is known in the account: told to nobody but its owner."""
    return _record(resources, waiting) is not None


def _record(resources: Resources, waiting: Confirmation) -> Subscriber | None:
    place = (waiting.account, waiting.address)
    known = resources.store.subscribers.at_addresses([place]).get(place)
    return resources.store.subscribers.get(known) if known else None


def _lines(
    found: Sequence[Addition], today: date, said: Language, *, known: bool
) -> tuple[Line, ...]:
    """Each date once: twins share it."""
    lines = []
    for first in dict.fromkeys(_nameless(each) for each in found):
        together = [each for each in found if _nameless(each) == first]
        named = [each for each in together if each.child.nickname]
        lines.append(
            Line(
                _said(first, today, said, known=known),
                twins=len(together) > 1,
                names=tuple(
                    say(f"asked.{'renamed' if each.renamed else 'name'}", said, name=name)
                    for each in named
                    if (name := each.child.nickname)
                ),
                starts=first.starts,
            )
        )
    return tuple(lines)


def _nameless(addition: Addition) -> Addition:
    return replace(addition, child=replace(addition.child, nickname=None), renamed=False)


def _said(addition: Addition, today: date, said: Language, *, known: bool) -> str:
    kind = "due" if addition.child.birth_date is None else "born"
    stage = stage_words(addition.child, today, said)
    if not known:
        return say(f"asked.new_{kind}", said, stage=stage)
    if addition.what in (What.CORRECTED, What.BORN):
        return say(f"asked.{addition.what}", said, stage=stage)
    return say(f"asked.{addition.what}_{kind}", said, stage=stage)


def _touchpoint(resources: Resources, asked: Application, said: Language) -> str:
    if asked.touchpoint == TOUCHPOINT:
        return say("asked.invited", said)
    found = resources.store.touchpoints.get(asked.account, asked.touchpoint)
    return found.name if found else asked.touchpoint


def _language(language: Language, said: Language) -> str:
    return say("me.english" if language is Language.ENGLISH else "me.japanese", said)
