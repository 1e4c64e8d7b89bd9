"""`python -m records_project`: the command line, wherever Records is installed."""

from records_project.cli import main

main()
