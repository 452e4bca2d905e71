// Who belongs to which team, in which role, and which projects the team owns.
MATCH path = (:Tenant {tenant: $tenant, id: $tenant})-[:HAS_TEAM]->(team:Team {tenant: $tenant})<-[:MEMBER_OF]-(:User {tenant: $tenant})
OPTIONAL MATCH owned = (team)-[:OWNS]->(:Project {tenant: $tenant})
RETURN path, owned
