#!/bin/sh
# MARIADB_ROOT_PASSWORD, MARIADB_DATABASE and /docker-entrypoint-initdb.d/*.sh, at the first start.
set -eu
if [ "$(id -u)" = 0 ]; then
  chown mysql:mysql /var/lib/mysql /run/mysqld
  exec setpriv --reuid mysql --regid mysql --clear-groups "$0"
fi
if ! [ -d /var/lib/mysql/mysql ]; then
  mariadb-install-db --datadir=/var/lib/mysql --skip-test-db --auth-root-authentication-method=normal >/dev/null
  mariadbd --skip-networking --datadir=/var/lib/mysql &
  server=$!
  until mariadb-admin --user=root ping >/dev/null 2>&1; do sleep 0.2; done
  mariadb --user=root <<SQL
CREATE DATABASE $MARIADB_DATABASE;
ALTER USER root@localhost IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
SQL
  for script in /docker-entrypoint-initdb.d/*.sh; do
    if [ -e "$script" ]; then sh "$script"; fi
  done
  kill "$server"
  wait "$server" || true
fi
exec mariadbd --datadir=/var/lib/mysql --bind-address=0.0.0.0
