"""Journeys in a real Chromium against real servers; fixtures in conftest.py, what a page can be asked in screens.py."""
