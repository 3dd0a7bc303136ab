/** htmx under the content security policy: no eval, no injected style, no page kept in the browser's storage. */

import htmx from "htmx.org";

export function startRequests(): void {
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.historyCacheSize = 0;
  htmx.config.scrollBehavior = "auto";
  document.addEventListener("htmx:sendError", () => announce("offline"));
  document.addEventListener("htmx:responseError", () => announce("failed"));
  document.addEventListener("htmx:afterRequest", (event) => {
    if ((event as CustomEvent<{ successful: boolean }>).detail.successful) silence();
  });
}

/** Show one of the sentences that the page carries in its `#request-trouble` element. */
function announce(kind: "offline" | "failed"): void {
  const place = document.getElementById("request-trouble");
  if (!place) return;
  place.textContent = place.dataset[kind] ?? "";
  place.hidden = false;
}

function silence(): void {
  const place = document.getElementById("request-trouble");
  if (place) place.hidden = true;
}
