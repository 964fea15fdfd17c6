"""`python -m clmil`, which is how launchers of several processes start the command line."""

from clmil.cli.main import main

main()
