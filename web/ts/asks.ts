// SPDX-License-Identifier: AGPL-3.0-or-later
// [data-asks="URL"]: what the picked service asks appears in the form. Without it the server asks when it is sent.

import { parseFragment } from "./fragment";

let waiting: AbortController | undefined;

// Of two picks the later one counts, whichever answer comes first.
const show = async (place: HTMLElement, pick: string): Promise<void> => {
  const url = new URL(place.dataset.asks ?? "", location.href);
  const mine = new AbortController();

  waiting?.abort();
  waiting = mine;
  if (pick === "") {
    place.replaceChildren();
    return;
  }
  url.searchParams.set("pick", pick);
  try {
    const answer = await fetch(url, {
      signal: mine.signal,
      credentials: "same-origin",
      headers: { Accept: "text/html", "X-Requested-With": "sawt" },
    });
    const asked = answer.ok ? parseFragment(await answer.text()) : undefined;

    if (asked !== undefined && !mine.signal.aborted)
      place.replaceChildren(asked);
  } catch {
    // asked again when the form is sent
  }
};

export const watchAsks = (): void => {
  document.addEventListener("change", (event) => {
    const pick = event.target;

    if (!(pick instanceof HTMLInputElement) || pick.name !== "pick")
      return;
    const place = pick.form?.querySelector<HTMLElement>("[data-asks]");
    if (place !== null && place !== undefined)
      void show(place, pick.value);
  });
};
