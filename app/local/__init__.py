"""What `make up` starts on one machine: a real Neo4j and Redis, the API and a worker, and the example."""
