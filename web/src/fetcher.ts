import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { type ExecutionResult, type FormattedExecutionResult, getOperationAST, type OperationDefinitionNode, parse } from "graphql";
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
  const fetcher: Fetcher = (params, options) => {
    const operation = operationOf(params);
    const asked = { ...params, operationName: operation?.name?.value ?? params.operationName };
    return operation?.operation === "subscription"
      ? subscribe(socket, asked)
      : post(asked, { ...options?.headers, Authorization: authorization }, onSignedOut);
  };
  return { fetcher, close: () => void socket.dispose() };
}

/**
 * The operation to run, by the query's own text: GraphiQL learns only a moment after a change of text or tab which
 * operations there are, and until then names the one from before. Null where the server has to say what is wrong.
 */
function operationOf({ query, operationName }: FetcherParams): OperationDefinitionNode | null {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document) ?? null;
  } catch {
    return null;
  }
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
