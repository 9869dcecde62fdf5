// Light, dark or as the system says. The choice is a cookie, so the server writes it into the page and nothing flashes.
const YEAR = 60 * 60 * 24 * 365;

function current() {
  return document.documentElement.dataset.theme || "auto";
}

function mark() {
  for (const button of document.querySelectorAll("[data-theme-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === current()));
  }
}

export function setTheme(name) {
  const root = document.documentElement;
  if (name === "light" || name === "dark") {
    root.dataset.theme = name;
    document.cookie = `theme=${name};path=/;max-age=${YEAR};samesite=lax`;
  } else {
    delete root.dataset.theme;
    document.cookie = "theme=;path=/;max-age=0;samesite=lax";
  }
  mark();
  document.dispatchEvent(new CustomEvent("theme:change"));
}

export function startTheme() {
  mark();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-set]");
    if (button) setTheme(button.dataset.themeSet);
  });
  document.addEventListener("htmx:load", mark);
  const announce = () => document.dispatchEvent(new CustomEvent("theme:change"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
}
