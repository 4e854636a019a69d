"""The command line: `efficientmod` with its verbs, and `efficientmod-export`, the verb `export` by that name.

A verb is a file. What imports torch is imported by the verb that needs it: it takes seconds.
"""

from efficientmod_export.cli._main import main, main_export

__all__ = ["main", "main_export"]
