"""`python -m efficientmod_export` is `efficientmod`."""

from efficientmod_export._cli import main

main()
