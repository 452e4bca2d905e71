// What graphql-ws sees of the protocol: each line is one observation, by name.
import { CloseCode, createClient } from "graphql-ws";
import { once } from "node:events";
import WebSocket from "ws";

const url = `${process.env.TRELLIS_SERVER.replace(/^http/, "ws")}/graphql`;
const good = { authorization: `Bearer ${process.env.TOKEN}` };
const bad = { authorization: "Bearer none" };
const ME = { query: "{ me { id } }" };
const show = (name, content) => console.log(JSON.stringify({ [name]: content }));
const connect = (options) => createClient({ url, webSocketImpl: WebSocket, connectionParams: good, ...options });
const ask = (client, payload) =>
  new Promise((done) => {
    const seen = [];
    client.subscribe(payload, {
      next: (result) => seen.push(result),
      error: (problem) => done({ seen, error: problem.code ? [problem.code, problem.reason] : problem }),
      complete: () => done({ seen, error: null }),
    });
  });

// A query over the socket is one result and a complete, and several share the socket.
const types = [];
const several = connect({ on: { message: ({ type, payload }) => types.push([type, payload?.data ?? null]) } });
await ask(several, ME);
show("query", types);
show("at once", await Promise.all([ask(several, ME), ask(several, { query: "{ me { name } }" })]));
show("invalid", await ask(several, { query: "{ nonsense }" }));
show("mutation", await ask(several, { query: 'mutation { deleteProject(input: {id: "none"}) { problems { code } } }' }));
await several.dispose();

// A ping is answered with a pong, while a subscription is open.
await new Promise((ponged) => {
  const client = connect({
    keepAlive: 20,
    on: {
      pong(received) {
        show("pong", received);
        client.dispose();
        ponged();
      },
    },
  });
  client.subscribe({ query: "subscription { events { __typename } }" }, { next() {}, error() {}, complete() {} });
});

// A client that stops listening says so with a complete, and its socket serves on.
const listening = connect({ lazyCloseTimeout: 10_000 });
const stop = listening.subscribe(
  { query: 'subscription { events(after: "0") { __typename } }' },
  { next: () => process.stdin.resume(), error() {}, complete() {} },
);
show("listening", true);
await once(process.stdin, "data");
stop();
show("stopped", await ask(listening, ME));
await once(process.stdin, "data");
await listening.dispose();

// A token that is not accepted closes the socket with 4403; the client asks for the parameters again and gets in.
show("refused", await ask(connect({ connectionParams: bad, retryAttempts: 0 }), ME));
const offered = [bad, good];
const retrying = connect({ connectionParams: () => offered.shift(), retryWait: async () => {} });
show("accepted later", await ask(retrying, ME));
await retrying.dispose();

// What the server says to those who do not keep to the protocol.
async function spoken(protocol, ...messages) {
  const socket = new WebSocket(url, protocol);
  await once(socket, "open");
  for (const message of messages) socket.send(typeof message === "string" ? message : JSON.stringify(message));
  const [code, reason] = await once(socket, "close");
  return [CloseCode[code] ?? null, code, reason.toString()];
}
const init = { type: "connection_init", payload: good };
const endless = { type: "subscribe", id: "1", payload: { query: "subscription { events { __typename } }" } };
const current = "graphql-transport-ws";
show("no message", await spoken(current, "nonsense"));
show("before the acknowledgement", await spoken(current, endless));
show("wrong token", await spoken(current, { ...init, payload: bad }));
show("two initialisations", await spoken(current, init, init));
show("id in use", await spoken(current, init, endless, endless));
show("no protocol", await spoken([]));
show("older protocol", await spoken("graphql-ws", init).catch((error) => error.message));
