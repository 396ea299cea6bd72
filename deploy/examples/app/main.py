"""A small shop, as an application that is watched: /health says whether it works, /metrics how well.

/slow and /fail are there so that one can see what an alert looks like.
"""

import random
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

import metrics
import store


@asynccontextmanager
async def lifespan(_app):
    """The database is there before the first request, and closed after the last."""
    store.open_database()
    yield
    store.pool.close()


app = FastAPI(title="Seamark's sample application", lifespan=lifespan)
app.add_middleware(metrics.Measure)


@app.get("/health")
def health():
    """200 where the database answers, else 503 with what is wrong: for HEALTHCHECK, and for whoever asks."""
    try:
        well = store.answers()
    except Exception as error:  # Of whatever kind: it is what this page is for. Not its text, which may hold an address.
        return JSONResponse({"status": "failing", "database": type(error).__name__}, status_code=503)
    return JSONResponse({"status": "ok" if well else "failing", "database": "ok" if well else "odd answer"},
                        status_code=200 if well else 503)


@app.get("/items/{number}")
def item(number: int):
    """One item."""
    name = store.item(number)
    if name is None:
        raise HTTPException(404, f"there is no item {number}")
    return {"number": number, "name": name}


@app.post("/items/{number}/orders", status_code=201)
def order(number: int):
    """Orders one of an item."""
    taken = store.order(number)
    if taken is None:
        raise HTTPException(404, f"there is no item {number}")
    return {"order": taken}


@app.post("/videos", status_code=201)
def video():
    """A job such as a business runs: asks a model, then a foreign API. Both are made up; what is measured is not."""
    with metrics.JOB_DURATION.labels("video").time():
        with metrics.INFERENCE_DURATION.labels("voice").time():
            time.sleep(random.uniform(0.02, 0.2))
        posted = random.random() < 0.98
        metrics.EXTERNAL_REQUESTS.labels("tube", "200" if posted else "503").inc()
    metrics.JOBS.labels("video", "succeeded" if posted else "failed").inc()
    return {"posted": posted}


@app.get("/slow")
def slow(seconds: float = 2.0):
    """Answers late."""
    time.sleep(min(max(seconds, 0.0), 30.0))
    return {"slept": seconds}


@app.get("/fail")
def fail():
    """Fails."""
    raise HTTPException(500, "as asked")


@app.get("/metrics", include_in_schema=False)
def exposition():
    """For Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
