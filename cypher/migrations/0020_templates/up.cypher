// Templates and their versions are known by their ids; templates are looked for by name and category, versions by age.
CREATE CONSTRAINT template_key IF NOT EXISTS FOR (n:Template) REQUIRE (n.tenant, n.id) IS UNIQUE;
CREATE CONSTRAINT template_version_key IF NOT EXISTS FOR (n:TemplateVersion) REQUIRE (n.tenant, n.id) IS UNIQUE;
CREATE INDEX template_name IF NOT EXISTS FOR (n:Template) ON (n.tenant, n.name, n.id);
CREATE INDEX template_category IF NOT EXISTS FOR (n:Template) ON (n.tenant, n.category, n.id);
CREATE INDEX template_version_created_at IF NOT EXISTS FOR (n:TemplateVersion) ON (n.tenant, n.created_at, n.id);
