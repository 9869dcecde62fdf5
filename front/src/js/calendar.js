// The grid of the calendar: the line of the present minute, arrows over the blocks, a press inside a free time, moving by hand.
// Everything here only quickens what links and forms of the page do without it.
const STEP = 5;
const FAR = 6;
let scroller;
let moved = false;

function grid() {
  return document.getElementById("grid");
}

/** Height of one minute on the screen. */
function minuteHeight() {
  const cal = grid()?.querySelector(".cal");
  const column = cal?.querySelector(".cal-col");
  const minutes = Number(cal?.dataset.minutes ?? 0);
  return column && minutes ? (column.clientHeight - 22) / minutes : 1.4;
}

function clockOf(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** The line walks by itself between two answers of the server; its own clock counts, only the difference is ours. */
function tick() {
  const line = grid()?.querySelector(".now-line");
  if (!line) return;
  line.dataset.seen ??= String(Date.now());
  const minute = Number(line.dataset.minute) + Math.floor((Date.now() - Number(line.dataset.seen)) / 60000);
  line.style.setProperty("--s", String(minute));
  line.firstElementChild.textContent = clockOf(minute).replace(/^0/, "");
}

/** The first look falls on the present hour, or on the earliest appointment, whichever doctor has it. */
function goToNow() {
  if (!scroller || location.hash) return;
  const line = scroller.querySelector(".now-line");
  const [first] = [...scroller.querySelectorAll(".slab[data-visit]")].sort((a, b) => a.dataset.start - b.dataset.start);
  const target = line ?? first;
  if (!target) return;
  const head = scroller.querySelector(".cal-head")?.offsetHeight ?? 0;
  const top = target.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
  scroller.scrollTop += top - head - (line ? scroller.clientHeight / 4 : 24);
}

function markOpen() {
  const open = document.querySelector("#panel [data-open-visit]")?.dataset.openVisit;
  for (const block of document.querySelectorAll("#grid .slab[data-visit]")) {
    block.toggleAttribute("aria-current", false);
    if (open && block.dataset.visit === open) block.setAttribute("aria-current", "true");
    block.classList.remove("is-current");
  }
}

/** Up and down within a column, left and right to the block nearest in time of the next one. */
function walk(event) {
  const block = event.target.closest?.("#grid a.slab");
  if (!block || event.ctrlKey || event.altKey || event.metaKey) return;
  const column = block.closest(".cal-col");
  const inColumn = [...column.querySelectorAll("a.slab")];
  let next;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    next = inColumn[inColumn.indexOf(block) + (event.key === "ArrowDown" ? 1 : -1)];
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    const at = Number(block.dataset.start);
    for (let other = column; other && !next; ) {
      other = event.key === "ArrowRight" ? other.nextElementSibling : other.previousElementSibling;
      if (!other?.classList.contains("cal-col")) break;
      const blocks = [...other.querySelectorAll("a.slab")];
      next = blocks.sort((one, two) => Math.abs(one.dataset.start - at) - Math.abs(two.dataset.start - at))[0];
    }
  } else return;
  event.preventDefault();
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** A long free time is pressed where the visit shall begin; by keyboard it begins where the free time does. */
function refine(event) {
  const free = event.target.closest?.("#grid a.slab.free");
  if (!free || !event.detail || !event.isTrusted) return;
  const inside = Math.floor((event.clientY - free.getBoundingClientRect().top) / minuteHeight());
  const length = Number(free.dataset.minutes);
  const step = length <= 30 ? 15 : 30;
  const at = Math.min(Math.max(0, length - step), Math.floor(Math.max(0, inside) / step) * step);
  free.dataset.at = clockOf(Number(free.dataset.start) + at);
}

function startDrag(event) {
  const block = event.target.closest?.("#grid .slab[data-movable]");
  if (!block || event.button !== 0 || event.pointerType === "touch") return;
  const box = block.getBoundingClientRect();
  const from = { x: event.clientX, y: event.clientY, grip: event.clientY - box.top };
  let drag;

  const begin = () => {
    const ghost = block.cloneNode(true);
    ghost.removeAttribute("id");
    ghost.classList.add("is-dragged");
    ghost.removeAttribute("href");
    const time = ghost.querySelector("time");
    block.classList.add("is-pending");
    return { ghost, time, column: block.closest(".cal-col"), start: Number(block.dataset.start) };
  };
  const onMove = (move) => {
    if (!drag) {
      if (Math.hypot(move.clientX - from.x, move.clientY - from.y) < FAR) return;
      drag = begin();
    }
    move.preventDefault();
    const columns = [...document.querySelectorAll("#grid .cal-col")];
    const over = columns.find((column) => {
      const side = column.getBoundingClientRect();
      return move.clientX >= side.left && move.clientX < side.right;
    });
    if (over) drag.column = over;
    const first = Number(grid().querySelector(".cal").dataset.first);
    const top = drag.column.getBoundingClientRect().top;
    const minute = first + Math.round((move.clientY - from.grip - top) / minuteHeight() / STEP) * STEP;
    drag.start = Math.min(24 * 60 - STEP, Math.max(first, minute));
    drag.ghost.style.setProperty("--s", String(drag.start));
    drag.ghost.style.setProperty("--l", "0");
    drag.ghost.style.setProperty("--n", "1");
    if (drag.time) drag.time.textContent = clockOf(drag.start).replace(/^0/, "");
    for (const column of columns) column.classList.toggle("is-over", column === drag.column);
    drag.column.append(drag.ghost);
  };
  const stop = () => {
    document.removeEventListener("pointermove", onMove);
    document.removeEventListener("pointerup", onDrop);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", onEscape, true);
    for (const column of document.querySelectorAll(".cal-col.is-over")) column.classList.remove("is-over");
  };
  const cancel = () => {
    stop();
    drag?.ghost.remove();
    block.classList.remove("is-pending");
    drag = undefined;
  };
  const onEscape = (key) => {
    if (key.key === "Escape") cancel();
  };
  const onDrop = () => {
    stop();
    if (!drag) return;
    moved = true;
    setTimeout(() => (moved = false), 0);
    const { column, start, ghost } = drag;
    if (column === block.closest(".cal-col") && start === Number(block.dataset.start)) {
      cancel();
      return;
    }
    const values = { [column.dataset.kind]: column.dataset.column, day: column.dataset.day, time: clockOf(start), revision: block.dataset.revision };
    // It stands in its new place at once; the answer draws the grid as it truly is, with a word and a way back.
    ghost.classList.replace("is-dragged", "is-pending");
    block.hidden = true;
    window.htmx
      .ajax("POST", block.dataset.move, { source: grid(), target: "#grid", swap: "outerHTML", values })
      .catch(() => {})
      .finally(() => {
        ghost.remove();
        block.hidden = false;
        block.classList.remove("is-pending");
      });
  };
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onDrop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", onEscape, true);
}

function startMoving() {
  // The press that ends a move is not a press on the link.
  document.addEventListener(
    "click",
    (event) => {
      if (!moved) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  document.addEventListener("pointerdown", startDrag);
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("#grid .slab")) event.preventDefault();
  });
}

/** After an answer the keys go where the hand was: the same block, or the heading of what has opened. */
function keepPlace() {
  let held = "";
  let field = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const id = event.detail.target?.id;
    if (id === "grid") held = document.activeElement?.closest?.("#grid a.slab")?.id ?? "";
    if (id === "panel") field = document.activeElement?.closest?.("#panel [id]")?.id ?? "";
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const id = event.detail.target?.id;
    if (id === "grid") {
      if (held) document.getElementById(held)?.focus({ preventScroll: true });
      held = "";
      tick();
    }
    if (id === "panel") {
      const same = field && document.querySelector(`#panel :is(input, select)[id="${field}"]`);
      const wanted = same || (document.querySelector("#panel [data-first]") ?? document.querySelector("#panel h2"));
      wanted?.focus({ preventScroll: true });
    }
    if (id === "grid" || id === "panel") markOpen();
  });
}

export function startCalendar() {
  scroller = document.querySelector(".cal-scroll");
  goToNow();
  tick();
  markOpen();
  setInterval(tick, 15_000);
  document.addEventListener("keydown", walk);
  document.addEventListener("click", refine, true);
  document.addEventListener("htmx:configRequest", (event) => {
    const at = event.detail.elt?.dataset?.at;
    if (at) event.detail.parameters.time = at;
  });
  startMoving();
  keepPlace();
}
