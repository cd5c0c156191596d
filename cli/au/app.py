"""`kizuna au`: active users, counted, reviewed, shared, reported and foreseen."""

import typer

from cli.au.backtest import backtest
from cli.au.external import external
from cli.au.forecast import show_forecast
from cli.au.published import published
from cli.au.report import report
from cli.au.reviewing import comment, review, share
from cli.au.showing import list_snapshots, show
from cli.au.taking import check, month_end, take

au = typer.Typer(
    help="AU (active users): snapshots that never change, their review, reports and forecasts.",
    no_args_is_help=True,
)
for command in (take, show, check, review, comment, share, external, published, report, backtest):
    au.command()(command)
au.command("month-end")(month_end)
au.command("list")(list_snapshots)
au.command("forecast")(show_forecast)
