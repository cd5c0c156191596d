"""`kizuna`: the program of operators and staff, against AWS or the local platform."""

import os
import signal
import sys
import traceback
from pathlib import Path

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import TyperException

from cli.account.app import account
from cli.au.app import au
from cli.cancel import cancel
from cli.dead.app import dead
from cli.demo import demo
from cli.dispatch import dispatch
from cli.erase import erase
from cli.errors import KizunaError
from cli.exporting import exporting
from cli.guard import guard
from cli.importing import importing
from cli.line.app import line
from cli.links import links
from cli.pause import pause, pauses, resume
from cli.resend import resend
from cli.runs import runs
from cli.staff import staff
from cli.stage import stage
from cli.stop import stop
from cli.touchpoint.app import touchpoint
from cli.up import env, up
from cli.why import why
from local.platform import STATE
from shared.office.errors import MisaskedError, NotDoneError

app = typer.Typer(
    help="Kizuna: the right few sentences on the right day, for expectant and new parents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, up, env, dispatch, runs, why, stage, stop, erase):
    app.command()(command)
for control in (pause, resume, pauses, cancel, resend):
    app.command()(control)
app.add_typer(account, name="account")
app.add_typer(au, name="au")
app.add_typer(importing, name="import")
app.add_typer(exporting, name="export")
app.add_typer(staff, name="staff")
app.add_typer(guard, name="guard")
app.add_typer(dead, name="dead")
app.add_typer(touchpoint, name="touchpoint")
app.add_typer(line, name="line")
app.add_typer(links, name="links")


def main() -> None:
    """Run a command; whatever goes wrong is one line on standard error and an exit status."""
    # Ended from outside, a command still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message(), error.exit_code)
    except typer.Abort:
        _fail("interrupted", 1)
    except KizunaError as error:
        _fail(str(error), error.status)
    except NotDoneError as error:
        _fail(str(error), 2 if isinstance(error, MisaskedError) else 1)
    except (ClientError, BotoCoreError) as error:
        _fail(f"AWS: {error}", 1)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception:  # noqa: BLE001 - the edge of the program: never a traceback for its user
        _fail(f"a fault of the program itself; please report {_keep_traceback()}", 1)
    sys.exit(status if isinstance(status, int) else 0)


def _keep_traceback() -> Path:
    """Write what happened where staff can send it from; it may name records, so it is not shown."""
    STATE.mkdir(exist_ok=True)
    file = STATE / "fault.txt"
    file.touch(mode=0o600)
    file.write_text(traceback.format_exc(), encoding="utf-8")
    return file


def _fail(line: str, status: int) -> None:
    if line:  # a group without its command has shown its help instead
        sys.stderr.write(f"kizuna: {' '.join(line.split())}\n")
    sys.exit(status)
