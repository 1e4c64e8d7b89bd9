// The Records API, called with the visitor's session: what programs use, with the same rights and refusals.

const DIGITS = 15; // that a number of JavaScript keeps

/** What the server refused, or could not be asked. `status` 0: it could not be reached. */
export class Refusal extends Error {
  constructor(status, content) {
    super(told(status, content));
    this.status = status;
    this.content = content || {};
  }
}

function told(status, content) {
  if (status === 0) return "The server could not be reached.";
  if (status === 401) return "You are logged out. Log in again in another tab, then retry.";
  return (content && content.detail) || `The server answered ${status}.`;
}

/** The messages of a refused write for its first entry, or for all of it. */
export function messageOf(refusal) {
  const { fields = [], non_field_errors: general = [] } = refusal.content;
  const said = fields.flatMap((entry) =>
    Object.entries(entry).filter(([part]) => part !== "id").flatMap(([part, texts]) =>
      part === "name" && fields.length > 1 ? [] : texts));
  return [...said, ...general].join(" ") || refusal.message;
}

// A number that would lose digits stays the text that it was sent as.
function exact(key, value, context) {
  if (typeof value !== "number" || !context || !context.source) return value;
  return context.source.replace(/\D/g, "").length > DIGITS ? context.source : value;
}

function token() {
  const found = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie);
  return found ? decodeURIComponent(found[1]) : "";
}

export class Api {
  constructor(config) {
    this.workspace = config.workspace;
    this.object = config.object;
  }

  /** The content of an answer, with the operation and the version that its headers name. */
  async call(method, path, body, headers = {}) {
    let answer;
    let text;
    try {
      answer = await fetch(`/api/${path}`, {
        method,
        credentials: "same-origin",
        cache: "no-store",
        headers: {
          "X-BUSINESS-ID": this.workspace,
          ...(method === "GET" ? {} : { "X-CSRFToken": token(), "Content-Type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      text = await answer.text();
    } catch {
      throw new Refusal(0, null);
    }
    let content = null;
    try {
      content = text ? JSON.parse(text, exact) : null;
    } catch { /* a proxy's page, told by its status */ }
    if (!answer.ok) throw new Refusal(answer.status, content);
    return { content, operation: answer.headers.get("X-Operation-ID") };
  }

  get(path) {
    return this.call("GET", path);
  }

  post(path, body) {
    return this.call("POST", path, body);
  }

  fields() {
    return this.get(`custom-objects/${this.object}/fields`);
  }

  search(body) {
    return this.post(`records/${this.object}/search`, body);
  }

  aggregate(body) {
    return this.post(`records/${this.object}/aggregate`, body);
  }

  records(ids, names) {
    return this.post(`records/${this.object}/batch-get`, { ids, field_names: names });
  }

  change(id, version, entries) {
    const path = `records/${this.object}/${id}?return_all_fields=true`;
    return this.call("PATCH", path, { fields: entries }, { "If-Match": `"${version}"` });
  }

  batch(mode, items) {
    return this.post(`records/${this.object}/batch`, { mode, on_error: "continue", items });
  }

  record(id) {
    return this.get(`records/${this.object}/${id}`);
  }

  files(id) {
    return this.get(`attachments/${this.object}/${id}`);
  }

  history(id, size, page = 1) {
    return this.get(`records/${this.object}/${id}/history?page_size=${size}&page=${page}`);
  }

  undo(operation) {
    return this.post(`operations/${operation}/undo`, { mode: "safe" });
  }

  job(id) {
    return this.get(`bulk-action-progress/${id}`);
  }

  changes(after) {
    return this.get(`changes?objects=${this.object}&limit=500&after=${encodeURIComponent(after)}`);
  }

  members(search) {
    return this.get(`team/typeahead?page_size=50&search=${encodeURIComponent(search)}`);
  }

  tags(field, search) {
    return this.get(`pipelines/${this.object}/fields/${field}/tags?page_size=50&search=${encodeURIComponent(search)}`);
  }

  named(object, search) {
    return this.post(`records/${object}/search`, {
      search, field_names: ["display_name"], page_size: 20, count: "none",
    });
  }
}
