// purpose: Services as their manifests say them, by id within a range: the desired version, dependencies as [target, kind].
// parameters: tenant, start, until, limit
// columns: id, name, description, exposure, data_class, version_id, version_name, deprecated, image, replicas, ports, environment, command, args, cpu_request,
//   cpu_limit, memory_request, memory_limit, probe_kind, probe_port, probe_path, deadline_seconds, template_version_id, configuration, dependencies
// mode: read
// (service)-[:DESIRES]->(version), (service)-[:INSTANCE_OF]->(template_version), (service)-[:DEPENDS_ON {kind}]->(target)
MATCH (service:Service {tenant: $tenant})
WHERE service.id >= $start AND service.id < $until
WITH service ORDER BY service.id LIMIT $limit
OPTIONAL MATCH (service)-[:DESIRES]->(version:ServiceVersion {tenant: $tenant})
OPTIONAL MATCH (service)-[:INSTANCE_OF]->(template_version:TemplateVersion {tenant: $tenant})
RETURN service.id AS id, service.name AS name, service.description AS description,
  service.exposure AS exposure, service.data_class AS data_class, version.id AS version_id,
  version.name AS version_name, version.deprecated AS deprecated, version.image AS image, version.replicas AS replicas, version.ports AS ports,
  version.environment AS environment, version.command AS command, version.args AS args,
  version.cpu_request AS cpu_request, version.cpu_limit AS cpu_limit, version.memory_request AS memory_request,
  version.memory_limit AS memory_limit, version.probe_kind AS probe_kind, version.probe_port AS probe_port,
  version.probe_path AS probe_path, version.deadline_seconds AS deadline_seconds,
  template_version.id AS template_version_id, service.configuration AS configuration,
  COLLECT {
    MATCH (service)-[dependency:DEPENDS_ON]->(target:Service {tenant: $tenant})
    RETURN [target.id, dependency.kind] ORDER BY target.id
  } AS dependencies
ORDER BY id
