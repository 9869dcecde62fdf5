// A short word about what has just been done, with a way to take it back.
// From the server: the header HX-Trigger {"toast": {"text": …, "undo": "/address/", "tone": ""}}, or <div data-toast …> in the page.
const SECONDS = 8;

function box() {
  let box = document.getElementById("toasts");
  if (!box) {
    box = document.createElement("div");
    box.id = "toasts";
    box.className = "toasts";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  return box;
}

function button(text, className, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.textContent = text;
  element.addEventListener("click", action);
  return element;
}

/** Sends the way back. With htmx the answer may change the page by its own headers. */
function takeBack(address) {
  window.htmx?.ajax("POST", address, { target: "body", swap: "none" });
}

export function toast({ text, undo = "", tone = "", seconds = SECONDS }) {
  const element = document.createElement("div");
  element.className = `toast ${tone}`;
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = text;
  element.append(words);

  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    element.remove();
  };
  const wait = () => {
    timer = setTimeout(close, seconds * 1000);
  };
  if (undo) {
    element.append(
      button("Отменить", "undo", () => {
        close();
        takeBack(undo);
      }),
    );
  }
  const cross = button("×", "close", close);
  cross.setAttribute("aria-label", "Закрыть");
  element.append(cross);

  // Whoever reads slowly or has come here by keyboard is not hurried.
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", wait);
  element.addEventListener("focusin", () => clearTimeout(timer));
  element.addEventListener("focusout", wait);

  const place = document.querySelector("dialog[open]:modal") ?? document.body;
  const holder = box();
  if (holder.parentElement !== place) place.append(holder);
  holder.append(element);
  // A new word takes the place of the old one; what went wrong stays beside it.
  for (const old of [...holder.children].slice(0, -1)) {
    if (!old.classList.contains("bad") || holder.children.length > 2) old.remove();
  }
  // What went wrong stays until it is closed.
  if (tone !== "bad") wait();
  return close;
}

export function undoLast() {
  const last = [...document.querySelectorAll("#toasts .undo")].at(-1);
  last?.click();
  return Boolean(last);
}

function readMessages(root) {
  const found = root.querySelectorAll?.("[data-toast]") ?? [];
  for (const element of found) {
    toast({ text: element.dataset.toast, undo: element.dataset.undo ?? "", tone: element.dataset.tone ?? "" });
    element.remove();
  }
}

export function startToasts() {
  document.addEventListener("toast", (event) => toast(event.detail));
  document.addEventListener("htmx:load", (event) => readMessages(event.detail.elt));
  readMessages(document);
  document.addEventListener("close", () => document.body.append(box()), true);
}
