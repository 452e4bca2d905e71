// purpose: Applications as their manifests say them, by id within a range.
// parameters: tenant, start, until, limit
// columns: id, name, description
// mode: read
MATCH (application:Application {tenant: $tenant})
WHERE application.id >= $start AND application.id < $until
RETURN application.id AS id, application.name AS name, application.description AS description
ORDER BY id LIMIT $limit
