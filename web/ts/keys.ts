// SPDX-License-Identifier: AGPL-3.0-or-later
// <sawt-keys>: shortcuts by the physical key, the same on an Arabic and on a Latin keyboard. Can be switched off;
// the choice is remembered on the machine.

const STORE = "sawt.keys";

const remembered = (): boolean => {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true;
  }
};

const remember = (on: boolean): void => {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // private window: for this page only
  }
};

const nameOf = (event: KeyboardEvent): string =>
  [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.code].filter(Boolean).join("+");

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

class Keys extends HTMLElement {
  private on = true;

  connectedCallback(): void {
    const box = this.querySelector<HTMLInputElement>('input[type="checkbox"]');

    this.on = remembered();
    if (box !== null)
      box.checked = this.on;
    this.announce();
    this.addEventListener("change", () => {
      this.on = box?.checked ?? true;
      remember(this.on);
      this.announce();
    });
    document.addEventListener("keydown", this.pressed);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.pressed);
  }

  private announce(): void {
    for (const target of document.querySelectorAll<HTMLElement>("[data-keys]"))
      if (this.on)
        target.setAttribute("aria-keyshortcuts", (target.dataset.keys ?? "").replace(/Key|Digit/g, ""));
      else
        target.removeAttribute("aria-keyshortcuts");
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const name = nameOf(event);
    const bare = /^(Shift\+)?(Key|Digit|Slash|Space)/.test(name);

    if (!this.on || event.repeat || event.isComposing || event.getModifierState("AltGraph"))
      return;
    if (bare && isWriting(event.target))
      return;
    const target = document.querySelector<HTMLElement>(`[data-keys="${CSS.escape(name)}"]`);
    if (target === null)
      return;
    event.preventDefault();
    target.focus();
    if (target instanceof HTMLInputElement)
      target.select();
    else if (!isWriting(target))
      target.click();
  };
}

customElements.define("sawt-keys", Keys);
