"""What a single question needs and its file is too short for: its tables, its cases, its figures, under its name."""
