"""What this room hands to the application: blueprints, kinds of activities, sweeps."""

from flask import Blueprint

from lti_tool.ledger.kinds import Kind, Sweep

BLUEPRINTS: tuple[Blueprint, ...] = ()
KINDS: tuple[Kind, ...] = ()
SWEEPS: tuple[Sweep, ...] = ()
