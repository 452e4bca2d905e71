// purpose: The public services among these and among all that need one of them, directly or through others.
// parameters: tenant, services
// columns: services
// mode: read
// (public)-[:DEPENDS_ON*0..]->(service)
UNWIND $services AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
MATCH path = (service)<-[:DEPENDS_ON*0..]-(user {tenant: $tenant})
WHERE all(each IN nodes(path) WHERE each.tenant = $tenant)
WITH DISTINCT user
WHERE user.exposure = 'public'
RETURN collect(user.id) AS services
