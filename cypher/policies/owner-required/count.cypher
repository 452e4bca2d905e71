// purpose: Whether there is an application to look at.
// parameters: tenant, application_id
// columns: total
// mode: read
// (application)
MATCH (application:Application {tenant: $tenant, id: $application_id})
RETURN count(application) AS total
