"""`python -m lti_tool` is `dangke`."""

from lti_tool.cli import main

main()
