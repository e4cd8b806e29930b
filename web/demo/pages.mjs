// SPDX-License-Identifier: AGPL-3.0-or-later
// The demonstration pages, one text for both languages: [[عربي||English]]. The first line of a page names its kind and its
// title: <!-- staff split [[…||…]] -->. What the template compiler does in the program is done here by four replacements.

import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const icon = (name) => readFileSync(join(here, "../icons", `${name}.svg`), "utf8").trim();
const icons = readdirSync(join(here, "../icons")).map((file) => icon(basename(file, ".svg"))).join(" ");

/* Not a real code, only its looks. */
const qr = () => {
  let path = "";
  for (let i = 0, bits = 7; i < 29 * 29; i++) {
    bits = (bits * 1103515245 + 12345) % 2147483648;
    if (bits > 1073741824)
      path += `M${i % 29} ${Math.floor(i / 29)}h1v1h-1z`;
  }
  return `<svg viewBox="0 0 29 29" role="img" aria-label="QR"><path d="${path}" fill="#000"/></svg>`;
};

const citizenHead = `<header class="masthead">
<div class="trial"><p class="wrap">{{icon "info"}}<span><strong>[[نسخة تجريبية.||Trial.]]</strong> [[لا تصل الطلبات إلى أي جهة.||Requests reach no entity.]]</span></p></div>
<div class="wrap"><a class="brand" href="/">{{icon "sawt"}}<span class="brand-name">[[صوت||Sawt]]</span><span class="brand-line">[[صوت متلقي الخدمة||Voice of the served]]</span></a>
<nav class="tools" aria-label="[[اللغة والحساب||Language and account]]"><ul><li>{{other}}</li><li><a href="#in">[[تسجيل الدخول||Sign in]]</a></li></ul></nav></div></header>`;

const staffHead = `<header class="appbar">
<div class="trial"><p class="wrap">{{icon "info"}}<span><strong>[[نسخة تجريبية.||Trial.]]</strong> [[لا تصل الطلبات إلى أي جهة.||Requests reach no entity.]]</span></p></div>
<div class="wrap"><a class="brand" href="/">{{icon "sawt"}}<span class="brand-name">[[صوت||Sawt]]</span></a>
<p class="whoami"><strong>[[ضابط الارتباط الرئيسي||Main liaison officer]]</strong><span>[[سلطة المياه||Water Authority]]</span></p>
<nav class="tools" aria-label="[[اللغة والحساب||Language and account]]"><ul><li>{{other}}</li><li><a href="#me"><bdi>[[رنا الخطيب||Rana Khatib]]</bdi></a></li><li><form method="post" action="/sent"><button class="linklike">{{icon "logout"}}[[خروج||Sign out]]</button></form></li></ul></nav></div>
<nav class="appnav" aria-label="[[الأقسام||Sections]]"><ul class="wrap"><li><a href="#d" aria-current="page">[[الطلبات الواردة||Inbox]]<span class="count">14</span></a></li><li><a href="#q">[[ردود المديريات||Directorates]]<span class="count">3</span></a></li><li><a href="#o">[[الرسائل الصادرة||Outbox]]</a></li><li><a href="#f">[[الأرقام||Figures]]</a></li></ul></nav></header>`;

const citizenFoot = `<footer class="foot"><div class="wrap">
<section class="help" aria-labelledby="help-title"><h2 id="help-title">[[المساعدة بالهاتف||Help by telephone]]</h2><p><a class="tel" href="tel:+96265008080">{{icon "phone"}}<bdi class="ref" dir="ltr">5008080</bdi></a></p><p>[[يسجّل الموظف طلبكم كما لو كتبتموه هنا. الأحد إلى الخميس، 8:00 إلى 20:00.||They take your request down as if you had written it here. Sunday to Thursday, 8:00 to 20:00.]]</p></section>
<section class="emergency" aria-labelledby="emergency-title"><h2 id="emergency-title">[[الطوارئ||Emergency]]</h2><p><a class="tel" href="tel:911">{{icon "phone"}}<bdi class="ref" dir="ltr">911</bdi></a></p><p>[[خطر على حياة أو صحة؟ اتصلوا أولًا.||Danger to life or health? Call first.]]</p></section>
<ul class="foot-links"><li><a href="#p">[[ما يحدث لبياناتكم||Your data]]</a></li><li><a href="#a">[[إمكانية الوصول||Accessibility]]</a></li><li><a href="#n">[[أرقام وطنية||National figures]]</a></li></ul></div></footer>`;

const staffFoot = `<footer class="foot"><div class="wrap"><p>[[صوت، الوحدة المركزية||Sawt, central unit]]</p></div></footer>`;

export const languages = ["ar", "en"];
export const names = readdirSync(join(here, "pages")).map((file) => basename(file, ".html")).sort();
export const sourceOf = (name) => readFileSync(join(here, "pages", `${name}.html`), "utf8");

export const render = (name, lang, assets) => {
  const [, kinds, title, body] = /^<!-- (.*?)(\[\[.*?\]\]) -->\n([^]*)$/.exec(sourceOf(name));
  const staff = kinds.includes("staff");
  const main = staff ? kinds.replace("staff", "work") : `page ${kinds}`;
  const other = lang === "ar"
    ? `<a href="/en/${name}" lang="en" hreflang="en" dir="ltr">English</a>`
    : `<a href="/ar/${name}" lang="ar" hreflang="ar" dir="rtl">العربية</a>`;
  const page = `<!DOCTYPE html>
<html lang="${lang}" dir="${lang === "ar" ? "rtl" : "ltr"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${assets["favicon.svg"]}" type="image/svg+xml">
<link rel="manifest" href="${assets["manifest.webmanifest"]}">
<link rel="preload" href="${assets["arabic-400.woff2"]}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="${assets["app.css"]}">
<script type="module" src="${assets["app.js"]}"></script>${staff ? `
<script type="module" src="${assets["staff.js"]}"></script>` : ""}
</head>
<body${staff ? ' class="staff"' : ""}>
<a class="skip" href="#main">[[تجاوز إلى المحتوى||Skip to the content]]</a>
${staff ? staffHead : citizenHead}
<main id="main" class="${main.trim()}" tabindex="-1">
${body}</main>
${staff ? staffFoot : citizenFoot}
</body>
</html>
`;

  return page
    .replace("{{icons}}", () => icons)
    .replace("{{other}}", () => other)
    .replaceAll("{{qr}}", qr)
    .replace(/\{\{icon "([\w-]+)"\}\}/g, (_, wanted) => icon(wanted))
    .replace(/\[\[([^]*?)\|\|([^]*?)\]\]/g, (_, ar, en) => (lang === "ar" ? ar : en));
};
