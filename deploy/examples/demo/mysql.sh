#!/bin/sh
# What mysqld_exporter needs in MySQL or MariaDB: a user that sees statistics and nothing else.
set -eu
mariadb --user=root --password="$MARIADB_ROOT_PASSWORD" <<SQL
CREATE USER 'monitor'@'%' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD' WITH MAX_USER_CONNECTIONS 3;
GRANT PROCESS, REPLICATION CLIENT, SLAVE MONITOR ON *.* TO 'monitor'@'%';
GRANT SELECT ON performance_schema.* TO 'monitor'@'%';
SQL
