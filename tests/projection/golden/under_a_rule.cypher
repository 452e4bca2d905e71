// projection/several {"p0":21,"p1":"boutique","p2":"shop"}
RETURN COLLECT {
  MATCH (n5:Application {tenant: $tenant})
  WHERE n5.name = $p1 AND n5.id IS NOT NULL
  MATCH (n1:Deployment {tenant: $tenant})-[:OF]->(n6:Service {tenant: $tenant}
  WHERE $role IN n6.readers_of_Service)<-[:HAS_SERVICE]-(n5)
  WHERE $role IN n5.readers_of_Application
  WITH DISTINCT n1
  WHERE $role IN n1.readers_of_Deployment
  WITH n1
  ORDER BY n1.id LIMIT $p0
  RETURN [n1.id, [(n1)-[:OF]->(n4:Service {tenant: $tenant}
  WHERE $role IN n4.readers_of_Service)<-[:HAS_SERVICE]-(n3:Application {tenant: $tenant})
  WHERE $role IN n3.readers_of_Application | [n3.name]]]
} AS f0,
COUNT {
  MATCH (n7:Application {tenant: $tenant})
  WHERE n7.name = $p1 AND n7.id IS NOT NULL
  MATCH (n1:Deployment {tenant: $tenant})-[:OF]->(n8:Service {tenant: $tenant}
  WHERE $role IN n8.readers_of_Service)<-[:HAS_SERVICE]-(n7)
  WHERE $role IN n7.readers_of_Application
  WITH DISTINCT n1
  WHERE $role IN n1.readers_of_Deployment
  RETURN n1
} AS f1,
COLLECT {
  MATCH (n9:Entity {tenant: $tenant, id: $p2})
  WHERE (($role IN n9.readers_of_Application) AND n9:Application OR ($role IN n9.readers_of_Deployment) AND n9:Deployment OR ($role IN n9.readers_of_Environment) AND n9:Environment OR ($role IN n9.readers_of_Freeze) AND n9:Freeze OR ($role IN n9.readers_of_Plan) AND n9:Plan OR ($role IN n9.readers_of_Policy) AND n9:Policy OR ($role IN n9.readers_of_Project) AND n9:Project OR ($role IN n9.readers_of_Provider) AND n9:Provider OR ($role IN n9.readers_of_Run) AND n9:Run OR ($role IN n9.readers_of_Schedule) AND n9:Schedule OR ($role IN n9.readers_of_Service) AND n9:Service OR ($role IN n9.readers_of_ServiceVersion) AND n9:ServiceVersion OR ($role IN n9.readers_of_Team) AND n9:Team OR ($role IN n9.readers_of_Template) AND n9:Template OR ($role IN n9.readers_of_TemplateVersion) AND n9:TemplateVersion OR ($role IN n9.readers_of_User) AND n9:User)
  RETURN [CASE WHEN n9:Application THEN [0, [n9.id]] WHEN n9:Deployment THEN [1, [n9.id]] WHEN n9:Environment THEN [2, [n9.id]] WHEN n9:Freeze THEN [3, [n9.id]] WHEN n9:Plan THEN [4, [n9.id]] WHEN n9:Policy THEN [5, [n9.id]] WHEN n9:Project THEN [6, [n9.id]] WHEN n9:Provider THEN [7, [n9.id]] WHEN n9:Run THEN [8, [n9.id]] WHEN n9:Schedule THEN [9, [n9.id]] WHEN n9:Service THEN [10, [n9.id]] WHEN n9:ServiceVersion THEN [11, [n9.id]] WHEN n9:Team THEN [12, [n9.id]] WHEN n9:Template THEN [13, [n9.id]] WHEN n9:TemplateVersion THEN [14, [n9.id]] WHEN n9:User THEN [15, [n9.id]] END]
} AS f2
