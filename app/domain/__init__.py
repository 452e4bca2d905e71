"""The use cases and their pure cores, a module a domain."""
