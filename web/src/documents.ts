import applications from "./documents/applications.graphql?raw";
import events from "./documents/events.graphql?raw";
import status from "./documents/status.graphql?raw";

/** An operation worth running, whole as it is put into the editor. */
export interface Example {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly query: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: "applications",
    title: "Applications",
    description: "What there is: applications, their services, and what each depends on.",
    query: applications,
  },
  {
    name: "status",
    title: "Status",
    description: "What runs where, in which version, and whether it is what is wanted.",
    query: status,
  },
  {
    name: "events",
    title: "Live events",
    description: "Every change as it happens. Leave it running and deploy something.",
    query: events,
  },
];

/** The tabs of someone who is here for the first time. */
export const FIRST_TABS = EXAMPLES.map(({ query }) => ({ query }));
