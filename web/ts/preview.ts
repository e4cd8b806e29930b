// SPDX-License-Identifier: AGPL-3.0-or-later
// [data-preview="name"]: what the requester will see, while it is written.

const shownOf = (form: HTMLFormElement, name: string): string => {
  const field = form.elements.namedItem(name);

  if (field instanceof RadioNodeList) {
    const chosen = [...field].find((radio) => (radio as HTMLInputElement).checked) as HTMLInputElement | undefined;
    return chosen?.labels?.[0]?.textContent?.trim() ?? "";
  }
  if (field instanceof HTMLSelectElement)
    return field.value === "" ? "" : field.selectedOptions[0]?.text ?? "";
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field.value : "";
};

const show = (form: HTMLFormElement): void => {
  for (const place of form.querySelectorAll<HTMLElement>("[data-preview]"))
    place.textContent = shownOf(form, place.dataset.preview ?? "");
};

export const watchPreviews = (): void => {
  const changed = (event: Event): void => {
    const form = (event.target as Element).closest("form");

    if (form?.querySelector("[data-preview]"))
      show(form);
  };

  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  document.querySelectorAll<HTMLElement>("form [data-preview]").forEach((place) => show(place.closest("form")!));
};
