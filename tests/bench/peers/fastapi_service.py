"""Peer (b), services: FastAPI and asyncpg, one address for each section."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Response

from bench.shape import CONNECTIONS, Section, items_of, sections_of

SERVICES = os.environ["BENCH_SERVICES"].split(",")


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        app.state.pools = {}
        for service in SERVICES:
            url = os.environ["BENCH_DATABASE"].replace("{service}", service)
            pool = asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
            app.state.pools[service] = await stack.enter_async_context(pool)
        yield


app = FastAPI(lifespan=_connected)


def _answering(section: Section) -> Callable[[str], Awaitable[Response]]:
    statement = items_of(section, "$1")

    async def items(owner: str) -> Response:
        rows = await app.state.pools[section.service].fetch(statement, owner)
        found: list[Any] = [orjson.loads(row["body"]) for row in rows]
        return Response(orjson.dumps(found), media_type="application/json")

    return items


for service in SERVICES:
    for one in sections_of(service):
        app.get(f"/{one.name}/{{owner}}")(_answering(one))
