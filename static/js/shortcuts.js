// Keys: Ctrl K or ⌘ K everywhere; single letters not while a field has the focus, nor where the account turned them off.
(() => {
  const find = (selector) => document.querySelector(selector);
  const show = (id) => document.getElementById(id)?.showPopover();
  let waiting = 0; // until when a letter after g is waited for
  let before = null; // what had the focus before the filter

  // Rows of a list, or tiles of the map: each is known by the link that names it.
  const rows = () => [...document.querySelectorAll("main :is(.table a.key, a.tile)")].filter((link) => link.checkVisibility());

  const here = () => document.activeElement?.closest("tr, .tile");

  const step = (by) => {
    const links = rows();
    const at = links.findIndex((link) => here()?.contains(link));
    links[at < 0 ? 0 : Math.max(0, Math.min(at + by, links.length - 1))]?.focus();
  };

  // The region with the focus, or every one of the page.
  const refresh = () => {
    const region = document.activeElement?.closest('main [hx-trigger*="refresh"]');
    const regions = region ? [region] : document.querySelectorAll('main [hx-trigger*="refresh"]:not([hidden])');
    for (const one of regions) htmx.trigger(one, "refresh");
  };

  const filter = () => {
    before = document.activeElement;
    find("main input[type=search]")?.focus();
  };

  const letters = {
    "s": () => show("choose-server"),
    "?": () => show("shortcuts"),
    "/": filter,
    "j": () => step(1),
    "k": () => step(-1),
    "x": () => here()?.querySelector('input[type="checkbox"]')?.click(),
    "r": refresh,
  };

  const letter = (event) => {
    const key = event.key;
    if (event.timeStamp < waiting) {
      waiting = 0;
      find(`#nav [data-key="${CSS.escape(key)}"]`)?.click();
    } else if (key === "g") {
      waiting = event.timeStamp + 1500;
    } else if (Object.hasOwn(letters, key)) {
      letters[key]();
    } else {
      return;
    }
    event.preventDefault();
  };

  document.addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    const field = event.target.closest("input, textarea, select, [contenteditable], .term");
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      const jump = find("#jump");
      if (jump && !jump.open) jump.showModal();
    } else if (event.key === "Escape" && field?.matches("main input[type=search]") && !field.value) {
      (before?.isConnected && before !== document.body ? before : rows()[0])?.focus();
    } else if (plain && (!field || field.matches('[type="checkbox"], [type="radio"]')) && !document.body.dataset.letters && event.key.length === 1) {
      if (!find("dialog:modal")) letter(event);
    }
  });
})();
