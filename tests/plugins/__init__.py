"""pytest plugins of the project; the root conftest.py loads them."""
