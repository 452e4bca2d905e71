DROP CONSTRAINT template_key IF EXISTS;
DROP CONSTRAINT template_version_key IF EXISTS;
DROP INDEX template_name IF EXISTS;
DROP INDEX template_category IF EXISTS;
DROP INDEX template_version_created_at IF EXISTS;
