"""What may be shown of a dead letter: which job, notice or event it is, and nothing of a person.

A body is read by these types alone. What is not in them is never shown, and a body that does not
fit is not shown at all.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    computed_field,
)

from shared.rules.account import Channel
from shared.subscribers.notices import NoticeKind

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Our own ids and LINE's: none could be an address or a name with a blank."""


class Shown(BaseModel):
    """What is told of one letter."""

    model_config = ConfigDict(frozen=True)


class Job(Shown):
    """A job."""

    account: Id
    date: date
    channel: Channel
    shard: int
    announcement: Id | None = None


class Notice(Shown):
    """A notice: of a confirmation, or of a subscriber."""

    kind: NoticeKind
    id: Id


class LineEvent(Shown):
    """Something that happened in an account's LINE chat, by LINE's id."""

    account: Id
    id: Id


class SesKind(StrEnum):
    """The kinds of SES's events (SES developer guide, November 2026)."""

    SEND = "Send"
    DELIVERY = "Delivery"
    DELIVERY_DELAY = "DeliveryDelay"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    REJECT = "Reject"
    RENDERING_FAILURE = "Rendering Failure"
    OPEN = "Open"
    CLICK = "Click"
    SUBSCRIPTION = "Subscription"


class SesMail(BaseModel):
    """When the mail was sent that an event is about; all else in it is a person's."""

    timestamp: AwareDatetime


class SesNews(Shown):
    """An event of SES: it holds addresses, so only its kind and the time of its mail are told."""

    kind: SesKind = Field(alias="eventType")
    mail: SesMail = Field(exclude=True, repr=False)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def at(self) -> AwareDatetime:
        """When the mail was sent."""
        return self.mail.timestamp


S = TypeVar("S", bound=Shown)


def shown(kind: type[S], body: str) -> S | None:
    """What may be told of a letter, or None where it is no such one."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return None
