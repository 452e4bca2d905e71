import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import { EXAMPLES, type Example } from "./documents";

function Content() {
  const { addTab, changeTab } = useGraphiQLActions();
  const editor = useGraphiQL((state) => state.queryEditor);
  const tabs = useGraphiQL((state) => state.tabs);

  function open(example: Example) {
    const there = tabs.findIndex((tab) => tab.query === example.query);
    if (there >= 0) {
      changeTab(there);
    } else {
      addTab();
      editor?.setValue(example.query);
    }
  }

  return (
    <section className="guide" data-testid="guide">
      <h2>Start here</h2>
      <p>
        Everything the platform is made of is one graph: projects contain applications, applications have services,
        services depend on services and run in environments. Run a query with the play button or Ctrl-Enter; the book
        on the left is the reference of every type and field.
      </p>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" data-testid={`example-${example.name}`} onClick={() => open(example)}>
              {example.title}
            </button>
            <p>{example.description}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <circle cx="12" cy="12" r="9" />
      <path d="m15.5 8.5-2 5-5 2 2-5z" />
    </svg>
  );
}

/** The pane with the first operations worth running. */
export const GUIDE: GraphiQLPlugin = { title: "Start here", content: Content, icon: Icon };
