DROP CONSTRAINT approval_key IF EXISTS;
DROP INDEX approval_application IF EXISTS;
