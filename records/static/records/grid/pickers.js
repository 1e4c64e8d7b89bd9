// Choosing from a list while typing: options, tags, records and members.
import { make } from "./dom.js";
import { sentValue, toneOf } from "./values.js";

const PAUSE = 180; // milliseconds without a key before the server is asked
const MOST = 60;
const listed = (value) => (Array.isArray(value) ? value : value ? [value] : []);
const folded = (text) => text.trim().toLocaleLowerCase();

/** What can be chosen, by what was typed: each with an id and a name. */
async function offer(app, field, text) {
  if (["option", "options"].includes(field.control)) {
    const found = field.options.filter((option) => folded(option.name).includes(folded(text)));
    const starts = (option) => (folded(option.name).startsWith(folded(text)) ? 0 : 1);
    return found.sort((one, other) => starts(one) - starts(other));
  }
  if (field.control === "member") {
    const { content } = await app.api.members(text);
    return content.map((member) => ({ ...member, name: member.display_name || member.email }));
  }
  if (field.control === "tags") {
    const { content } = await app.api.tags(field.name, text);
    return content.results;
  }
  const target = field.relation?.related_object;
  if (!target) return [];
  const { content } = await app.api.named(target, text);
  return content.results.map((record) => ({ id: record.id, name: record.display_name, display_name: record.display_name }));
}

const nameOf = (item) => item.display_name || item.name || [item.first_name, item.last_name].filter(Boolean).join(" ") || item.email;

class Picker {
  constructor(app, field, value, typed, finish) {
    Object.assign(this, { app, field, finish, chosen: listed(value), found: [], at: 0, asked: 0 });
    this.many = field.multiple;
    this.input = make("input", {
      type: "text", role: "combobox", "aria-label": field.label, "aria-expanded": "true", "aria-controls": "picker-list",
      "aria-autocomplete": "list", autocomplete: "off", placeholder: this.many ? "Add…" : "Type to find…",
    });
    this.input.value = typed;
    this.list = make("ul", { id: "picker-list", role: "listbox", "aria-label": field.label, class: "grid-options" });
    this.chips = make("div", { class: "grid-picked-items" });
    this.element = make("div", { class: "grid-editor grid-picker" }, this.chips, this.input, this.list);
    this.input.addEventListener("input", () => this.typed());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => this.pressed(event));
    this.input.addEventListener("blur", () => { if (document.hasFocus()) this.finish(this.read()); });
    this.showChips();
    this.ask();
  }

  typed() {
    clearTimeout(this.timer);
    if (this.isRemote) this.timer = setTimeout(() => this.ask(), PAUSE);
    else this.ask();
  }

  async ask() {
    const number = ++this.asked;
    const text = this.input.value;
    await offer(this.app, this.field, text).then((found) => {
      if (number !== this.asked) return;
      this.answered = text;
      const rest = found.filter((item) => !this.many || !this.chosen.some((one) => one.id === item.id)).slice(0, MOST);
      const made = this.field.control === "tags" && text.trim() && !found.some((item) => folded(item.name) === folded(text));
      this.found = made ? [...rest, { id: null, name: text.trim(), made: true }] : rest;
      const now = text || this.many ? 0 : this.found.findIndex((item) => item.id === this.chosen[0]?.id);
      this.show(Math.max(0, now));
    }).catch((refusal) => {
      if (number === this.asked) this.list.replaceChildren(make("li", { class: "grid-none" }, refusal.message));
    });
  }

  show(at) {
    this.at = at;
    this.list.replaceChildren(...this.found.map((item, place) => make("li", {
      id: `picker-${place}`, role: "option", "aria-selected": String(place === at), "data-at": String(place),
    }, this.label(item))));
    if (!this.found.length) this.list.append(make("li", { class: "grid-none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing found."));
    const active = this.list.children[at];
    active?.scrollIntoView({ block: "nearest" });
    if (this.found.length) this.input.setAttribute("aria-activedescendant", `picker-${at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  label(item) {
    if (item.made) return `Create “${item.name}”`;
    const toned = ["option", "options", "tags"].includes(this.field.control);
    return make("span", { class: toned ? `grid-chip ${toneOf(this.field, item)}` : "" }, nameOf(item));
  }

  showChips() {
    this.chips.hidden = !this.many;
    if (!this.many) return;
    this.chips.replaceChildren(...this.chosen.map((item) => make("span", { class: "grid-chip" }, nameOf(item))));
  }

  key(event) {
    if (event.isComposing) return;
    const { key } = event;
    if (key === "ArrowDown") this.show(Math.min(this.at + 1, this.found.length - 1));
    else if (key === "ArrowUp") this.show(Math.max(this.at - 1, 0));
    else if (key === "Escape") this.finish(null, [0, 0]);
    else if (key === "Enter") this.enter();
    else if (key === "Tab") this.leave(event.shiftKey ? -1 : 1);
    else if ((key === "Backspace" || key === "Delete") && !this.input.value) this.takeAway();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pressed(event) {
    event.preventDefault();
    const item = event.target.closest("[data-at]");
    if (!item) return;
    this.input.value = "";
    this.choose(this.found[Number(item.dataset.at)]);
    if (!this.many) this.finish(this.read(), [0, 0]);
  }

  get isRemote() {
    return !["option", "options"].includes(this.field.control);
  }

  /** What is marked for the text as it is now; for one that was typed quickly, once the answer to it is there. */
  async marked() {
    const text = this.input.value;
    if (!this.isRemote || text === this.answered) return this.found[this.at];
    const found = await offer(this.app, this.field, text);
    const same = found.find((item) => folded(nameOf(item)) === folded(text));
    if (same || this.field.control !== "tags") return same || found[0];
    return { id: null, name: text.trim(), made: true };
  }

  /** With nothing typed in a list of several, it is done; else what is marked is chosen. */
  enter() {
    if (this.many && !this.input.value) this.finish(this.read(), [1, 0]);
    else this.take([1, 0]);
  }

  leave(by) {
    if (this.input.value) this.take([0, by]);
    if (this.many || !this.taken) this.finish(this.read(), [0, by]);
  }

  /** Chooses what is marked. Keys that follow belong to what comes next: nothing waits for the server. */
  take(move) {
    clearTimeout(this.timer);
    const text = this.input.value;
    const found = this.marked();
    if (this.many) {
      this.input.value = "";
      this.adding = (this.adding || Promise.resolve()).then(() => found).then((item) => item && this.choose(item));
      this.typed();
      return;
    }
    this.taken = true;
    const later = found.then((item) => {
      if (!item) throw new Error(`Nothing is called “${text}”.`);
      return { value: sentValue(this.field, item), shown: item };
    });
    this.finish({ text, later }, move);
  }

  choose(item) {
    const isNew = !this.many || !this.chosen.some((one) => nameOf(one) === nameOf(item));
    if (isNew) this.chosen = this.many ? [...this.chosen, item] : [item];
    this.showChips();
    this.ask();
  }

  takeAway() {
    this.chosen = this.many ? this.chosen.slice(0, -1) : [];
    this.showChips();
    if (!this.many) this.finish(this.read(), [0, 0]);
    else this.ask();
  }

  /** What is chosen; where something is still being found, once it is. */
  read() {
    if (!this.adding) return this.now();
    const later = this.adding.then(() => this.now());
    return { text: this.chosen.map(nameOf).join("; "), later };
  }

  now() {
    const value = this.many ? this.chosen : this.chosen[0] ?? null;
    const same = this.before === this.state();
    return { value: this.chosen.length ? sentValue(this.field, value) : null, shown: value, same };
  }

  state() {
    return JSON.stringify(this.chosen.map((item) => item.id || item.name));
  }
}

/** A list over the cell; `typed` is what it begins with. */
export function openPicker(app, field, value, typed, finish) {
  const picker = new Picker(app, field, value, typed, finish);
  picker.before = picker.state();
  return { element: picker.element, read: () => picker.read(), width: 240, height: 260 };
}
