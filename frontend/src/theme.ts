/** The light/dark/auto choice of the user menu; `theme.js` applies it before the first paint. */

const KEY = "xuequ-theme";

export function mountThemeChoice(): void {
  const buttons = document.querySelectorAll<HTMLButtonElement>("button[data-theme-value]");
  const show = (): void => {
    const choice = document.documentElement.dataset["themeChoice"] ?? "auto";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["themeValue"] === choice));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      localStorage.setItem(KEY, button.dataset["themeValue"] ?? "auto");
      window.dispatchEvent(new Event("xuequ:theme"));
      show();
    });
  }
  show();
}
