"""The section 団体: importing it registers the routes of its parts."""

from functions.console.accounts import changing, ending, keys, overview, staff, touchpoints

PARTS = (overview, changing, ending, keys, touchpoints, staff)
