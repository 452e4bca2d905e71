// What has changed lately, and what is of a day. The id comes last, as in all indexes that lists are ordered by.
CREATE INDEX application_created_at IF NOT EXISTS FOR (n:Application) ON (n.tenant, n.created_at, n.id);
CREATE INDEX application_updated_at IF NOT EXISTS FOR (n:Application) ON (n.tenant, n.updated_at, n.id);
CREATE INDEX service_created_at IF NOT EXISTS FOR (n:Service) ON (n.tenant, n.created_at, n.id);
CREATE INDEX service_updated_at IF NOT EXISTS FOR (n:Service) ON (n.tenant, n.updated_at, n.id);
CREATE INDEX service_version_created_at IF NOT EXISTS FOR (n:ServiceVersion) ON (n.tenant, n.created_at, n.id);
CREATE INDEX deployment_created_at IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.created_at, n.id);
CREATE INDEX deployment_updated_at IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.updated_at, n.id);
CREATE INDEX deployment_deployed_at IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.deployed_at, n.id);
CREATE INDEX plan_created_at IF NOT EXISTS FOR (n:Plan) ON (n.tenant, n.created_at, n.id);
CREATE INDEX run_created_at IF NOT EXISTS FOR (n:Run) ON (n.tenant, n.created_at, n.id);
