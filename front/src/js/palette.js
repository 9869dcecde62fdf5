// Ctrl K: one field that reaches every section, every action of the page and, through data-url, what the server finds.
// The server answers JSON {"items": [{"label": …, "hint": …, "url": …}]}.
const PAUSE = 150;

let dialog, input, list, timer, asked;
let own = [];
let found = [];
let at = 0;

function gather() {
  const items = [];
  for (const link of document.querySelectorAll(".nav a[href]:not(.brand)")) {
    const name = link.querySelector(".name")?.textContent ?? link.textContent;
    items.push({ label: name.trim(), hint: "раздел", press: link });
  }
  const template = document.getElementById("palette-items");
  for (const link of template?.content.querySelectorAll("a, button") ?? []) {
    items.push({ label: link.textContent.trim(), hint: link.dataset.hint ?? "", url: link.getAttribute("href"), open: link.dataset.open });
  }
  for (const element of document.querySelectorAll(".page [data-hotkey]:not(input, textarea, select)")) {
    // A closed dialog has keys of its own, which say nothing here.
    if (!element.getClientRects().length || element.disabled) continue;
    const copy = element.cloneNode(true);
    for (const extra of copy.querySelectorAll("kbd, svg, .badge")) extra.remove();
    const label = element.dataset.hotkeyLabel ?? element.getAttribute("aria-label") ?? copy.textContent.replace(/\s+/g, " ").trim();
    items.push({ label, hint: `на этой странице, ${element.dataset.hotkey.toUpperCase()}`, press: element });
  }
  return items;
}

const plain = (text) => text.toLowerCase().replaceAll("ё", "е");

function matches(item, words) {
  const text = plain(item.label);
  return words.every((word) => text.includes(word));
}

function shown() {
  const words = plain(input.value).split(/\s+/).filter(Boolean);
  return [...own.filter((item) => matches(item, words)), ...found];
}

function render() {
  const items = shown();
  at = Math.min(at, Math.max(0, items.length - 1));
  list.replaceChildren(
    ...items.map((item, index) => {
      const option = document.createElement("div");
      option.id = `palette-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(index === at));
      const label = document.createElement("span");
      label.className = "clip";
      label.textContent = item.label;
      const hint = document.createElement("small");
      hint.className = "nowrap";
      hint.textContent = item.hint ?? "";
      option.append(label, hint);
      return option;
    }),
  );
  const nothing = dialog.querySelector(".nothing");
  nothing.hidden = items.length > 0;
  list.hidden = items.length === 0;
  if (items.length) {
    input.setAttribute("aria-activedescendant", `palette-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

async function ask() {
  const words = input.value.trim();
  asked?.abort();
  if (!dialog.dataset.url || words.length < 2) {
    found = [];
    render();
    return;
  }
  asked = new AbortController();
  const address = new URL(dialog.dataset.url, location.href);
  address.searchParams.set("q", words);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asked.signal });
    found = answer.ok ? (await answer.json()).items : [];
    render();
  } catch (error) {
    if (error.name !== "AbortError") {
      found = [];
      render();
    }
  }
}

function go(item) {
  if (!item) return;
  dialog.close();
  if (item.press) item.press.click();
  else if (item.open) document.getElementById(item.open)?.showModal();
  else if (item.url) location.assign(item.url);
}

function show(words = "") {
  if (dialog.open) {
    dialog.close();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  own = gather();
  found = [];
  at = 0;
  input.value = words;
  dialog.showModal();
  render();
  if (words) ask();
}

function onKey(event) {
  const count = shown().length;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (count) at = (at + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
    render();
  } else if (event.key === "Enter") {
    event.preventDefault();
    go(shown()[at]);
  }
}

export function startPalette() {
  dialog = document.getElementById("palette");
  if (!dialog) return;
  input = dialog.querySelector("input");
  list = dialog.querySelector('[role="listbox"]');

  document.addEventListener("keydown", (event) => {
    if (event.code === "KeyK" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      show();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) show();
  });
  // Typing in the search of the page goes on in the same list; pasting and Enter still search by the form.
  document.querySelector(".top .search input")?.addEventListener("input", (event) => {
    if (!dialog.dataset.url || event.inputType !== "insertText" || event.isComposing) return;
    const words = event.target.value;
    event.target.value = "";
    show(words);
    input.setSelectionRange(words.length, words.length);
  });
  input.addEventListener("keydown", onKey);
  input.addEventListener("input", () => {
    at = 0;
    render();
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) go(shown()[[...list.children].indexOf(option)]);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
