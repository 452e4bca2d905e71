// Schedules are known by their ids.
CREATE CONSTRAINT schedule_key IF NOT EXISTS FOR (n:Schedule) REQUIRE (n.tenant, n.id) IS UNIQUE;
