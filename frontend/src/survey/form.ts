/** One questionnaire in the browser: SurveyJS draws and checks it, the draft stays on the device, the outbox sends it. */

import "survey-core/survey-core.fontless.css";
import "survey-core/i18n/simplified-chinese";
import "./survey.css";
import { Model, settings, surveyLocalization } from "survey-core";
import { renderSurvey } from "survey-js-ui";
import { post } from "./outbox.ts";
import type { Reply } from "./outbox.ts";
import { forget, load, save } from "./store.ts";
import type { Draft } from "./store.ts";

interface Setup {
  form: object;
  version: number;
  /** Empty in a preview, where nothing is kept or sent. */
  send: string;
  key: string;
  locale: string;
  /** Answers that the district knows already: filled in where nothing was typed yet. */
  known?: Record<string, unknown>;
  words: Record<"restored" | "known" | "unsaved" | "sent" | "offline" | "changed" | "complete" | "next" | "back", string>;
}

const RETRY = 30_000;

surveyLocalization.defaultLocale = "zh-cn";
// As on paper and in the Excel template.
Object.assign(surveyLocalization.locales["zh-cn"] ?? {}, { otherItemText: "其他", noneItemText: "无" });
Object.assign(surveyLocalization.locales["en"] ?? {}, { otherItemText: "Other", noneItemText: "None" });
settings.animationEnabled = false;

export async function mountForm(place: HTMLElement): Promise<void> {
  const source = document.getElementById(place.dataset["survey"] ?? "");
  if (!source) return;
  const form = new SurveyForm(place, JSON.parse(source.textContent ?? "{}") as Setup);
  await form.start();
}

class SurveyForm {
  private readonly place: HTMLElement;
  private readonly setup: Setup;
  private survey: Model;
  private draft: Draft;
  private opened = Date.now();
  private sending = false;

  constructor(place: HTMLElement, setup: Setup) {
    this.place = place;
    this.setup = setup;
    this.survey = this.model(setup.form);
    this.draft = fresh(setup);
  }

  async start(): Promise<void> {
    const kept = this.setup.send ? await load(this.setup.key) : undefined;
    if (kept) this.restore(kept);
    else this.fillKnown();
    renderSurvey(this.survey, this.place);
    if (!this.setup.send) return;
    window.addEventListener("online", () => void this.send());
    setInterval(() => void this.send(), RETRY);
    if (kept?.send) await this.send();
  }

  private fillKnown(): void {
    const known = this.setup.known ?? {};
    if (Object.keys(known).length === 0) return;
    this.survey.data = known;
    this.say("known", "info");
  }

  private restore(kept: Draft): void {
    this.draft = { ...kept, version: this.setup.version };
    this.survey.data = kept.data;
    this.survey.currentPageNo = Math.min(kept.page, this.survey.visiblePageCount - 1);
    if (!kept.send) this.say("restored", "info");
  }

  private model(form: object): Model {
    const survey = new Model(form);
    survey.locale = this.setup.locale;
    survey.showCompletePage = false;
    survey.showTitle = false;
    survey.widthMode = "responsive";
    survey.questionErrorLocation = "bottom";
    survey.clearInvisibleValues = "onComplete";
    survey.showProgressBar = survey.pageCount > 1;
    survey.checkErrorsMode = "onNextPage";
    survey.completeText = this.setup.words.complete;
    survey.pageNextText = this.setup.words.next;
    survey.pagePrevText = this.setup.words.back;
    // A few steps fit on a phone too; a drop-down there would hide what can be chosen.
    for (const one of survey.getAllQuestions()) {
      if (one.getType() === "rating" && one["rateMax"] - one["rateMin"] < 5) one["displayMode"] = "buttons";
    }
    survey.onValueChanged.add(() => this.keep());
    survey.onCurrentPageChanged.add(() => this.keep());
    survey.onCompleting.add((_sender, options) => {
      // The server judges the same raw answers once more, so nothing is cleared before they are sent.
      options.allow = false;
      if (this.setup.send) void this.finish();
      else this.say("sent", "info");
    });
    return survey;
  }

  private keep(): void {
    if (!this.setup.send || this.sending) return;
    const now = Date.now();
    this.draft.seconds += Math.round((now - this.opened) / 1000);
    this.opened = now;
    this.draft.data = { ...this.survey.data };
    this.draft.page = this.survey.currentPageNo;
    this.draft.saved = now;
    delete this.draft.send;
    void save({ ...this.draft }).then((kept) => {
      if (!kept) this.say("unsaved", "warning");
    });
  }

  private async finish(): Promise<void> {
    this.keep();
    this.draft.send = this.setup.send;
    await save({ ...this.draft });
    await this.send();
  }

  private async send(): Promise<void> {
    if (!this.draft.send || this.sending) return;
    this.sending = true;
    try {
      await this.react(await post(this.draft));
    } finally {
      this.sending = false;
    }
  }

  private async react(reply: Reply): Promise<void> {
    switch (reply.state) {
      case "offline":
        return this.say("offline", "warning");
      case "stored":
        await forget(this.draft.key);
        delete this.draft.send;
        return this.thank(reply.changed ?? []);
      case "wrong":
        delete this.draft.send;
        return this.point(reply.errors);
      case "changed":
        delete this.draft.send;
        return this.renew(reply.form, reply.version, reply.changes);
      case "refused":
        delete this.draft.send;
        return this.show(reply.reason, [], "danger");
    }
  }

  /** The questionnaire was changed meanwhile: keep the answers, take the new form, say what is new. */
  private async renew(form: object, version: number, changes: string[]): Promise<void> {
    const data = { ...this.survey.data };
    this.survey = this.model(form);
    this.survey.data = data;
    this.draft = { ...this.draft, version, data };
    await save({ ...this.draft });
    this.place.replaceChildren();
    renderSurvey(this.survey, this.place);
    this.show(this.setup.words.changed, changes, "warning");
  }

  private point(errors: Record<string, string>): void {
    const [first] = Object.keys(errors);
    for (const [name, text] of Object.entries(errors)) this.survey.getQuestionByName(name)?.addError(text);
    if (first) this.survey.focusQuestion(first);
  }

  private thank(changed: string[]): void {
    this.place.hidden = true;
    const done = document.querySelector<HTMLElement>("[data-survey-done]");
    if (done) done.hidden = false;
    document.querySelector<HTMLElement>("[data-survey-intro]")?.setAttribute("hidden", "");
    this.show(this.setup.words.sent, changed, "success");
  }

  private say(word: keyof Setup["words"], tone: string): void {
    this.show(this.setup.words[word], [], tone);
  }

  private show(text: string, items: string[], tone: string): void {
    const box = document.querySelector<HTMLElement>("[data-survey-status]");
    if (!box || (!box.hidden && box.dataset["said"] === text)) return;
    box.dataset["said"] = text;
    box.className = `alert alert-${tone}`;
    const list = document.createElement("ul");
    list.className = "mb-0";
    list.append(...items.map((item) => Object.assign(document.createElement("li"), { textContent: item })));
    box.replaceChildren(Object.assign(document.createElement("p"), { className: "mb-0", textContent: text }));
    if (items.length) box.append(list);
    box.hidden = false;
    if (tone !== "info") box.scrollIntoView({ block: "center" });
  }
}

function fresh(setup: Setup): Draft {
  const uid = crypto.randomUUID?.() ?? fallbackUid();
  return { key: setup.key, uid, version: setup.version, data: {}, page: 0, seconds: 0, saved: 0 };
}

/** `randomUUID` is missing on pages without https, as on a school's own server. */
function fallbackUid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
