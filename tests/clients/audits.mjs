// Runs the audits of graphql-http against the server and prints each: id, name, status, reason.
import { auditServer } from "graphql-http";

const fetchFn = (url, options = {}) =>
  fetch(url, { ...options, headers: { ...options.headers, authorization: `Bearer ${process.env.TOKEN}` } });

for (const { id, name, status, reason } of await auditServer({ url: `${process.env.TRELLIS_SERVER}/graphql`, fetchFn })) {
  console.log(JSON.stringify({ id, name, status, reason: reason ?? null }));
}
