"""What the whole-stack story is made of; see ../run."""
