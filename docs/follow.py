"""Keeps a copy of a workspace's records in an SQLite file: first everything, then what changes.

    python follow.py copy.sqlite3            # follows until it is stopped
    python follow.py copy.sqlite3 --once     # catches up, then ends

It may be killed at any moment: the changes of a page and the cursor behind them are stored in one
transaction. RECORDS_URL, RECORDS_KEY, RECORDS_WORKSPACE and RECORDS_MEMBER say where and as whom.
"""

import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TABLES = """
CREATE TABLE IF NOT EXISTS record (
    id TEXT PRIMARY KEY, object TEXT, version INTEGER, state TEXT, external_id TEXT, fields TEXT
);
CREATE TABLE IF NOT EXISTS place (cursor TEXT);
"""
GONE = ("removed", "trashed", "deleted")  # out of sight, in the trash, deleted for good
WHOLE = ("created", "restored")  # everything that the record holds


def call(**query):
    """Return the status and the JSON of a page; wait as long as the server asks for."""
    address = f"{os.environ['RECORDS_URL']}/api/changes?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(address)
    request.add_header("X-API-KEY", os.environ["RECORDS_KEY"])
    request.add_header("X-BUSINESS-ID", os.environ["RECORDS_WORKSPACE"])
    request.add_header("X-USER-ID", os.environ["RECORDS_MEMBER"])
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                return error.code, json.load(error)
            time.sleep(int(error.headers.get("Retry-After", "1")))


def apply(copy, change):
    """Make one change in the copy."""
    if change["record_id"] is None:  # a definition changed
        return
    key = (change["record_id"],)
    if change["action"] in GONE:
        copy.execute("DELETE FROM record WHERE id = ?", key)
        return
    known = copy.execute("SELECT version, state, fields FROM record WHERE id = ?", key).fetchone()
    if known is None and change["action"] not in WHOLE:
        return  # it came into sight later, which is told as `created`, with everything
    version, state, fields = known or (0, "active", "{}")
    if change["version"] <= version:
        return  # it was there already
    held = {} if change["action"] in WHOLE else json.loads(fields)
    for name, value in change["fields"].items():
        held[name] = value["new"]
    if change["action"] in ("archived", "unarchived", *WHOLE):
        state = "archived" if change["action"] == "archived" else "active"
    content = json.dumps({name: value for name, value in held.items() if value is not None})
    copy.execute(
        "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?)",
        (*key, change["object"], change["version"], state, change["external_id"], content),
    )


def follow(path, once):
    copy = sqlite3.connect(path)
    copy.executescript(TABLES)
    while True:
        row = copy.execute("SELECT cursor FROM place").fetchone()
        place = {} if row is None else {"after": row[0]}
        status, page = call(**place, limit=1000, wait=0 if once else 30)
        if status == 410:  # the copy cannot be continued: begin a new one
            with copy:
                copy.execute("DELETE FROM record")
                copy.execute("DELETE FROM place")
            continue
        if status != 200:
            sys.exit(f"{status}: {page}")
        with copy:  # one transaction
            for change in page["changes"]:
                apply(copy, change)
            copy.execute("DELETE FROM place")
            copy.execute("INSERT INTO place VALUES (?)", (page["cursor"],))
        if once and not page["more"]:
            return


if __name__ == "__main__":
    follow(sys.argv[1], "--once" in sys.argv[2:])
