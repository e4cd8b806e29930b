// SPDX-License-Identifier: AGPL-3.0-or-later
// The whole way of a complaint, without scripts and with them.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, test } from './tap.mjs';
import { main, open, person } from './hands.mjs';
import { answerQuestions, people, proveAndSend, readReceipt } from './lodge.mjs';

async function sendAgain(context, form) {
    const answer = await context.request.post('/new/send', { form, maxRedirects: 0,
                                                             headers: { 'Sec-Fetch-Site': 'same-origin' } });
    return { status: answer.status(), to: answer.headers().location };
}

/* As a telephone's camera sees it. */
async function readQr(picture) {
    const folder = await mkdtemp(join(tmpdir(), 'sawt-qr-'));
    try {
        await picture.screenshot({ path: join(folder, 'qr.png') });
        return execFileSync('zbarimg', ['--quiet', '--raw', join(folder, 'qr.png')],
                            { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } finally {
        await rm(folder, { recursive: true });
    }
}

async function wholeWay(world, name, settings, who, words) {
    const context = await person(world.browser, world.address, settings);
    const page = await context.newPage();
    const troubles = [];
    page.on('pageerror', error => troubles.push(error.message));
    page.on('console', message => message.type() === 'error' && troubles.push(message.text()));

    await answerQuestions(page, words);
    const receipt = await proveAndSend(page, who);
    await page.reload();
    const again = await readReceipt(page);
    check(again.number === receipt.number && again.code === receipt.code, 'a reload changes the receipt');
    const link = await readQr(page.locator('figure.qr svg'));
    check(link === `${world.address}/f/${receipt.number}/${receipt.code.replace('-', '')}`,
          `the code of the receipt says ${link}`);
    const second = await sendAgain(context, receipt.form);
    check(second.status === 303 && second.to === `/receipt/${receipt.number}`,
          `a second tap gives ${second.status} ${second.to}`);
    check(troubles.length === 0, `the console says: ${troubles.join(' | ')}`);
    world[name] = { ...receipt, context, page, words };
}

export async function requesterTests(world) {
    await test('Arabic, 360 px, no scripts: from the start to the receipt', () =>
        wholeWay(world, 'layla', { lang: 'ar', width: 360, js: false }, people.layla,
                 { subject: 'انقطاع المياه منذ أسبوع في حي نزال',
                   text: 'لم تصلنا المياه منذ سبعة أيام، واتصلنا ثلاث مرات دون جواب.' }));
    await test('English, 1280 px, with scripts: from the start to the receipt', () =>
        wholeWay(world, 'omar', { lang: 'en', width: 1280 }, people.omar,
                 { subject: 'Broken street lamp near the school', unknown: true, contact: 'call',
                   text: 'The lamp has been dark for three weeks and children walk there.' }));
    await test('the requester finds both under "mine" by being signed in', async () => {
        await open(world.layla.page, '/mine');
        check((await main(world.layla.page)).includes(world.layla.words.subject), 'the request is not listed');
    });
}
