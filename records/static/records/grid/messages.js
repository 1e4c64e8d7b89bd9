// What is said at the edge of the page, and goes by itself.
import { button, byId, make } from "./dom.js";

const SECONDS = 12;
const MOST = 4;

/** Says something; `action` is a pair of a button's text and what it does. What has a `kind` takes the place of the
 * last that had it. */
export function say(text, { action, error = false, kind = "" } = {}) {
  if (kind) document.querySelectorAll(`.grid-message[data-kind="${kind}"]`).forEach((last) => last.remove());
  const shown = make("div", { class: error ? "grid-message grid-message-error" : "grid-message", "data-kind": kind }, make("span", {}, text));
  if (action) {
    const [label, act] = action;
    shown.append(button(label, () => { shown.remove(); act(); }));
  }
  shown.append(button("×", () => shown.remove(), { "aria-label": "Close the message" }));
  const place = byId("messages");
  place.append(shown);
  while (place.children.length > MOST) place.firstElementChild.remove();
  setTimeout(() => shown.remove(), SECONDS * 1000);
}

export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
