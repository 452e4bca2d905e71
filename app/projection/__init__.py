"""Reads compiled: a GraphQL selection becomes one Cypher statement and one function that shapes its answer.

The package knows GraphQL's syntax tree and Cypher's text, and nothing of the platform: what types there are, and how
they hang together in the graph, it is told in a `Model`.
"""
