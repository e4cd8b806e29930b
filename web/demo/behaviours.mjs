// SPDX-License-Identifier: AGPL-3.0-or-later
// What the scripts promise in docs/markup.md, tried in a browser; each row is one sentence.

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const file = (name, mimeType, megabytes) => ({ name, mimeType, buffer: Buffer.alloc(megabytes * 1048576) });
const textOf = (page, selector) => page.textContent(selector);

const sentences = [
  ["without scripts the actions of the confirmation are not there", "receipt", { javaScriptEnabled: false },
    async (page) => !await page.isVisible("sawt-actions")],
  ["copy copies the number and says so", "receipt", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await page.click('[data-do="copy"]');
    await wait(100);
    return await page.evaluate(() => navigator.clipboard.readText()) === "26-4839-2017-5"
      && await textOf(page, 'sawt-actions [role="status"]') === "نُسخ الرقم";
  }],
  ["the summary of errors has the focus", "form", {},
    async (page) => page.evaluate(() => document.activeElement.className === "problems")],
  ["search puts in the results, without what is hostile", "search", {}, async (page) => {
    await page.fill("#q", "انقطاع");
    await page.waitForSelector('[data-results] [data-value="12"]');
    return await page.evaluate(() => document.querySelector("[data-results] :is(script, img, style, [onclick], [href])") === null)
      && await textOf(page, "[data-status]") === "عدد النتائج: 2";
  }],
  ["arrows walk through the results, and a picked entity stands in the hidden field", "calls", {}, async (page) => {
    await page.fill("#entity-q", "مياه");
    await page.waitForSelector(".result");
    await page.press("#entity-q", "ArrowDown");
    await page.keyboard.press("Enter");
    const picked = await page.inputValue('[name="entity"]');
    await page.type("#entity-q", "ا");
    return picked === "12" && await page.inputValue('[name="entity"]') === "";
  }],
  ["the counter counts characters, not code units, and says when it is too long", "form", {}, async (page) => {
    await page.fill("#text", "😀ab");
    const few = await textOf(page, ".count-line");
    await page.fill("#text", "ا".repeat(4003));
    return few === "عدد الأحرف: 3 من 4000" && await textOf(page, ".count-line.over") === "النص أطول من الحدّ بـ3 من الأحرف";
  }],
  ["files are listed, and one that is too large stops the sending", "form", {}, async (page, { posts }) => {
    await page.setInputFiles("#files", [file("صورة.jpg", "image/jpeg", 2), file("b.pdf", "application/pdf", 21)]);
    await page.click("main form .button");
    await wait(100);
    return await page.locator(".chosen li").count() === 2 && await page.locator(".chosen .over").count() === 1
      && !posts.some(({ path }) => path === "/sent");
  }],
  ["a draft is posted after typing, without the files, and the time is said", "form", {}, async (page, { posts }) => {
    await page.fill("#text", "حفرة");
    await wait(1900);
    const draft = posts.find(({ path }) => path === "/draft");
    return new URLSearchParams(draft?.body).get("text") === "حفرة" && !draft.body.includes("files")
      && /حُفظت المسودة \D*\d+:\d\d/.test(await textOf(page, ".saved"));
  }],
  ["a draft is posted when the page is left", "form", {}, async (page, { posts }) => {
    await page.fill("#text", "أغادر");
    await page.goto("about:blank");
    await wait(200);
    return posts.some(({ path, body }) => path === "/draft" && new URLSearchParams(body).get("text") === "أغادر");
  }],
  ["a double tap sends once, and nothing of the draft after it", "form", {}, async (page, { posts }) => {
    await page.fill("#text", "مرة");
    await page.evaluate(() => {
      document.querySelector("main form .button").click();
      document.querySelector("main form .button").click();
    });
    const disabled = await page.getAttribute("main form .button", "aria-disabled");
    await wait(1900);
    return disabled === "true" && posts.filter(({ path }) => path === "/sent").length === 1
      && !posts.some(({ path }) => path === "/draft");
  }],
  ["shortcuts go by the physical key and can be switched off", "calls", {}, async (page) => {
    await page.keyboard.press("F4");
    const on = await page.evaluate(() => document.activeElement.id);
    await page.uncheck("sawt-keys input");
    await page.keyboard.press("F2");
    await page.reload();
    return on === "entity-q" && await page.evaluate(() => document.activeElement.id) !== "who"
      && !await page.isChecked("sawt-keys input");
  }],
  ["the preview shows what is written and the outcome's words", "reply", {}, async (page) => {
    await page.fill("#finding", "سطر\nثانٍ");
    return await textOf(page, '[data-preview="finding"]') === "سطر\nثانٍ" && await textOf(page, '[data-preview="outcome"]') === "تمّ الحل";
  }],
];

export const behaviours = async (browser, server) => {
  const faults = [];

  for (const [sentence, name, options, holds] of sentences) {
    const context = await browser.newContext(options);
    const page = await context.newPage();

    server.posts.length = 0;
    page.on("pageerror", (error) => faults.push(`${sentence}: ${error.message}`));
    await page.goto(`${server.origin}/ar/${name}`, { waitUntil: "networkidle" });
    try {
      if (!await holds(page, server))
        faults.push(`does not hold: ${sentence}`);
    } catch (error) {
      faults.push(`${sentence}: ${error.message}`);
    }
    await context.close();
  }
  return faults;
};
