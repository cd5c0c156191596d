"""The farewell of an account that ends, from a file."""

from pathlib import Path

from cli.errors import CallError
from shared.office.texts import read_text
from shared.rules.text import Text


def read_farewell(path: Path | None, notice: str | None) -> Text | None:
    """The farewell of a file: the first line is its title, the rest its text. CallError where the
    rules of texts do not let it through.
    """
    if path is None:
        if notice is not None:
            raise CallError("--notice is the farewell's SMS: give the farewell with --farewell")
        return None
    try:
        title, _, text = path.read_text(encoding="utf-8-sig").strip().partition("\n")
        return read_text(title.strip(), text.strip(), (notice or title).strip())
    except UnicodeDecodeError:
        raise CallError(f"{path.name}: must be a text in UTF-8") from None
    except OSError as error:
        raise CallError(f"{path.name}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise CallError(f"{path.name}: {error}") from None
