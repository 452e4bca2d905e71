// Approvals have keys like everything else, and are found by the application and the environment that they are about.
CREATE CONSTRAINT approval_key IF NOT EXISTS FOR (n:Approval) REQUIRE (n.tenant, n.id) IS UNIQUE;
CREATE INDEX approval_application IF NOT EXISTS FOR (n:Approval) ON (n.tenant, n.application_id, n.id);
