import { GraphiQL } from "graphiql";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { useEffect, useState } from "react";

import { type Connection, connect } from "./fetcher";
import { FIRST_TABS } from "./documents";
import { GUIDE } from "./Guide";
import type { Session } from "./session";

interface Props {
  readonly session: Session;
  readonly onSignOut: () => void;
  readonly onSignedOut: () => void;
}

const PLUGINS = [GUIDE, HISTORY_PLUGIN];

/** GraphiQL, asking in the name of whoever is signed in. */
export function Playground({ session, onSignOut, onSignedOut }: Props) {
  const [connection, setConnection] = useState<Connection | null>(null);

  useEffect(() => {
    const opened = connect(session, onSignedOut);
    setConnection(opened);
    return opened.close;
  }, [session, onSignedOut]);

  return (
    <div className="playground" data-testid="playground">
      <header>
        <strong>Trellis</strong>
        <span data-testid="signed-in-as">{session.name}</span>
        <button type="button" data-testid="sign-out" onClick={onSignOut}>
          Sign out
        </button>
      </header>
      {connection !== null && (
        <GraphiQL
          fetcher={connection.fetcher}
          plugins={PLUGINS}
          visiblePlugin={GUIDE}
          defaultTabs={FIRST_TABS}
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>{""}</GraphiQL.Logo>
        </GraphiQL>
      )}
    </div>
  );
}
