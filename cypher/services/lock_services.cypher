// purpose: Lock services until the transaction ends and say what they are: dependencies as [target, kind].
// parameters: tenant, ids, operation
// columns: found
// mode: write
// (service)-[:DESIRES]->(desired), (service)-[:DEPENDS_ON {kind}]->(target)
UNWIND $ids AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
SET service._lock = $operation
WITH service
REMOVE service._lock
WITH service
OPTIONAL MATCH (service)-[:DESIRES]->(desired:ServiceVersion {tenant: $tenant})
RETURN collect({id: service.id, version: service.version, description: service.description,
  exposure: coalesce(service.exposure, 'internal'), data_class: coalesce(service.data_class, 'internal'), desired_id: desired.id, configuration: service.configuration,
  dependencies: COLLECT {
    MATCH (service)-[dependency:DEPENDS_ON]->(target:Service {tenant: $tenant})
    RETURN [target.id, dependency.kind]
  }}) AS found
