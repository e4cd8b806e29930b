// SPDX-License-Identifier: AGPL-3.0-or-later
// <input type="file" data-max-…>: names and sizes of what was chosen, and a warning before megabytes are sent in vain.

import { element, fill, isolate, megabytes } from "./words";

interface Judged { line: string; over: boolean }

const limitOf = (input: HTMLInputElement, file: File): number => {
  const { maxImage, maxVideo, maxAudio, maxOther } = input.dataset;
  const limit = { image: maxImage, video: maxVideo, audio: maxAudio }[file.type.split("/")[0] ?? ""] ?? maxOther;

  return Number(limit ?? Infinity);
};

const judge = (input: HTMLInputElement): Judged[] => {
  const files = [...(input.files ?? [])];
  const { each, tooLarge, tooMany, total } = input.dataset;
  const sum = files.reduce((bytes, file) => bytes + file.size, 0);
  const maxTotal = Number(input.dataset.maxTotal ?? Infinity);
  const maxFiles = Number(input.dataset.maxFiles ?? Infinity);
  const judged = files.map((file): Judged => {
    const max = limitOf(input, file);
    const over = file.size > max;
    const gaps = { name: isolate(file.name), size: megabytes(file.size), max: megabytes(max) };

    return { line: fill(over ? tooLarge : each, gaps), over };
  });

  if (files.length > maxFiles)
    judged.push({ line: fill(tooMany, { n: files.length, max: maxFiles }), over: true });
  if (sum > maxTotal)
    judged.push({ line: fill(total, { size: megabytes(sum), max: megabytes(maxTotal) }), over: true });
  return judged;
};

const show = (input: HTMLInputElement): void => {
  const judged = judge(input);
  let list = input.nextElementSibling;

  if (!list?.matches(".chosen")) {
    list = element("ul", "chosen");
    list.setAttribute("aria-live", "polite");
    input.after(list);
  }
  list.replaceChildren(...judged.map(({ line, over }) => element("li", over ? "over" : "", line)));
  input.setAttribute("aria-invalid", String(judged.some(({ over }) => over)));
};

const isWatched = (target: unknown): target is HTMLInputElement =>
  target instanceof HTMLInputElement && target.type === "file" && target.dataset.each !== undefined;

export const watchFiles = (): void => {
  document.addEventListener("change", (event) => {
    if (isWatched(event.target))
      show(event.target);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const refused = [...form.elements].filter(isWatched).find((input) => judge(input).some(({ over }) => over));

    if (refused === undefined)
      return;
    event.preventDefault();
    refused.focus();
  });
};
