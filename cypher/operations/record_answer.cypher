// purpose: Keep the answer to a request with an idempotency key, in the transaction that carries it out.
// parameters: tenant, id, name, answer, fingerprint
// columns: id
// mode: write
CREATE (operation:Operation {tenant: $tenant, id: $id, name: $name, version: 1, created_at: datetime(),
  updated_at: datetime(), at: datetime(), answer: $answer, fingerprint: $fingerprint})
RETURN operation.id AS id
