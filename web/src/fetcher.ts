import type { Fetcher, FetcherOpts, FetcherParams } from "@graphiql/toolkit";
import { type ExecutionResult, type FormattedExecutionResult, getOperationAST } from "graphql";
import { type Client, createClient } from "graphql-ws";

import { ENDPOINT, type Session } from "./session";

/** What sends the playground's operations, and how to close its socket. */
export interface Connection {
  readonly fetcher: Fetcher;
  readonly close: () => void;
}

/** Closed by the server because the token is not, or no longer, valid (graphql-transport-ws). */
const UNAUTHORIZED_CODES = new Set([4401, 4403]);

/**
 * Queries and mutations go over HTTP, subscriptions over one graphql-transport-ws socket, both with the session's token.
 * `onSignedOut` is called when the server no longer takes the token.
 */
export function connect(session: Session, onSignedOut: () => void): Connection {
  const authorization = `Bearer ${session.token}`;
  const socket = createClient({
    url: new URL(ENDPOINT, location.href).href.replace(/^http/, "ws"),
    connectionParams: { authorization },
    shouldRetry: (event) => !(event instanceof CloseEvent && UNAUTHORIZED_CODES.has(event.code)),
    retryAttempts: Number.POSITIVE_INFINITY,
    on: {
      closed: (event) => {
        if (event instanceof CloseEvent && UNAUTHORIZED_CODES.has(event.code)) onSignedOut();
      },
    },
  });
  const fetcher: Fetcher = (params, options) =>
    isSubscription(params, options)
      ? subscribe(socket, params)
      : post(params, { ...options?.headers, Authorization: authorization }, onSignedOut);
  return { fetcher, close: () => void socket.dispose() };
}

function isSubscription(params: FetcherParams, options: FetcherOpts | undefined): boolean {
  if (options?.documentAST === undefined) return false;
  return getOperationAST(options.documentAST, params.operationName)?.operation === "subscription";
}

async function* subscribe(socket: Client, params: FetcherParams): AsyncGenerator<ExecutionResult> {
  const { query, operationName, variables } = params;
  for await (const result of socket.iterate({ query, operationName: operationName ?? null, variables })) {
    yield shown(result);
  }
}

/** GraphiQL's types want error instances; what arrives is JSON with plain objects, which GraphiQL only shows. */
function shown(result: FormattedExecutionResult<Record<string, unknown>, unknown>): ExecutionResult {
  return result as ExecutionResult;
}

async function post(
  params: FetcherParams,
  headers: Record<string, string>,
  onSignedOut: () => void,
): Promise<ExecutionResult> {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(params),
  });
  const result = (await response.json()) as FormattedExecutionResult;
  const refused = result.errors?.some((error) => error.extensions?.["code"] === "UNAUTHENTICATED") ?? false;
  if (response.status === 401 || refused) onSignedOut();
  return shown(result);
}
