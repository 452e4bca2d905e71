// Queries, changes and follows the platform with urql; creates a project of the name on the command line.
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
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
const client = new Client({
  url: `${server}/graphql`,
  preferGetMethod: false, // Trellis answers POST alone
  fetchOptions: { headers: { authorization } },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: sockets.subscribe(request, sink) }),
      }),
    }),
  ],
});

const me = await client.query(gql`{ me { id name } }`, {}).toPromise();
if (me.error) throw me.error;
show("me", me.data.me);

const CREATE = gql`
  mutation Create($input: CreateProjectInput!) {
    createProject(input: $input) { project { id version } problems { code message field } }
  }
`;
for (const attempt of ["created", "refused"]) {
  // What can be expected comes as problems in the data, not as an error.
  const done = await client.mutation(CREATE, { input: { name } }).toPromise();
  show(attempt, done.data.createProject);
}

const FOLLOW = gql`
  subscription Follow($filter: EventFilter) {
    events(after: "0", filter: $filter) { ... on Event { type subject } }
  }
`;
const event = await new Promise((seen) => {
  const { unsubscribe } = client.subscription(FOLLOW, { filter: { subject: name } }).subscribe(({ data }) => {
    seen(data.events);
    setImmediate(() => unsubscribe());
  });
});
show("event", event);

// The first document is not valid, the second asks for what is not there.
const WRONG = { invalid: gql`{ projects { nonsense } }`, failed: gql`{ project(id: "no-such") { id } }` };
for (const [title, query] of Object.entries(WRONG)) {
  const { error } = await client.query(query, {}).toPromise();
  show(title, error.graphQLErrors.map(({ message, extensions }) => ({ message, code: extensions?.code })));
}
await sockets.dispose();
