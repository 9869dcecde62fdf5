// Dialogs and drawers are native <dialog>: the browser keeps the focus inside and gives it back.
// data-open="id" opens, data-close closes the nearest one. The event overlay:open bubbles from it, so text inside may be
// fetched on opening: hx-get="…" hx-trigger="overlay:open from:closest dialog".
import { announce } from "./page.js";

export function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  announce(dialog, "overlay:open");
}

function close(dialog) {
  dialog?.close();
}

export function startOverlays() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.open);
      if (dialog) {
        event.preventDefault();
        open(dialog);
      }
      return;
    }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      close(closer.closest("dialog"));
      return;
    }
    // A press on the shade, outside the sheet itself.
    const dialog = event.target;
    if (dialog instanceof HTMLDialogElement && dialog.dataset.light !== undefined) {
      const box = dialog.getBoundingClientRect();
      const outside =
        event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
      if (outside && event.detail > 0) close(dialog);
    }
  });

  // The answer to a form inside may ask to close: header HX-Trigger {"overlay:close": true}.
  document.addEventListener("overlay:close", () => {
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  });
  document.addEventListener("overlay:show", (event) => open(document.getElementById(event.detail.id ?? event.detail.value)));

  // An element that a swap has brought with data-open-now is shown at once.
  document.addEventListener("htmx:load", (event) => {
    const found = event.detail.elt.matches?.("dialog[data-open-now]")
      ? event.detail.elt
      : event.detail.elt.querySelector?.("dialog[data-open-now]");
    if (found) open(found);
  });
}
