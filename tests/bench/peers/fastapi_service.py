"""Peer (b), a service: FastAPI and asyncpg, one address for each section."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Response

from bench.shape import CONNECTIONS, Section, items_of, sections_of

SERVICE = os.environ["BENCH_SERVICE"]


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["BENCH_DATABASE"].replace("{service}", SERVICE)
    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as app.state.pool:
        yield


app = FastAPI(lifespan=_connected)


def _answering(section: Section) -> Callable[[str], Awaitable[Response]]:
    statement = items_of(section, "$1")

    async def items(owner: str) -> Response:
        rows = await app.state.pool.fetch(statement, owner)
        found: list[Any] = [orjson.loads(row["body"]) for row in rows]
        return Response(orjson.dumps(found), media_type="application/json")

    return items


for one in sections_of(SERVICE):
    app.get(f"/{one.name}/{{owner}}")(_answering(one))
