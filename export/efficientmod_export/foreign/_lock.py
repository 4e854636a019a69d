"""One lock for everything that affects the whole process: patches, redirected descriptors, signal handlers."""

import threading

PROCESS_LOCK = threading.RLock()
"""Held by a thread while it converts or redirects; another thread that wants to do so waits. Can be nested."""
