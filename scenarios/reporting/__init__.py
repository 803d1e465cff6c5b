"""What the report is made of: the runs of many questions, the page, and the folder for a paper."""
