// purpose: Find a user by name, with the role in the team and the password's hash.
// parameters: tenant, name
// columns: id, name, role, password_hash, version
// mode: read
// (user)-[:MEMBER_OF {role}]->(team)
MATCH (user:User {tenant: $tenant, id: 'user:' + $name})-[membership:MEMBER_OF]->(:Team {tenant: $tenant})
RETURN user.id AS id, user.name AS name, membership.role AS role, user.password_hash AS password_hash,
  user.version AS version
LIMIT 1
