"""What the story of the reports is made of; see ../reports."""
