import { type FormEvent, useState } from "react";

import { type Session, signIn } from "./session";

interface Props {
  readonly notice: string | null;
  readonly onSignedIn: (session: Session) => void;
}

/** Asks for name and password, and says why they were refused. */
export function SignIn({ notice, onSignedIn }: Props) {
  const [name, setName] = useState("admin");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      onSignedIn(await signIn(name, password));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setPassword("");
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit} data-testid="sign-in-form">
        <h1>Trellis</h1>
        <p>
          Sign in to ask the platform graph. The administrator is <code>admin</code>; <code>make up</code> has put the
          password into <code>.trellis/credentials.json</code>.
        </p>
        {notice !== null && <p data-testid="sign-in-notice">{notice}</p>}
        <label htmlFor="name">Name</label>
        <input
          id="name"
          data-testid="sign-in-name"
          autoComplete="username"
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <label htmlFor="password">Password</label>
        <input
          id="password"
          data-testid="sign-in-password"
          type="password"
          autoComplete="current-password"
          autoFocus
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <button type="submit" data-testid="sign-in-submit" disabled={busy}>
          Sign in
        </button>
        <p role="alert" className="problem" data-testid="sign-in-problem">
          {problem}
        </p>
      </form>
    </main>
  );
}
