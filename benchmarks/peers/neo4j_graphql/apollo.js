// @neo4j/graphql behind Apollo Server:    node apollo.js PORT
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { connect, context, schemaOf } from "./schema.js";

await startStandaloneServer(new ApolloServer({ schema: await schemaOf(connect()) }), {
  context: async () => ({ ...context }),
  listen: { port: Number(process.argv[2]), host: "127.0.0.1" },
});
