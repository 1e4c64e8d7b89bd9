"""Receives webhooks and prints them: WEBHOOK_SECRET=whsec_... python receive.py 8001"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError  # pip install standardwebhooks


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):  # not signed so, or five minutes old
            self.send_error(400)
        else:
            print(self.headers["webhook-id"], event["type"], event["data"], flush=True)
            self.send_response(204)
            self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
