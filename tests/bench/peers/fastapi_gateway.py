"""Peer (b), the gateway: FastAPI and aiohttp, all sections asked for at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from fastapi import FastAPI, Response

from bench.shape import SECTIONS, Section

PORTS: dict[str, int] = orjson.loads(os.environ["BENCH_PORTS"])
CONNECTIONS_AT_MOST = 200


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS_AT_MOST)
    async with aiohttp.ClientSession(connector=connector) as app.state.client:
        yield


app = FastAPI(lifespan=_connected)


@app.get("/home/{owner}")
async def home(owner: str) -> Response:
    """Everything a citizen is shown."""
    answers = await asyncio.gather(*(_asked(section, owner) for section in SECTIONS))
    view = {section.name: items for section, items in zip(SECTIONS, answers, strict=True)}
    return Response(orjson.dumps(view), media_type="application/json")


async def _asked(section: Section, owner: str) -> Any:
    url = f"http://127.0.0.1:{PORTS[section.service]}/{section.name}/{owner}"
    async with app.state.client.get(url) as answer:
        answer.raise_for_status()
        return orjson.loads(await answer.read())
