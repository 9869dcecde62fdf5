// Small habits of a page: copying, printing, choosing all, opening what the address names.
import { toast } from "./toast.js";

export function announce(element, name, detail = {}) {
  element.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  toast({ text: button.dataset.copied ?? "Скопировано", seconds: 3 });
}

function pickAll(box) {
  const group = document.querySelectorAll(`input[type="checkbox"][name="${box.dataset.all}"]`);
  for (const other of group) other.checked = box.checked;
}

/** A tab list inside one page: the arrows move, the panel named by aria-controls is shown. */
function chooseTab(tab, focus) {
  for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
  if (focus) tab.focus();
  window.dispatchEvent(new Event("resize"));
}

function onTabKey(event) {
  const tab = event.target.closest('[role="tab"]');
  if (!tab) return;
  const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
  const at = tabs.indexOf(tab);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  chooseTab(tabs[(next + tabs.length) % tabs.length], true);
}

/** A place for a file takes one that is dropped on it. */
function startDrops() {
  const place = (event) => event.target.closest?.("[data-drop]");
  document.addEventListener("dragover", (event) => {
    const drop = place(event);
    if (!drop) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => place(event)?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const drop = place(event);
    if (!drop) return;
    event.preventDefault();
    drop.classList.remove("over");
    const input = drop.querySelector('input[type="file"]');
    if (!input || !event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** What can be scrolled sideways can be reached by keyboard; what fits is not one more stop of Tab. */
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth + 1) {
      target.tabIndex = 0;
      target.setAttribute("role", "region");
      target.setAttribute("aria-label", target.dataset.scroll || "Таблица");
    } else {
      target.removeAttribute("tabindex");
      target.removeAttribute("role");
      target.removeAttribute("aria-label");
    }
  }
});

function watchWidths(root) {
  for (const box of root.querySelectorAll?.("[data-scroll]") ?? []) widths.observe(box);
}

/** A ready text goes into a field, where it can still be changed; a hidden field (data-fill-name) says which it was. */
function fill(button) {
  const field = document.getElementById(button.dataset.fill);
  if (!field) return;
  field.value = field.value.trim() ? `${field.value.trimEnd()}\n${button.dataset.text}` : button.dataset.text;
  const chosen = field.form?.elements[button.dataset.fillName];
  if (chosen) chosen.value = button.dataset.fillValue ?? "";
  button.closest("details")?.removeAttribute("open");
  field.focus();
}

/** In a menu or a row of tabs that scrolls, the page of now is in sight. */
function showCurrent() {
  for (const box of document.querySelectorAll(".nav, .tabs")) {
    const here = box.querySelector('[aria-current], [aria-selected="true"]')?.getBoundingClientRect();
    if (!here) continue;
    const edge = box.getBoundingClientRect();
    if (here.bottom > edge.bottom) box.scrollTop += here.bottom - edge.bottom + 24;
    if (here.right > edge.right) box.scrollLeft += here.right - edge.right + 16;
  }
}

export function startPage() {
  watchWidths(document);
  showCurrent();
  document.addEventListener("htmx:load", (event) => watchWidths(event.detail.elt));
  document.addEventListener("click", (event) => {
    const copyButton = event.target.closest("[data-copy]");
    if (copyButton) copy(copyButton);
    if (event.target.closest("[data-print]")) window.print();
    const filler = event.target.closest("[data-fill]");
    if (filler) fill(filler);
    const tab = event.target.closest('[role="tab"]');
    if (tab) chooseTab(tab, false);
  });
  document.addEventListener("change", (event) => {
    if (event.target.dataset.all) pickAll(event.target);
    // A select or a tick that narrows a list sends its form without a button.
    if (event.target.closest("[data-submit]")) event.target.form?.requestSubmit();
  });
  document.addEventListener("keydown", onTabKey);
  startDrops();
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details[data-print-open]:not([open])")) {
      details.open = true;
      details.dataset.wasClosed = "";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("details[data-was-closed]")) {
      details.open = false;
      delete details.dataset.wasClosed;
    }
  });
}
