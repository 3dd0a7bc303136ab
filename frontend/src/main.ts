/** What every page loads. Charts come as a second file, only where a page has one. */

import "@tabler/core/dist/css/tabler.css";
import "./style.css";
import "./charts/figures.css";
import "tabler-bootstrap/alert";
import "tabler-bootstrap/collapse";
import "tabler-bootstrap/dropdown";
import "tabler-bootstrap/modal";
import "tabler-bootstrap/offcanvas";
import { forgetSent, mountForms } from "./forms";
import { mountPrint } from "./print";
import { startRequests } from "./requests";
import { mountThemeChoice } from "./theme";

async function charts(root: ParentNode): Promise<void> {
  if (!root.querySelector("[data-chart]")) return;
  const { mountCharts } = await import("./charts");
  mountCharts(root);
}

function mount(root: ParentNode): void {
  mountForms(root);
  void charts(root);
}

startRequests();
mountThemeChoice();
mountPrint();
mount(document);
document.addEventListener("htmx:afterSettle", (event) => mount(event.target as HTMLElement));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) forgetSent();
});
