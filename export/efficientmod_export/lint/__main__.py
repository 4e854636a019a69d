"""`python -m efficientmod_export.lint PAGE` writes the rules into a Markdown page between its marks."""

import sys
from pathlib import Path

from efficientmod_export.lint._page import page_with_rules

page = Path(sys.argv[1])
page.write_text(page_with_rules(page.read_text(encoding="utf-8")), encoding="utf-8")
