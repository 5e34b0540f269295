"""What this room hands to the application: blueprints, kinds of activities, sweeps."""

from flask import Blueprint


BLUEPRINTS: tuple[Blueprint, ...] = ()
