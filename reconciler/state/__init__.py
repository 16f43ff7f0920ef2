"""What is remembered of an account: bindings, protections and the records of calls."""
