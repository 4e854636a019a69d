"""Phones' reports: read, computed again from their raw numbers, compared, shown. Their format is in `contract/`."""
