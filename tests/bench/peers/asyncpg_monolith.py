"""Peer (c): one FastAPI process that reads the same rows itself, one statement after another."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import orjson
from fastapi import FastAPI, Response

from bench.shape import CONNECTIONS, OWNERS, items_of, sections_of

STATEMENTS = {
    service: {section.name: items_of(section, "$1") for section in sections_of(service)} for service in OWNERS
}


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    pattern = os.environ["BENCH_DATABASE"]
    async with AsyncExitStack() as stack:
        app.state.pools = {}
        for service in OWNERS:
            url = pattern.replace("{service}", service)
            pool = asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
            app.state.pools[service] = await stack.enter_async_context(pool)
        yield


app = FastAPI(lifespan=_connected)


@app.get("/home/{owner}")
async def home(owner: str) -> Response:
    """Everything a citizen is shown."""
    view = {}
    for service, statements in STATEMENTS.items():
        async with app.state.pools[service].acquire() as connection:
            for name, statement in statements.items():
                rows = await connection.fetch(statement, owner)
                view[name] = [orjson.loads(row["body"]) for row in rows]
    return Response(orjson.dumps(view), media_type="application/json")
