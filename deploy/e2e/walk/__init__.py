"""What `deploy/e2e/readme` is made of."""
