"""Roles: what those who are signed in to the console may do."""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the office: each of its own may do what the one before may."""

    OFFICER = "officer"
    """Of a municipality: sees that account's figures, and nothing else."""
    VIEWER = "viewer"
    """Sees everything that is no person."""
    EDITOR = "editor"
    """Writes texts, helps subscribers, holds and lets go what is sent."""
    REVIEWER = "reviewer"
    """Reviews and shares figures, publishes texts."""
    ADMIN = "admin"
    """Accounts, credentials, staff."""


_OFFICE = (Role.VIEWER, Role.EDITOR, Role.REVIEWER, Role.ADMIN)


def may(role: Role, needs: Role) -> bool:
    """Whether somebody of a role may do what needs another. An officer is none of the office's, and
    none of those is an officer.
    """
    if Role.OFFICER in (role, needs):
        return role is needs
    return _OFFICE.index(role) >= _OFFICE.index(needs)


def highest(groups: Collection[str]) -> Role | None:
    """The highest role among the groups of an identity provider; None where there is none."""
    found = [each for each in Role if each in groups]
    return found[-1] if found else None
