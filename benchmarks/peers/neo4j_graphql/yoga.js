// @neo4j/graphql behind GraphQL Yoga:    node yoga.js PORT
import { createServer } from "node:http";
import { createYoga } from "graphql-yoga";
import { connect, context, schemaOf } from "./schema.js";

const yoga = createYoga({
  schema: await schemaOf(connect()),
  context: () => ({ ...context }),
  graphiql: false,
  logging: false,
});

createServer(yoga).listen(Number(process.argv[2]), "127.0.0.1");
