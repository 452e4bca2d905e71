// purpose: Read what an application desires and what is recorded of it in an environment, in lists with one entry each.
// parameters: tenant, application_id, environment_id
// columns: application_version, environment_version, namespace, provider_id, provider_version, provider, kinds,
//   services, dependencies, deployments, running_elsewhere, users
// mode: read
// (application)-[:HAS_SERVICE]->(service)-[:DESIRES]->(version), (service)-[:DEPENDS_ON]->(target), (deployment)-[:RUNS]->(version)
OPTIONAL MATCH (application:Application {tenant: $tenant, id: $application_id})
OPTIONAL MATCH (environment:Environment {tenant: $tenant, id: $environment_id})
OPTIONAL MATCH (environment)-[:TARGETS]->(provider:Provider {tenant: $tenant})
CALL (application) {
  MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant})
  OPTIONAL MATCH (service)-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
  RETURN collect([service.id, service.version, service.name, service.kind, service.exposure, version.version, version.id, version.image,
    version.replicas, version.ports, version.environment, version.command, version.args, version.cpu_request,
    version.cpu_limit, version.memory_request, version.memory_limit, version.probe_kind, version.probe_port,
    version.probe_path, version.deadline_seconds]) AS services
}
CALL (application) {
  MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant})-[edge:DEPENDS_ON]->(target:Service {tenant: $tenant})
  WITH service, target, edge.kind AS kind
  RETURN collect([service.id, target.id, kind]) AS dependencies,
    collect(DISTINCT CASE WHEN kind = 'hard' AND NOT target.id STARTS WITH $application_id + '/' THEN target END) AS elsewhere
}
CALL () {
  MATCH (deployment:Deployment {tenant: $tenant, application_id: $application_id, environment_id: $environment_id})
  OPTIONAL MATCH (deployment)-[:RUNS]->(version:ServiceVersion {tenant: $tenant})
  RETURN collect([deployment.id, deployment.version, deployment.service_id, deployment.service_name, deployment.kind,
    deployment.status, deployment.provider, deployment.version_id, deployment.depends_on, deployment.outputs,
    deployment.inputs, deployment.drifted, deployment.observed, deployment.expected, version.id, version.image,
    version.replicas, version.ports, version.environment, version.command, version.args, version.cpu_request,
    version.cpu_limit, version.memory_request, version.memory_limit, version.probe_kind, version.probe_port,
    version.probe_path, version.deadline_seconds]) AS deployments
}
CALL (elsewhere) {
  UNWIND elsewhere AS target
  MATCH (target)<-[:OF]-(there:Deployment {tenant: $tenant, environment_id: $environment_id, status: 'succeeded'})
  RETURN collect([target.id, there.id, there.version, there.outputs]) AS running_elsewhere
}
CALL (application) {
  MATCH (application)-[:HAS_SERVICE]->(service:Service {tenant: $tenant})<-[:DEPENDS_ON]-(user:Service {tenant: $tenant})
  WHERE NOT user.id STARTS WITH $application_id + '/'
  RETURN collect([service.id, user.id]) AS users
}
RETURN application.version AS application_version, environment.version AS environment_version,
  environment.namespace AS namespace, provider.id AS provider_id, provider.version AS provider_version,
  provider.name AS provider, provider.kinds AS kinds, services, dependencies, deployments, running_elsewhere, users
