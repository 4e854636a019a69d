"""`python -m efficientmod_export` is `efficientmod`."""

from efficientmod_export.cli import main

main()
