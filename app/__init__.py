"""The application: use cases, the API around them, the command line and the local start."""
