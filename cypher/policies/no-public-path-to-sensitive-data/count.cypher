// purpose: How many of these services are public.
// parameters: tenant, services
// columns: total
// mode: read
// (public)
UNWIND $services AS wanted
MATCH (service:Service {tenant: $tenant, id: wanted})
WHERE service.exposure = 'public'
RETURN count(service) AS total
