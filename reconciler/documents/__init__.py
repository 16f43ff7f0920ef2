"""YAML as text: reading with positions, variables, editing, formatting; knows no kind."""
