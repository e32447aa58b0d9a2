#!/bin/sh
# A database and a role of its own for every service of every site; run once, when PostgreSQL is empty.
set -eu

for site in $SITES; do
    for service in $SERVICES; do
        name="${site}_$(echo "$service" | tr - _)"
        psql -v ON_ERROR_STOP=1 -v name="$name" -v password="$SERVICE_PASSWORD" \
            --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke connect on database :"name" from public;
SQL
    done
done
