// SPDX-License-Identifier: AGPL-3.0-or-later
// A second tap on the way to the server does nothing; the server would give it the first result anyway.

const PATIENCE = 10_000; // ms, after which one may try again

const sent = new Map<HTMLFormElement, HTMLElement | null>();

const release = (form: HTMLFormElement): void => {
  sent.get(form)?.removeAttribute("aria-disabled");
  sent.delete(form);
};

export const isSent = (form: HTMLFormElement): boolean => sent.has(form);

export const watchSubmits = (): void => {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;

    if (event.defaultPrevented || form.method !== "post" || form.dataset.again !== undefined)
      return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.set(form, event.submitter);
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(() => release(form), PATIENCE);
  });
  window.addEventListener("pageshow", () => [...sent.keys()].forEach(release)); // back from the next page
};
