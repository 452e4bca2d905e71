// What has drifted. The id comes last, as in all indexes that lists are ordered by.
CREATE INDEX deployment_drifted IF NOT EXISTS FOR (n:Deployment) ON (n.tenant, n.drifted, n.id);
