"""The resolver of the console, and the guard before all of its routes."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from functions.console.resources import resources
from shared.console.guard import Guard

app = APIGatewayHttpResolver()
guard = Guard(app, lambda: resources().store.sessions)
