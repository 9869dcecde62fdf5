// htmx: the token against forgery, the thin line of progress, and words when the server cannot be reached.
import { toast } from "./toast.js";

export function startHtmx() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  const line = document.getElementById("progress-line");
  let running = 0;

  document.addEventListener("htmx:configRequest", (event) => {
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
    // What the page asks by itself is not somebody at work: an idle login ends although a page is left open.
    if (/\bevery\b/.test(event.detail.elt.getAttribute("hx-trigger") ?? "")) event.detail.headers["X-Background"] = "1";
  });
  const count = (step) => {
    running = Math.max(0, running + step);
    line?.classList.toggle("busy", running > 0);
  };
  const quiet = (event) => event.target.closest?.("[data-quiet]");
  document.addEventListener("htmx:beforeRequest", (event) => quiet(event) || count(1));
  document.addEventListener("htmx:afterRequest", (event) => quiet(event) || count(-1));

  // What was just done may have changed how much waits.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig?.verb !== "get" && event.detail.successful) document.getElementById("menu-counts")?.dispatchEvent(new CustomEvent("acted"));
  });

  document.addEventListener("htmx:sendError", (event) => {
    if (!quiet(event)) toast({ text: "Нет связи с сервером. Введённое осталось на странице, повторите через минуту", tone: "bad" });
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (quiet(event)) return;
    const status = event.detail.xhr.status;
    const text = {
      403: "На это не хватает прав. Ничего не изменилось",
      404: "Этого уже нет: обновите страницу",
      409: "Пока страница была открыта, это изменил кто-то другой. Обновите её",
      429: "Слишком часто. Подождите минуту",
    }[status] ?? "Не получилось, ничего не изменилось. Попробуйте ещё раз";
    toast({ text, tone: "bad" });
  });
}
