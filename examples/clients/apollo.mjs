// Queries, changes and follows the platform with Apollo Client; creates a project of the name on the command line.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { filter, firstValueFrom } from "rxjs";
import WebSocket from "ws";

const server = process.env.TRELLIS_SERVER ?? "http://127.0.0.1:8080";
const authorization = `Bearer ${process.env.TOKEN}`;
const [name] = process.argv.slice(2);
const show = (title, content) => console.log(JSON.stringify({ [title]: content }));

const sockets = createClient({
  url: `${server.replace(/^http/, "ws")}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authorization }),
});
const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets),
    new HttpLink({ uri: `${server}/graphql`, headers: { authorization } }),
  ),
  cache: new InMemoryCache({ possibleTypes: { EventMessage: ["Event", "EventGap"] } }),
});

const { data } = await client.query({ query: gql`{ me { id name } }` });
show("me", data.me);

const CREATE = gql`
  mutation Create($input: CreateProjectInput!) {
    createProject(input: $input) { project { id version } problems { code message field } }
  }
`;
for (const attempt of ["created", "refused"]) {
  // What can be expected comes as problems in the data, not as an error.
  const done = await client.mutate({ mutation: CREATE, variables: { input: { name } } });
  show(attempt, done.data.createProject);
}

const FOLLOW = gql`
  subscription Follow($filter: EventFilter) {
    events(after: "0", filter: $filter) { ... on Event { type subject } }
  }
`;
const events = client.subscribe({ query: FOLLOW, variables: { filter: { subject: name } } });
show("event", (await firstValueFrom(events.pipe(filter((one) => one.data)))).data.events);

// The first document is not valid, the second asks for what is not there.
const WRONG = { invalid: gql`{ projects { nonsense } }`, failed: gql`{ project(id: "no-such") { id } }` };
for (const [title, query] of Object.entries(WRONG)) {
  try {
    await client.query({ query });
  } catch (error) {
    if (!CombinedGraphQLErrors.is(error)) throw error;
    show(title, error.errors.map(({ message, extensions }) => ({ message, code: extensions?.code })));
  }
}
client.stop();
await sockets.dispose();
