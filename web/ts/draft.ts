// SPDX-License-Identifier: AGPL-3.0-or-later
// <form data-autosave="URL">: what is typed is kept by the server while it is typed, and when the page is left.

import { clockTime, fill } from "./words";
import { isSent } from "./submit";

const PAUSE = 1_500;      // ms after the last key
const RETRY = 10_000;     // ms after a failure
const KEEPALIVE = 60_000; // bytes that a browser lets outlive its page

interface Draft { timer: number; saved: string; busy: boolean }

const drafts = new Map<HTMLFormElement, Draft>();

const fieldsOf = (form: HTMLFormElement): string => {
  const fields = new URLSearchParams();

  for (const [name, value] of new FormData(form))
    if (typeof value === "string" && form.querySelector(`[type="password"][name="${CSS.escape(name)}"]`) === null)
      fields.append(name, value);
  return fields.toString();
};

const say = (form: HTMLFormElement, key: "saved" | "failed"): void => {
  const line = form.querySelector<HTMLElement>(".saved");

  if (line !== null)
    line.textContent = fill(line.dataset[key], { time: clockTime(new Date()) });
};

const later = (form: HTMLFormElement, draft: Draft, delay: number): void => {
  clearTimeout(draft.timer);
  draft.timer = window.setTimeout(() => void save(form, draft), delay);
};

const save = async (form: HTMLFormElement, draft: Draft): Promise<void> => {
  const body = fieldsOf(form);

  clearTimeout(draft.timer);
  if (body === draft.saved || isSent(form))
    return;
  if (draft.busy && document.visibilityState === "visible") {
    later(form, draft, PAUSE); // one after the other, so that an older text never wins
    return;
  }
  draft.busy = true;
  try {
    const answer = await fetch(form.dataset.autosave ?? "", {
      method: "POST",
      body,
      keepalive: body.length < KEEPALIVE,
      credentials: "same-origin",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Requested-With": "sawt" },
    });

    if (!answer.ok || answer.redirected) // a page that it was sent on to has saved nothing
      throw new Error(String(answer.status));
    draft.saved = body;
    say(form, "saved");
  } catch {
    say(form, "failed");
    later(form, draft, RETRY);
  } finally {
    draft.busy = false;
  }
};

export const watchDrafts = (): void => {
  const typed = (event: Event): void => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-autosave]");

    if (form === null)
      return;
    const draft = drafts.get(form) ?? { timer: 0, saved: "", busy: false };
    drafts.set(form, draft);
    later(form, draft, PAUSE);
  };

  document.addEventListener("input", typed);
  document.addEventListener("change", typed);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden")
      drafts.forEach((draft, form) => void save(form, draft));
  });
};
