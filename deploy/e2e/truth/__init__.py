"""What dashboards and rules ask for, held against what is really there; see ../names and ../queries."""
