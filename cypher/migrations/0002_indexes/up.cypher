// What lists and workers look for, beside the keys.
CREATE CONSTRAINT event_seq IF NOT EXISTS FOR (n:Event) REQUIRE (n.tenant, n.seq) IS UNIQUE;
CREATE INDEX event_pending IF NOT EXISTS FOR (n:Event) ON (n.tenant, n.pending);
CREATE INDEX event_subject IF NOT EXISTS FOR (n:Event) ON (n.tenant, n.subject);
CREATE INDEX event_correlation IF NOT EXISTS FOR (n:Event) ON (n.tenant, n.correlation_id);
CREATE INDEX run_state IF NOT EXISTS FOR (n:Run) ON (n.state);
CREATE INDEX run_place IF NOT EXISTS FOR (n:Run) ON (n.tenant, n.application_id, n.environment_id);
CREATE INDEX step_run_run IF NOT EXISTS FOR (n:StepRun) ON (n.tenant, n.run_id);
CREATE INDEX deployment_place IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.application_id, n.environment_id);
CREATE INDEX plan_place IF NOT EXISTS FOR (n:Plan) ON (n.tenant, n.application_id, n.environment_id);
CREATE INDEX operation_age IF NOT EXISTS FOR (n:Operation) ON (n.created_at);
