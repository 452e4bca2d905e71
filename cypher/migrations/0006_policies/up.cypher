// What decisions, violations and freezes are found by, and what policies look for in services.
CREATE CONSTRAINT decision_key IF NOT EXISTS FOR (n:Decision) REQUIRE (n.tenant, n.id) IS UNIQUE;
CREATE CONSTRAINT freeze_key IF NOT EXISTS FOR (n:Freeze) REQUIRE (n.tenant, n.id) IS UNIQUE;
CREATE CONSTRAINT violation_key IF NOT EXISTS FOR (n:Violation) REQUIRE (n.tenant, n.id) IS UNIQUE;
CREATE INDEX decision_policy IF NOT EXISTS FOR (n:Decision) ON (n.tenant, n.policy, n.id);
CREATE INDEX decision_verdict IF NOT EXISTS FOR (n:Decision) ON (n.tenant, n.verdict, n.id);
CREATE INDEX decision_at IF NOT EXISTS FOR (n:Decision) ON (n.tenant, n.at, n.id);
CREATE INDEX violation_policy IF NOT EXISTS FOR (n:Violation) ON (n.tenant, n.policy, n.id);
CREATE INDEX service_exposure IF NOT EXISTS FOR (n:Service) ON (n.tenant, n.exposure, n.id);
CREATE INDEX service_data_class IF NOT EXISTS FOR (n:Service) ON (n.tenant, n.data_class, n.id);
