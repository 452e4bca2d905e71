// Says who is signed in, then follows what happens until it is stopped. Where the connection breaks it is made anew, and
// the subscription goes on after the last event that was seen.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const server = process.env.TRELLIS_SERVER ?? "http://127.0.0.1:8080";
const [after] = process.argv.slice(2);

const client = createClient({
  url: `${server.replace(/^http/, "ws")}/graphql`,
  webSocketImpl: WebSocket, // browsers, and Node from 22 on, have one of their own
  connectionParams: () => ({ authorization: `Bearer ${process.env.TOKEN}` }), // asked at each connection
  keepAlive: 10_000, // a ping after so many milliseconds, so that nothing in between takes the socket for idle
  retryAttempts: Infinity,
  shouldRetry: ({ code }) => code !== 4403, // the token is wrong or has expired: sign in again
});

function stop(problem) {
  // A CloseEvent, with the server's reason, where the socket was closed for good.
  console.error(problem.reason || problem);
  process.exit(1);
}

try {
  for await (const { data } of client.iterate({ query: "{ me { id name } }" })) {
    console.log(JSON.stringify(data.me));
  }
} catch (problem) {
  stop(problem);
}

const query = `subscription Follow($after: String) {
  events(after: $after) {
    __typename
    ... on Event { cursor type subject message }
    ... on EventGap { cursor reason }
  }
}`;
// The client sends these variables again when it subscribes again, so they say where to go on.
const variables = { after };

client.subscribe(
  { query, variables },
  {
    next({ data, errors }) {
      if (errors) return stop(errors[0].message);
      variables.after = data.events.cursor;
      console.log(JSON.stringify(data.events));
    },
    error: stop,
    complete: () => process.exit(0),
  },
);
