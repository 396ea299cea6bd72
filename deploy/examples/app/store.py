"""The application's database, and its cache, without which it does as well."""

import os

from psycopg_pool import ConnectionPool
from redis import Redis, RedisError

# Of the database: `postgresql://user:password@host:5432/name`. Of the cache: `redis://host:6379`; empty is none.
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=4, timeout=3, open=False,
                      kwargs={"connect_timeout": 3})
cache = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=0.5, socket_connect_timeout=0.5,
                       decode_responses=True) if os.environ.get("REDIS_URL") else None

TABLES = """
CREATE TABLE IF NOT EXISTS items (number integer PRIMARY KEY, name text NOT NULL, stock integer NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    number bigserial PRIMARY KEY, item integer NOT NULL REFERENCES items, at timestamptz NOT NULL DEFAULT now());
INSERT INTO items SELECT n, 'item ' || n, 1000000 FROM generate_series(1, 100) AS n ON CONFLICT DO NOTHING;
"""


def open_database():
    """Connects and makes the tables; an error where there is no database within half a minute."""
    pool.open(wait=True, timeout=30)
    with pool.connection() as connection:
        connection.execute(TABLES)


def answers():
    """Whether the database does."""
    with pool.connection(timeout=3) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def item(number):
    """The name of an item out of the cache or the database; nothing where there is no such item."""
    name = remembered(number)
    if name is None:
        with pool.connection() as connection:
            row = connection.execute("SELECT name FROM items WHERE number = %s", (number,)).fetchone()
        name = row[0] if row else None
        remember(number, name)
    return name


def order(number):
    """Takes one of an item's stock; the order's number, or nothing where there is no such item."""
    with pool.connection() as connection:
        if connection.execute("UPDATE items SET stock = stock - 1 WHERE number = %s", (number,)).rowcount == 0:
            return None
        return connection.execute("INSERT INTO orders (item) VALUES (%s) RETURNING number", (number,)).fetchone()[0]


def remembered(number):
    """What the cache knows; a cache that is away knows nothing."""
    try:
        return cache.get(f"item:{number}") if cache else None
    except RedisError:
        return None


def remember(number, name):
    """For half a minute."""
    try:
        if cache and name is not None:
            cache.set(f"item:{number}", name, ex=30)
    except RedisError:
        pass
