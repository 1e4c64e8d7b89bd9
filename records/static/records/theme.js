// Lets the theme run without `unsafe-eval`: Alpine's CSP build (records/vendored) carries expressions out by itself, so it
// sees no global of a page, and of JavaScript it knows single expressions only. What the theme's expressions expect of
// globals is given to Alpine here, and the few that it cannot read are replaced by ones that it can.
document.addEventListener("alpine:init", () => {
  Alpine.data("theme", (...given) => ({ ...theme(...given), moveRecords, sortRecords }));
  Alpine.data("searchForm", searchForm);
  Alpine.data("searchDropdown", searchDropdown);
  Alpine.data("searchCommand", searchCommand);
  Alpine.data("workbenchPage", workbenchPage);
  Alpine.interceptInit((element) => Alpine.mutateDom(() => makeReadable(element)));
});

// The state of a whole page, as the theme's own `x-data` and `x-init` of <body> would make it.
function workbenchPage(firstTab) {
  const stored = localStorage.getItem("sidebarDesktopOpen");
  return {
    activeTab: firstTab,
    actionDropdownOpen: false, // a page of the history asks for it outside of its dropdown
    sidebarMobileOpen: false,
    sidebarDesktopOpen: stored === null || stored === "1",
    init() {
      this.activeTab = getCurrentTab() || firstTab;
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    formAction() {
      const here = location.pathname + location.search;
      return this.activeTab && this.activeTab !== "general" ? `${here}#${this.activeTab}` : here;
    },
    follow(link) {
      location.href = link.href + location.hash;
    },
    leaveSearch(input) {
      if (input.value === "") input.blur();
      else input.value = "";
    },
  };
}

const READABLE = [
  [/^window\.location\.href = \$el\.href \+ window\.location\.hash$/, "follow($$el)"],
  [/^activeTab && activeTab !== 'general' \? window\.location\..*$/, "formAction()"],
  [/^(sidebarDesktopOpen = !sidebarDesktopOpen); localStorage\..*$/, "$1"],
  [/^(openSearchResults = true); (currentIndex = 0)$/, "[$1, $2]"],
  [/^(openSearchResults = false); if \(\$refs\.searchInput\.value === ''\) .*$/, "[$1, leaveSearch($$refs.searchInput)]"],
  [/^if \((!\$event\.metaKey && !\$event\.ctrlKey)\) (selectItem\(.*\))$/, "$1 && $2"],
];

function makeReadable(element) {
  if (element === document.body) {
    const [, firstTab] = /activeTab: '([^']*)'/.exec(element.getAttribute("x-data")) || ["", ""];
    element.setAttribute("x-data", `workbenchPage('${firstTab}')`);
    element.removeAttribute("x-init");
  }
  for (const { name, value } of [...element.attributes]) {
    if (!name.startsWith("x-")) continue;
    const line = value.trim().replace(/\s+/g, " ");
    const found = READABLE.find(([unreadable]) => unreadable.test(line));
    if (found) element.setAttribute(name, line.replace(...found));
  }
}
