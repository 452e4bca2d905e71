DROP INDEX entity_text IF EXISTS;
