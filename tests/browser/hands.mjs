// SPDX-License-Identifier: AGPL-3.0-or-later
// What people do with a page: open, fill in, press. By names of fields, so that words may change.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { check } from './tap.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
export const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
           '--disable-component-update', '--disable-sync'],
});

const REDIRECTS = [301, 302, 303, 307];
const answers = new WeakMap();

/* What the page was sent as, also when it answers a form: asked for again it would be another. */
export const answerOf = page => answers.get(page);

function keepAnswers(page) {
    page.on('response', answer => {
        if (answer.request().isNavigationRequest() && !REDIRECTS.includes(answer.status()))
            answers.set(page, answer);
    });
}

/* Everybody comes from an address of their own, as the proxy in front would say: the limits on one are for one. */
let addresses = 0;
const nextAddress = () => `10.0.${++addresses >> 8}.${addresses & 255}`;

/* A browser of one person. `state` takes over the cookies of another context. */
export async function person(browser, address, { lang = 'ar', width = 360, js = true, state } = {}) {
    const context = await browser.newContext({
        baseURL: address, javaScriptEnabled: js, viewport: { width, height: width < 600 ? 740 : 800 },
        reducedMotion: 'reduce', locale: lang, storageState: state,
        extraHTTPHeaders: { 'X-Forwarded-For': nextAddress() },
    });
    context.setDefaultTimeout(8000);
    context.on('page', keepAnswers);
    await speak(context, address, lang);
    if (js)
        await context.addInitScript(axeSource);
    return context;
}

export const speak = (context, address, lang) =>
    context.addCookies([{ name: 'sawt-lang', value: lang, url: address }]);

/* Whoever is too fast for the limits waits as long as they are told. */
export async function open(page, path) {
    for (let tries = 0; ; tries++) {
        const answer = await page.goto(path);
        if (answer.status() !== 429 || tries === 6)
            return answer;
        await sleep(1000 * Number(answer.headers()['retry-after']));
    }
}

export async function press(page, selector) {
    const [answer] = await Promise.all([
        page.waitForResponse(r => r.request().isNavigationRequest() && !REDIRECTS.includes(r.status())),
        page.locator(selector).first().click(),
    ]);
    await page.waitForLoadState();
    return answer;
}

/* A value by the name of its field, whatever draws it: line, area, list, radio, check box. */
export async function fill(page, values, within = '') {
    for (const [name, value] of Object.entries(values)) {
        const controls = page.locator(`${within} [name="${name}"]`);
        check(await controls.count() > 0, `${page.url()} has no field ${name}`);
        const kind = await controls.first().evaluate(e => e.tagName === 'SELECT' ? 'list' : e.type);
        if (kind === 'list')
            await controls.first().selectOption(value);
        else if (kind === 'radio' || kind === 'checkbox')
            await page.locator(`${within} [name="${name}"][value="${value}"]`).check({ force: true });
        else
            await controls.first().fill(value);
    }
}

export const main = page => page.locator('main').innerText();
export const at = (page, path) =>
    check(new URL(page.url()).pathname === path, `expected ${path}, is at ${page.url()}`);

export async function send(page, button = 'main form[method="post"] button.button:not(.secondary)') {
    const from = page.url(), answer = await press(page, button);
    if (answer.status() >= 400)
        throw new Error(`${from}: ${answer.status()} ${(await main(page)).slice(0, 400)}`);
    return answer;
}

/* An action of a file: opened, filled in, sent. */
export async function act(page, name, values, path = name) {
    const form = `form[action$="/${path}"]`;
    const details = page.locator('details.action', { has: page.locator(form) });
    check(await details.count() === 1, `${page.url()} does not offer ${name}`);
    if (await details.getAttribute('open') === null)
        await details.locator('summary').click();
    await fill(page, values, form);
    return press(page, `${form} .buttons .button`);
}

/* A real picture: 8 by 8 pixels of one colour. */
export function png() {
    const crc = zlib.crc32 ?? (data => {
        let c = ~0;
        for (const byte of data) {
            c ^= byte;
            for (let k = 0; k < 8; k++)
                c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
        }
        return ~c >>> 0;
    });
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]), size = Buffer.alloc(4), sum = Buffer.alloc(4);
        size.writeUInt32BE(data.length);
        sum.writeUInt32BE(crc(body));
        return Buffer.concat([size, body, sum]);
    };
    const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
    const rows = Buffer.concat(Array(8).fill(Buffer.concat([Buffer.from([0]), Buffer.alloc(24, 0x5a)])));
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
                          chunk('IDAT', zlib.deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
