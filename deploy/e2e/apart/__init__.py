"""What the story of hosts that are apart is made of; see ../hosts."""
