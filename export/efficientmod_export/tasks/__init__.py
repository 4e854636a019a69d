"""One folder for each task: what a network's outputs are for, and what an app does with them.

The folders are found, not listed: to add a task is to add a folder.
"""

from efficientmod_export.tasks._find import all_tasks, find_tasks, recognise
from efficientmod_export.tasks._task import NetworkFacts, Task

__all__ = ["NetworkFacts", "Task", "all_tasks", "find_tasks", "recognise"]
