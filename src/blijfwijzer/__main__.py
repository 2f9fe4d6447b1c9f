"""Run the command line with `python -m blijfwijzer`."""

from blijfwijzer.cli import main

main()
