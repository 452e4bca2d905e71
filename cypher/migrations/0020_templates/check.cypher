// Holds when every one of them is there.
SHOW INDEXES YIELD name
WHERE name IN ['template_key', 'template_version_key', 'template_name', 'template_category', 'template_version_created_at']
RETURN count(*) = 5 AS holds;
