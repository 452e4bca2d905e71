"""Queries, changes and follows the platform with gql; creates a project of the name on the command line."""

import asyncio
import json
import os
import sys

from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLError

SERVER = os.environ.get("TRELLIS_SERVER", "http://127.0.0.1:8080")
AUTHORIZATION = f"Bearer {os.environ['TOKEN']}"

CREATE = """
mutation Create($input: CreateProjectInput!) {
  createProject(input: $input) { project { id version } problems { code message field } }
}
"""
FOLLOW = """
subscription Follow($filter: EventFilter) {
  events(after: "0", filter: $filter) { ... on Event { type subject } }
}
"""


def show(title: str, content: object) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps({title: content}) + "\n")


async def main(name: str) -> None:
    """Ask, change and follow."""
    requests = AIOHTTPTransport(f"{SERVER}/graphql", headers={"Authorization": AUTHORIZATION})
    sockets = AIOHTTPWebsocketsTransport(
        f"{SERVER.replace('http', 'ws', 1)}/graphql",
        init_payload={"authorization": AUTHORIZATION},
        ping_interval=10,
        pong_timeout=10,
    )
    # With the schema at hand gql checks each document before it is sent.
    async with Client(transport=requests, fetch_schema_from_transport=True) as session:
        show("me", (await session.execute(gql("{ me { id name } }")))["me"])
        create = GraphQLRequest(CREATE, variable_values={"input": {"name": name}})
        # What can be expected comes as problems in the data, not as an error.
        show("created", (await session.execute(create))["createProject"])
        show("refused", (await session.execute(create))["createProject"])

        async with Client(transport=sockets) as following:
            follow = GraphQLRequest(FOLLOW, variable_values={"filter": {"subject": name}})
            async for event in following.subscribe(follow):
                show("event", event["events"])
                break

        try:
            await session.execute(gql("{ projects { nonsense } }"))
        except GraphQLError as error:
            show("invalid", [{"message": error.message}])
        try:
            await session.execute(gql('{ project(id: "no-such") { id } }'))
        except TransportQueryError as failure:
            show("failed", [{"message": e["message"], "code": e["extensions"]["code"]} for e in failure.errors or []])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
