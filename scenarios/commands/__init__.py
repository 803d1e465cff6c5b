"""The commands that measure, check and print, beside `list`, `run` and `report`."""
