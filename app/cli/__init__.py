"""The command line, which talks GraphQL only."""
