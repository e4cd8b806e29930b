// SPDX-License-Identifier: AGPL-3.0-or-later
// Sentences come from the page; here their gaps are filled.

export type Gaps = Record<string, string | number>;

// A person's words inside a sentence of the other direction
export const isolate = (text: string): string => `\u2068${text}\u2069`;

export const fill = (sentence: string | undefined, gaps: Gaps): string =>
  (sentence ?? "").replace(/\{(\w+)\}/g, (gap, name: string) => String(gaps[name] ?? gap));

export const megabytes = (bytes: number): string => String(Math.ceil(bytes / 104857.6) / 10);

export const clockTime = (at: Date): string =>
  at.toLocaleTimeString(`${document.documentElement.lang || "ar"}-u-nu-latn`, { hour: "numeric", minute: "2-digit" });

export const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K, className = "", text = ""): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);

  if (className !== "")
    made.className = className;
  made.textContent = text;
  return made;
};
