"""The tests mirror the packages; see CONTRIBUTING.md."""
