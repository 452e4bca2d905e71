// purpose: Find what an earlier request with the same idempotency key was answered.
// parameters: tenant, id
// columns: answer, fingerprint
// mode: read
MATCH (operation:Operation {tenant: $tenant, id: $id})
RETURN operation.answer AS answer, operation.fingerprint AS fingerprint
