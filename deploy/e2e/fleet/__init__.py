"""What `deploy/e2e/containers` is made of."""
