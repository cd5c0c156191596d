"""`kizuna`: the program of operators and staff, against AWS or the local platform."""

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import TyperException

from cli.errors import KizunaError
from cli.stage import stage

app = typer.Typer(
    help="Kizuna: the right few sentences on the right day, for expectant and new parents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(stage)


def main() -> None:
    """Run a command; whatever goes wrong is one line on standard error and an exit status."""
    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message(), error.exit_code)
    except typer.Abort:
        _fail("interrupted", 1)
    except KizunaError as error:
        _fail(str(error), error.status)
    except (ClientError, BotoCoreError) as error:
        _fail(f"AWS: {error}", 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(line: str, status: int) -> None:
    sys.stderr.write(f"kizuna: {' '.join(line.split())}\n")
    sys.exit(status)
