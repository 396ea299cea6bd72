"""A server without Docker: a Debian whose first process is systemd, and what is installed on it."""
