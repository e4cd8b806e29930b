// SPDX-License-Identifier: AGPL-3.0-or-later
// <sawt-search>: answers while one types. Without it the form around it does the same with its button.

import { parseFragment } from "./fragment";
import { fill } from "./words";

const PAUSE = 250; // ms after the last key

class Search extends HTMLElement {
  private asked = "";
  private timer = 0;
  private waiting: AbortController | undefined;

  private get input(): HTMLInputElement | null {
    return this.querySelector('input[type="search"]');
  }

  private get picked(): HTMLInputElement | null {
    const name = this.dataset.pick;

    return name === undefined ? null : this.querySelector(`input[name="${CSS.escape(name)}"]`);
  }

  private get results(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[data-results] .result")];
  }

  connectedCallback(): void {
    this.asked = this.input?.value.trim() ?? "";
    this.addEventListener("input", (event) => {
      if (event.target === this.input)
        this.typed();
    });
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => {
      const result = (event.target as Element).closest<HTMLElement>("[data-value]");

      if (result !== null && this.picked !== null)
        this.pick(result);
    });
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.waiting?.abort();
  }

  private typed(): void {
    const { input, picked } = this;

    if (picked !== null) {
      picked.value = ""; // what was picked is no longer what is written
      if (input?.value.trim() === "")
        picked.dispatchEvent(new Event("change", { bubbles: true })); // nor is anything else meant
    }
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), PAUSE);
  }

  private async ask(): Promise<void> {
    const words = this.input?.value.trim() ?? "";

    if (words === this.asked)
      return;
    this.asked = words;
    this.waiting?.abort();
    if (words.length < Number(this.dataset.min ?? 2)) {
      this.show(document.createDocumentFragment(), "");
      return;
    }
    this.waiting = new AbortController();
    try {
      const url = new URL(this.dataset.src ?? "", location.href);

      url.searchParams.set("q", words);
      const answer = await fetch(url, {
        signal: this.waiting.signal,
        credentials: "same-origin",
        headers: { Accept: "text/html", "X-Requested-With": "sawt" },
      });
      if (!answer.ok)
        throw new Error(String(answer.status));

      const found = parseFragment(await answer.text());
      const n = found.querySelectorAll(".result").length;
      if (words === this.asked)
        this.show(found, n === 0 ? this.dataset.none ?? "" : fill(this.dataset.found, { n }));
    } catch {
      if (words === this.asked)
        this.asked = ""; // the same words may be asked again; the button works in any case
    }
  }

  private show(found: DocumentFragment, sentence: string): void {
    this.querySelector("[data-results]")?.replaceChildren(found);
    const status = this.querySelector("[data-status]");

    if (status !== null)
      status.textContent = sentence;
  }

  private key(event: KeyboardEvent): void {
    const results = this.results;
    const at = results.indexOf(document.activeElement as HTMLElement);
    const onInput = event.target === this.input;

    if (event.isComposing || (at < 0 && !onInput))
      return;
    if (event.key === "ArrowDown" && at + 1 < results.length)
      results[at + 1]?.focus();
    else if (event.key === "ArrowUp" && at >= 0)
      (results[at - 1] ?? this.input)?.focus();
    else if (event.key === "Escape" && at >= 0)
      this.input?.focus();
    else if (event.key === "Enter" && onInput && this.dataset.pick !== undefined && results.length > 0)
      results[0]?.focus();
    else
      return;
    event.preventDefault();
  }

  private pick(result: HTMLElement): void {
    const { input, picked } = this;

    if (input === null || picked === null)
      return;
    clearTimeout(this.timer);
    this.waiting?.abort();
    input.value = result.dataset.label ?? result.textContent?.trim() ?? "";
    this.asked = input.value.trim();
    picked.value = result.dataset.value ?? "";
    this.show(document.createDocumentFragment(), input.value);
    input.focus();
    picked.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("sawt-search", Search);
