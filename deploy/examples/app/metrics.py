"""What Prometheus reads of the application, under the names that Seamark's rules and dashboards know.

The http_* names and labels are those of prometheus-fastapi-instrumentator; with that package in place of this file,
everything else stays as it is. The app_* names are a convention for what a business does: jobs, models, foreign APIs.
"""

import time

from prometheus_client import Counter, Gauge, Histogram, Summary

REQUESTS = Counter("http_requests_total", "Requests that were answered.", ["handler", "method", "status"])
DURATION = Histogram("http_request_duration_seconds", "From the request to the end of its answer.", ["handler", "method"])
IN_PROGRESS = Gauge("http_requests_inprogress", "Requests that have no answer yet.", ["method"])
REQUEST_SIZE = Summary("http_request_size_bytes", "The bodies of requests.", ["handler"])
RESPONSE_SIZE = Summary("http_response_size_bytes", "The bodies of answers.", ["handler"])

JOBS = Counter("app_jobs_total", "Jobs that have ended.", ["job_type", "status"])
JOB_DURATION = Histogram("app_job_duration_seconds", "How long jobs took.", ["job_type"],
                         buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60))
INFERENCE_DURATION = Histogram("app_inference_duration_seconds", "How long a model took for one answer.", ["model"])
EXTERNAL_REQUESTS = Counter("app_external_api_requests_total", "Requests to foreign APIs.", ["provider", "status"])

# Asked by machines; they would drown what people ask for.
UNCOUNTED = ("/metrics", "/health")


class Measure:
    """Counts and times each request (ASGI middleware)."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] in UNCOUNTED:
            await self.app(scope, receive, send)
            return
        method, began, status, size = scope["method"], time.monotonic(), 500, 0

        async def watch(message):
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        with IN_PROGRESS.labels(method).track_inprogress():
            try:
                await self.app(scope, receive, watch)
            finally:
                # The route's pattern, /items/{number}: paths as they come would be a series for each item.
                handler = getattr(scope.get("route"), "path", "none")
                REQUESTS.labels(handler, method, str(status)).inc()
                DURATION.labels(handler, method).observe(time.monotonic() - began)
                headers = dict(scope["headers"])
                REQUEST_SIZE.labels(handler).observe(int(headers.get(b"content-length", 0)))
                RESPONSE_SIZE.labels(handler).observe(size)
