// Elements made of parts: texts are always texts, never markup.

/** An element with these attributes (`on…`: listeners; true and false: present or not) and children. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** A labelled choice. `options` are pairs of a value and its text, or groups of them by name. */
export function choice(label, options, chosen, changed) {
  const made = make("select", { class: "grid-input", "aria-label": label });
  for (const [value, text] of options) {
    made.append(make("option", { value, selected: value === chosen }, text));
  }
  if (changed) made.addEventListener("change", () => changed(made.value));
  return made;
}

export function button(text, pressed, attributes = {}) {
  return make("button", { type: "button", class: "grid-button", onclick: pressed, ...attributes }, text);
}

/** Opens a dialog of these parts; it takes the focus, and gives it back when it is closed. */
export function openDialog(title, parts, { closed, wide } = {}) {
  const heading = make("h2", { id: "dialog-title" }, title);
  const dialog = make(
    "dialog", { class: wide ? "grid-dialog grid-wide" : "grid-dialog", "aria-labelledby": "dialog-title" },
    heading, ...parts,
  );
  const before = document.activeElement;
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before && before.isConnected) before.focus();
    if (closed) closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
