// «Сегодня»: who is open in the queue, where the keys go after a swap, booking by keyboard.
function markCurrent() {
  const open = document.getElementById("person")?.dataset.task;
  for (const link of document.querySelectorAll("#queue .queue-item")) {
    const here = link.id === `q-${open}`;
    if (here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.classList.remove("is-current");
  }
}

function focusName() {
  document.getElementById("person-name")?.focus({ preventScroll: true });
}

/** The dialog gives way to the booking form beside the person. */
function goToBooking(button) {
  button.closest("dialog")?.close();
  const place = document.getElementById("booking");
  const target = place?.querySelector(".slot") ?? place?.querySelector("input[type=date]") ?? place?.querySelector("select");
  place?.scrollIntoView({ block: "nearest" });
  target?.focus();
}

/** Arrows walk over the free times, two in a row. */
function walkSlots(event) {
  const slot = event.target.closest?.(".slots .slot");
  if (!slot) return;
  const slots = [...slot.parentElement.querySelectorAll(".slot")];
  const columns = getComputedStyle(slot.parentElement).gridTemplateColumns.split(" ").length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (!step) return;
  event.preventDefault();
  slots[Math.min(slots.length - 1, Math.max(0, slots.indexOf(slot) + step))].focus();
}

export function startToday() {
  let scroll = 0;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-book]");
    if (button) goToBooking(button);
  });
  document.addEventListener("keydown", walkSlots);

  // The first ready answer, not the cross, is under the finger when a dialog of outcomes opens.
  document.addEventListener("overlay:open", (event) => {
    event.target.querySelector?.(".choices-form .ready button, .choices-form [data-book]")?.focus();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    scroll = document.querySelector("#queue .lines")?.scrollTop ?? 0;
    // A press of «b» books one time only, however fast the second press comes.
    if (event.detail.target?.id === "board") for (const dialog of document.querySelectorAll("#board dialog[open]")) dialog.close();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const id = event.detail.target?.id;
    if (!["board", "person", "queue"].includes(id)) return;
    const lines = document.querySelector("#queue .lines");
    if (lines && id !== "board") lines.scrollTop = scroll;
    if (id === "person") {
      markCurrent();
      window.scrollTo(0, 0);
    }
    if (id === "board") {
      window.scrollTo(0, 0);
      focusName();
    }
  });
}
