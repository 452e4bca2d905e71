import LOGIN from "./documents/login.graphql?raw";

/** Who is signed in, in this tab only: closing the tab forgets the token. */
export interface Session {
  readonly token: string;
  readonly name: string;
}

const KEY = "trellis.session";

export const ENDPOINT = "/graphql";

interface LoginAnswer {
  readonly data?: {
    readonly login: {
      readonly token: string | null;
      readonly user: { readonly name: string } | null;
      readonly problems: readonly { readonly message: string }[];
    };
  } | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** The session this tab has already, if any. */
export function storedSession(): Session | null {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "token" in value && "name" in value) {
      const { token, name } = value;
      if (typeof token === "string" && typeof name === "string") return { token, name };
    }
  } catch {
    // Something else wrote there: the person signs in again.
  }
  sessionStorage.removeItem(KEY);
  return null;
}

export function forgetSession(): void {
  sessionStorage.removeItem(KEY);
}

/** Sign in and keep the session for this tab. Throws an Error with a sentence for people where that is refused. */
export async function signIn(name: string, password: string): Promise<Session> {
  const answer = await send(name, password);
  const login = answer.data?.login;
  if (login?.token == null) {
    const messages = [...(login?.problems ?? []), ...(answer.errors ?? [])].map((problem) => problem.message);
    throw new Error(sentence(messages.join("; ") || "signing in was refused"));
  }
  const session = { token: login.token, name: login.user?.name ?? name };
  sessionStorage.setItem(KEY, JSON.stringify(session));
  return session;
}

/** What the API says in passing, as a sentence of its own. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

async function send(name: string, password: string): Promise<LoginAnswer> {
  let response: Response;
  try {
    response = await fetch(ENDPOINT, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ query: LOGIN, variables: { input: { name, password } } }),
    });
  } catch {
    throw new Error("The server does not answer.");
  }
  try {
    return (await response.json()) as LoginAnswer;
  } catch {
    throw new Error(`The server answered ${response.status} and no JSON.`);
  }
}
