import { useCallback, useState } from "react";

import { Playground } from "./Playground";
import { SignIn } from "./SignIn";
import { forgetSession, type Session, storedSession } from "./session";

/** The sign-in form, and the playground once someone is signed in. */
export function Page() {
  const [session, setSession] = useState<Session | null>(storedSession);
  const [notice, setNotice] = useState<string | null>(null);

  const signedIn = useCallback((next: Session) => {
    setNotice(null);
    setSession(next);
  }, []);
  const leave = useCallback((reason: string | null) => {
    forgetSession();
    setNotice(reason);
    setSession(null);
  }, []);
  const signOut = useCallback(() => leave(null), [leave]);
  const expired = useCallback(() => leave("Your session has ended. Sign in again."), [leave]);

  if (session === null) return <SignIn notice={notice} onSignedIn={signedIn} />;
  return <Playground key={session.token} session={session} onSignOut={signOut} onSignedOut={expired} />;
}
