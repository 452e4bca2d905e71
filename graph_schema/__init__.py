"""The schema of the platform graph, declared once."""
