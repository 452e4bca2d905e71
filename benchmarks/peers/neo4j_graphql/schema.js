// The graph as a user of @neo4j/graphql declares it: types, edges, and who stands behind them.
import { Neo4jGraphQL } from "@neo4j/graphql";
import neo4j from "neo4j-driver";

// `createdAt` is read by a statement: reading a DateTime takes Neo4j's APOC plugin, which Community comes without.
const typeDefs = `
  type Project @node {
    id: ID!
    tenant: String!
    name: String!
    applications: [Application!]! @relationship(type: "CONTAINS", direction: OUT)
    environments: [Environment!]! @relationship(type: "HAS_ENVIRONMENT", direction: OUT)
  }

  type Environment @node {
    id: ID!
    tenant: String!
    name: String!
    stage: String!
    project: [Project!]! @relationship(type: "HAS_ENVIRONMENT", direction: IN)
  }

  type Application @node {
    id: String!
    tenant: String!
    name: String!
    description: String
    createdAt: String! @cypher(statement: "RETURN toString(this.created_at) AS at", columnName: "at")
    project: [Project!]! @relationship(type: "CONTAINS", direction: IN)
    services: [Service!]! @relationship(type: "HAS_SERVICE", direction: OUT)
  }

  type Service @node {
    id: ID!
    tenant: String!
    name: String!
    kind: String!
    description: String
    application: [Application!]! @relationship(type: "HAS_SERVICE", direction: IN)
    deployments: [Deployment!]! @relationship(type: "OF", direction: IN)
    dependencies: [Service!]! @relationship(type: "DEPENDS_ON", direction: OUT, properties: "Dependency")
  }

  type Dependency @relationshipProperties {
    kind: String!
  }

  type Deployment @node {
    id: ID!
    tenant: String!
    status: String!
    service: [Service!]! @relationship(type: "OF", direction: OUT)
    environment: [Environment!]! @relationship(type: "IN", direction: OUT)
  }
`;

/** The driver of NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD, told to be silent as ours is. */
export function connect() {
  const { NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD } = process.env;
  return neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USER, NEO4J_PASSWORD), {
    maxConnectionPoolSize: 50,
    notificationFilter: { minimumSeverityLevel: "OFF" },
  });
}

/** The executable schema over a driver. */
export function schemaOf(driver) {
  const features = { filters: { String: { GT: true } } };
  return new Neo4jGraphQL({ typeDefs, driver, features }).getSchema();
}

/** What each operation is given: naming the database saves the driver from asking for it. */
export const context = { sessionConfig: { database: "neo4j" } };
