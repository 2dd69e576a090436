"""`python -m checkout` is the command line."""

from checkout.cli import main

main()
