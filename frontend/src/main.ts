/** What every page loads. Charts come as a second file, only where a page has one. */

import "@tabler/core/dist/css/tabler.css";
import "./style.css";
import "./charts/figures.css";
import "tabler-bootstrap/alert";
import "tabler-bootstrap/collapse";
import "tabler-bootstrap/dropdown";
import "tabler-bootstrap/modal";
import "tabler-bootstrap/offcanvas";
import { mountDownloads, mountFragment } from "./card";
import { forgetSent, mountForms } from "./forms";
import { mountPasskeys } from "./passkeys";
import { mountPrint } from "./print";
import { startRequests } from "./requests";
import { mountThemeChoice } from "./theme";

async function charts(root: ParentNode): Promise<void> {
  if (!root.querySelector("[data-chart]")) return;
  const { mountCharts } = await import("./charts");
  mountCharts(root);
}

async function entry(root: ParentNode): Promise<void> {
  if (!root.querySelector("form[data-entry]")) return;
  const { mountEntry } = await import("./entry");
  mountEntry(root);
}

async function survey(root: ParentNode): Promise<void> {
  if (!root.querySelector("[data-survey], [data-survey-outbox]")) return;
  const { mountSurvey } = await import("./survey");
  await mountSurvey(root);
}

function mount(root: ParentNode): void {
  mountPasskeys(root);
  mountForms(root);
  mountDownloads(root);
  void charts(root);
  void survey(root);
  void entry(root);
}

startRequests();
mountThemeChoice();
mountPrint();
mount(document);
mountFragment(document);
document.addEventListener("htmx:afterSettle", (event) => mount(event.target as HTMLElement));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) forgetSent();
});
