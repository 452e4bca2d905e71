"""The API's endpoints and middleware."""
