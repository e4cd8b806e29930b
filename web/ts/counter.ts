// SPDX-License-Identifier: AGPL-3.0-or-later
// <textarea data-max>: how many characters, seen at once and said after a pause when the end is near.

import { element, fill } from "./words";

const lines = new WeakMap<HTMLTextAreaElement, { seen: HTMLElement; said: HTMLElement; timer: number }>();

const count = (area: HTMLTextAreaElement): void => {
  const max = Number(area.dataset.max);
  const n = [...area.value].length;
  const over = n > max;
  const sentence = over
    ? fill(area.dataset.over, { n: n - max, max })
    : fill(area.dataset.count, { n, max });
  let line = lines.get(area);

  if (line === undefined) {
    line = { seen: element("p", "count-line"), said: element("p", "vh"), timer: 0 };
    line.seen.setAttribute("aria-hidden", "true");
    line.said.setAttribute("role", "status");
    area.after(line.seen, line.said);
    lines.set(area, line);
  }
  const { seen, said } = line;
  seen.textContent = sentence;
  seen.classList.toggle("over", over);
  clearTimeout(line.timer);
  line.timer = window.setTimeout(() => { said.textContent = n > max * 0.9 ? sentence : ""; }, 1000);
};

export const watchCounters = (): void => {
  const look = (event: Event): void => {
    if (event.target instanceof HTMLTextAreaElement && event.target.dataset.max !== undefined)
      count(event.target);
  };

  document.addEventListener("input", look);
  document.addEventListener("focusin", look);
  document.querySelectorAll<HTMLTextAreaElement>("textarea[data-max]").forEach(count);
};
