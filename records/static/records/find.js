// Ctrl-K: a dialog that finds objects, records and pages as one types.
document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.querySelector("[data-find-url]");
  if (dialog) prepareFind(dialog);
});

const PAUSE = 150; // milliseconds without a key before the server is asked

function prepareFind(dialog) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const status = dialog.querySelector("p");
  let timer;
  let asking;

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
  };

  const options = () => [...list.children];
  const chosen = () => list.querySelector("[aria-selected=true]");

  const choose = (option) => {
    options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };

  const step = (by) => {
    const all = options();
    if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
  };

  const show = (found, term) => {
    list.replaceChildren(...found.map(asOption));
    input.setAttribute("aria-expanded", String(found.length > 0));
    choose(list.firstElementChild);
    status.textContent = found.length || !term ? "" : `Nothing is called “${term}”, or contains it.`;
  };

  const ask = async () => {
    const term = input.value.trim();
    if (asking) asking.abort();
    if (!term) return show([], "");
    asking = new AbortController();
    const address = `${dialog.dataset.findUrl}?s=${encodeURIComponent(term)}`;
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      show((await answer.json()).found, term);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      show([], "");
      status.textContent = "The search failed. Are you still logged in? Type again to retry.";
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && chosen()) follow(chosen().querySelector("a"), event.ctrlKey || event.metaKey);
    else if (event.key === "Escape") dialog.close(); // the browser would only empty the input
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousemove", (event) => choose(event.target.closest("li") || chosen()));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.querySelectorAll("[data-find]").forEach((button) => button.addEventListener("click", open));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
}

function follow(link, aside) {
  if (aside) window.open(link.href, "_blank", "noopener");
  else window.location = link.href;
}

// What people wrote becomes text, never markup.
function asOption(hit, at) {
  const option = document.createElement("li");
  option.id = `find-${at}`;
  option.setAttribute("role", "option");
  const link = document.createElement("a");
  link.href = hit.link;
  link.tabIndex = -1;
  for (const [kind, text] of [["span", hit.icon], ["span", hit.title], ["small", hit.description]]) {
    link.append(Object.assign(document.createElement(kind), { textContent: text }));
  }
  link.firstElementChild.className = "material-symbols-outlined";
  link.firstElementChild.setAttribute("aria-hidden", "true");
  option.append(link);
  return option;
}
