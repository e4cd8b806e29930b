// SPDX-License-Identifier: AGPL-3.0-or-later
// <sawt-actions>: copy, share and print beside the number of a request. Hidden by the stylesheet until it is defined.

import { element } from "./words";

class Actions extends HTMLElement {
  connectedCallback(): void {
    const share = this.querySelector<HTMLElement>('[data-do="share"]');

    if (share !== null)
      share.hidden = !("share" in navigator);
    this.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("[data-do]");

      if (button?.dataset.do === "copy")
        void this.copy();
      else if (button?.dataset.do === "share")
        void this.share();
      else if (button?.dataset.do === "print")
        window.print();
    });
  }

  private async copy(): Promise<void> {
    const source = document.getElementById(this.dataset.copy ?? "");

    if (source === null)
      return;
    try {
      await navigator.clipboard.writeText(source.textContent?.trim() ?? "");
      this.say(this.dataset.copied ?? "");
    } catch {
      getSelection()?.selectAllChildren(source); // the person copies what is marked
    }
  }

  private async share(): Promise<void> {
    try {
      await navigator.share({
        title: this.dataset.shareTitle ?? document.title,
        url: new URL(this.dataset.share ?? "", location.href).href,
      });
    } catch {
      // closed without sharing
    }
  }

  private say(sentence: string): void {
    let status = this.querySelector<HTMLElement>('[role="status"]');

    if (status === null) {
      status = element("span");
      status.setAttribute("role", "status");
      this.append(status);
    }
    status.textContent = "";
    requestAnimationFrame(() => { status.textContent = sentence; });
  }
}

customElements.define("sawt-actions", Actions);
