"""S3 on loopback by moto, in the services' environment: prints its port, serves until it is killed.

One request at a time: moto compares and writes in two steps, which a real service does in one.
"""

from __future__ import annotations

from moto.moto_server import werkzeug_app
from werkzeug.serving import make_server

if __name__ == "__main__":
    application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=False)
    print(server.server_port, flush=True)  # noqa: T201 - for whoever started it
    server.serve_forever()
