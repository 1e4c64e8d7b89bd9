"""Programs in TypeScript that make every call of a document with a generated client: with the
functions of hey-api's, or with openapi-fetch on the types of openapi-typescript."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.documents import Operation, operations

from .calling import LINK, Call, filled
from .calls import CALLS

SHARED = (
    """\
export type Answer = { data?: unknown; error?: unknown; response?: Response };

const known = new Map<string, unknown>([["workspace", process.env.WORKSPACE]]);
const called: [string, number][] = [];
export const headers = JSON.parse(process.env.HEADERS ?? "{}") as Record<string, string>;
export const server = process.env.SERVER ?? "";

export function text(name: string): string {
  const value = known.get(name);
  if (typeof value !== "string") throw new Error(`${name} is no text`);
  return value;
}

export function number(name: string): number {
  const value = known.get(name);
  if (typeof value !== "number") throw new Error(`${name} is no number`);
  return value;
}

function kept(content: unknown, place: string): unknown {
  const isLink = place.startsWith("LINK");
  let value = content;
  for (const step of place.replace("LINK", "").split(".")) {
    value = (value as Record<string, unknown>)[step];
  }
  return isLink ? String(value).split("/").pop() : value;
}

export async function took(
  operation: string,
  status: number,
  answering: Promise<Answer>,
  keeps: Record<string, string> = {},
): Promise<void> {
  const answer = await answering;
  if (answer.response?.status !== status) {
    const said = JSON.stringify(answer.error);
    throw new Error(`${operation}: ${answer.response?.status} instead of ${status}: ${said}`);
  }
  // Applying a view to others is answered with 200, and nothing else.
  const isEmpty = status === 204 || operation.includes("_apply_to_");
  if (!isEmpty && answer.data === undefined) throw new Error(`${operation}: no data`);
  for (const [name, place] of Object.entries(keeps)) known.set(name, kept(answer.data, place));
  called.push([operation, status]);
}

export function finish(): void {
  console.log(JSON.stringify(called));
}

export function fail(error: unknown): void {
  console.error(error);
  process.exitCode = 1;
}
"""
).replace("LINK", LINK)


def hey_api(api: str) -> str:
    """With hey-api's client, which knows the server from the document."""
    named = {each.id: each for each in operations(api)}
    steps = [_hey_step(call, named[call.operation]) for call in CALLS[api]]
    return _program(
        f"""\
import {{ client }} from "./hey-{api}/client.gen.js";
import * as sdk from "./hey-{api}/sdk.gen.js";
import {{ fail, finish, headers, number, text, took }} from "./shared.js";

client.setConfig({{ headers }});""",
        steps,
    )


def openapi_fetch(api: str) -> str:
    """With openapi-fetch on the types of openapi-typescript."""
    named = {each.id: each for each in operations(api)}
    steps = [_fetch_step(call, named[call.operation]) for call in CALLS[api]]
    return _program(
        f"""\
import createClient from "openapi-fetch";
import type {{ paths }} from "./types-{api}.js";
import {{ fail, finish, headers, number, server, text, took }} from "./shared.js";

const client = createClient<paths>({{ baseUrl: server, headers }});

function form(body: {{ file: string; key?: string }}): FormData {{
  const sent = new FormData();
  if (body.key !== undefined) sent.append("key", body.key);
  sent.append("file", new File([body.file], "file.csv", {{ type: "text/csv" }}));
  return sent;
}}""",
        steps,
    )


def _program(head: str, steps: list[str]) -> str:
    body = "\n".join(f"  {step}" for step in steps)
    return f"{head}\n\nasync function main(): Promise<void> {{\n{body}\n}}\n\nmain().then(finish, fail);\n"


def _hey_step(call: Call, operation: Operation) -> str:
    given = _given(call)
    if isinstance(call.body, bytes):
        given["body"] = _Code(f"new Blob([{json.dumps(call.body.decode())}])")
    elif _is_form(call):
        content = json.dumps(call.body["file"].decode())
        file = _Code(f'new File([{content}], "file.csv", {{ type: "text/csv" }})')
        given["body"] = {**call.body, "file": file}
    first, *others = call.operation.split("_")
    name = first + "".join(word.title() for word in others)
    return _took(call, f"sdk.{name}({_source(given)})")


def _fetch_step(call: Call, operation: Operation) -> str:
    given = _given(call)
    params = {key: given.pop(key) for key in ("path", "query") if key in given}
    options: dict[str, Any] = {"params": params, **given} if params else given
    if isinstance(call.body, bytes):
        options["body"] = call.body.decode()
        options["bodySerializer"] = _Code("(body: string) => body")
        options["headers"] = {"Content-Type": "application/octet-stream"}
    elif _is_form(call):
        options["body"] = {**call.body, "file": call.body["file"].decode()}
        options["bodySerializer"] = _Code("form")
    content = operation.resolved(operation.described["responses"][str(call.status)])
    if "application/json" not in content.get("content", {"application/json": {}}):
        options["parseAs"] = "text"
    return _took(
        call, f"client.{operation.method}({json.dumps(operation.path)}, {_source(options)})"
    )


def _given(call: Call) -> dict[str, Any]:
    """The arguments but for bodies that are no JSON."""
    parts = {"path": call.path, "query": call.query, "body": call.body}
    is_json = not isinstance(call.body, bytes) and not _is_form(call)
    return {
        name: value
        for name, value in parts.items()
        if (value if name != "body" else is_json and value is not None)
    }


def _is_form(call: Call) -> bool:
    return isinstance(call.body, Mapping) and any(
        isinstance(value, bytes) for value in call.body.values()
    )


def _took(call: Call, answering: str) -> str:
    keeps = f", {json.dumps(dict(call.keeps))}" if call.keeps else ""
    return f'await took("{call.operation}", {call.status}, {answering}{keeps});'


class _Code(str):
    """Source that is written as it is."""

    __slots__ = ()


def _source(value: Any) -> str:
    """A value as source."""

    def fill(name: str, is_number: bool) -> _Code:
        return _Code(f'{"number" if is_number else "text"}("{name}")')

    return _written(filled(value, fill))


def _written(value: Any) -> str:
    if isinstance(value, _Code):
        return str(value)
    if isinstance(value, Mapping):
        entries = ", ".join(f"{json.dumps(key)}: {_written(each)}" for key, each in value.items())
        return f"{{ {entries} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value)
