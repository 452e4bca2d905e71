DROP INDEX deployment_drifted IF EXISTS;
