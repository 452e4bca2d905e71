// purpose: How many manifests there are: projects, environments, applications, templates and services, each by id within a range.
// parameters: tenant, starts, ends
// columns: total
// mode: read
// The lists have one entry a kind, in this order. A service that desires no version has no manifest.
RETURN COUNT {
  MATCH (project:Project {tenant: $tenant}) WHERE project.id >= $starts[0] AND project.id < $ends[0]
} + COUNT {
  MATCH (environment:Environment {tenant: $tenant}) WHERE environment.id >= $starts[1] AND environment.id < $ends[1]
} + COUNT {
  MATCH (application:Application {tenant: $tenant}) WHERE application.id >= $starts[2] AND application.id < $ends[2]
} + COUNT {
  MATCH (template:Template {tenant: $tenant}) WHERE template.id >= $starts[3] AND template.id < $ends[3]
} + COUNT {
  MATCH (service:Service {tenant: $tenant}) WHERE service.id >= $starts[4] AND service.id < $ends[4]
    AND EXISTS { (service)-[:DESIRES]->(:ServiceVersion {tenant: $tenant}) }
} AS total
