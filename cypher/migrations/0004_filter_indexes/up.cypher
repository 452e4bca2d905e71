// What lists are narrowed and ordered by. The id comes last, so that what equals a value is found in the lists' own order.
CREATE INDEX project_name IF NOT EXISTS FOR (n:Project) ON (n.tenant, n.name, n.id);
CREATE INDEX application_name IF NOT EXISTS FOR (n:Application) ON (n.tenant, n.name, n.id);
CREATE INDEX service_name IF NOT EXISTS FOR (n:Service) ON (n.tenant, n.name, n.id);
CREATE INDEX environment_name IF NOT EXISTS FOR (n:Environment) ON (n.tenant, n.name, n.id);
CREATE INDEX environment_stage IF NOT EXISTS FOR (n:Environment) ON (n.tenant, n.stage, n.id);
CREATE INDEX service_version_image IF NOT EXISTS FOR (n:ServiceVersion) ON (n.tenant, n.image, n.id);
CREATE INDEX deployment_status IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.status, n.id);
CREATE INDEX deployment_application IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.application_id, n.id);
CREATE INDEX deployment_environment IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.environment_id, n.id);
CREATE INDEX deployment_service IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.service_id, n.id);
CREATE INDEX plan_state IF NOT EXISTS FOR (n:Plan) ON (n.tenant, n.state, n.id);
CREATE INDEX plan_application IF NOT EXISTS FOR (n:Plan) ON (n.tenant, n.application_id, n.id);
CREATE INDEX plan_environment IF NOT EXISTS FOR (n:Plan) ON (n.tenant, n.environment_id, n.id);
CREATE INDEX run_outcome IF NOT EXISTS FOR (n:Run) ON (n.tenant, n.state, n.id);
CREATE INDEX run_application IF NOT EXISTS FOR (n:Run) ON (n.tenant, n.application_id, n.id);
CREATE INDEX run_environment IF NOT EXISTS FOR (n:Run) ON (n.tenant, n.environment_id, n.id);
