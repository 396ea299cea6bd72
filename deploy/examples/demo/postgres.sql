-- Statements and how long they take, for --collector.stat_statements; the server has to load it at its start.
CREATE EXTENSION pg_stat_statements;

-- What postgres_exporter needs in a database: a role that sees statistics and nothing else.
\getenv password DEMO_PASSWORD
CREATE ROLE monitor LOGIN PASSWORD :'password' IN ROLE pg_monitor;
