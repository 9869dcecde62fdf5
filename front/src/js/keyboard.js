// Keys of the desk. Any element may carry data-hotkey="c": a field is focused, everything else is pressed.
// Keys are known by their place on the keyboard, so that they work in the Russian layout too.
import { open } from "./drawer.js";
import { undoLast } from "./toast.js";

const OFF = "zabota.keys-off";
const NAMES = { " ": "Пробел", enter: "Enter", escape: "Esc", arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓" };

function typing(target) {
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}

function isOff() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

/** The name under which elements carry this key: "c", "1", "/", "?", "arrowleft". */
export function keyOf(event) {
  if (/^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  if (/^(Digit|Numpad)[0-9]$/.test(event.code) && !event.shiftKey) return event.code.at(-1);
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return "?";
  if (event.key === "/" || event.code === "Slash" || event.code === "NumpadDivide") return "/";
  return event.key.toLowerCase();
}

function visible(element) {
  return element.getClientRects().length > 0 && !element.closest("[inert]");
}

function scope() {
  return [...document.querySelectorAll("dialog[open]")].at(-1) ?? document;
}

function find(key) {
  const wanted = [...scope().querySelectorAll("[data-hotkey]")].filter(
    (element) => element.dataset.hotkey.toLowerCase().split(" ").includes(key) && visible(element),
  );
  return wanted.find((element) => !element.disabled && element.getAttribute("aria-disabled") !== "true");
}

function press(element) {
  if (element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select")) {
    element.focus();
    element.select?.();
    return;
  }
  element.focus({ preventScroll: true });
  element.click();
}

/** j and k: the next and the previous of the list; Enter on it works as a press. */
function walk(step) {
  const list = scope().querySelector("[data-list]");
  if (!list) return false;
  const items = [...list.querySelectorAll("[data-item]")].filter(visible);
  const rows = items.length ? items : [...list.children].filter(visible);
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.matches("[aria-current], .is-current"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  if (!next || next === rows[at]) return true;
  for (const row of rows) row.classList.toggle("is-current", row === next);
  const target = next.matches("a, button") ? next : (next.querySelector("a, button") ?? next);
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (list.dataset.list === "open") target.click();
  return true;
}

function label(element) {
  const named = element.dataset.hotkeyLabel ?? element.getAttribute("aria-label");
  if (named) return named;
  if (element.placeholder) return element.placeholder;
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, .badge, .sr, svg")) extra.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function line(list, keys, text) {
  const term = document.createElement("dt");
  for (const key of keys) {
    const mark = document.createElement("kbd");
    mark.textContent = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
    term.append(mark, " ");
  }
  const words = document.createElement("dd");
  words.textContent = text;
  list.append(term, words);
}

/** Everything that can be pressed on this page, gathered at the moment of asking. */
function showHelp() {
  const dialog = document.getElementById("keys-help");
  if (!dialog || dialog.open) return;
  const list = dialog.querySelector(".keys");
  list.replaceChildren();
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-hotkey]")) {
    if (dialog.contains(element) || !visible(element)) continue;
    const keys = element.dataset.hotkey.toLowerCase().split(" ");
    if (keys.some((key) => seen.has(key))) continue;
    for (const key of keys) seen.add(key);
    line(list, keys, label(element));
  }
  if (document.querySelector("[data-list]")) line(list, ["j", "k"], "Следующий и предыдущий в списке");
  if (document.getElementById("palette")) line(list, ["Ctrl K"], "Всё остальное: найти и открыть");
  line(list, ["z"], "Отменить последнее, пока видно «Отменить»");
  line(list, ["Esc"], "Закрыть окно или уйти из поля");
  line(list, ["?"], "Эта подсказка");
  const box = dialog.querySelector("[data-keys-switch]");
  if (box) box.checked = !isOff();
  open(dialog);
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) {
    event.target.blur();
    return;
  }
  if (typing(event.target)) return;
  const key = keyOf(event);
  if (key === "?") {
    event.preventDefault();
    showHelp();
    return;
  }
  if (isOff()) return;
  const element = find(key);
  if (element) {
    event.preventDefault();
    press(element);
    return;
  }
  if ((key === "j" || key === "k") && walk(key === "j" ? 1 : -1)) event.preventDefault();
  if (key === "z" && undoLast()) event.preventDefault();
}

export function startKeyboard() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-help]")) showHelp();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keys-switch]")) return;
    try {
      localStorage.setItem(OFF, event.target.checked ? "0" : "1");
    } catch {
      // A browser that keeps nothing simply forgets the choice.
    }
  });
}
