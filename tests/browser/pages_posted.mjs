// SPDX-License-Identifier: AGPL-3.0-or-later
// Pages that only answer to a form, or need a state of their own: the preview, a colleague who was first, a store
// that is busy, the link of a new account, a wrong link, lists of more than one page.
import { spawn } from 'node:child_process';
import { check } from './tap.mjs';
import { act, fill, open, person, press } from './hands.mjs';
import { startSetup } from './server.mjs';

const PAGE = 50;

/* The state of somebody's browser in another language, and what `show` leads to there. */
export async function inLanguage(world, from, lang, show) {
    const context = await person(world.browser, world.address,
                                 { lang, width: 1280, state: await from.context().storageState() });
    try {
        return await show(await context.newPage());
    } finally {
        await context.close();
    }
}

const file = number => `/office/requests/${number}`;

export async function preview(page, number) {
    await open(page, file(number));
    const answer = await act(page, 'close', { outcome: 'resolved', answer: 'رُكّب مصباح جديد.' }, 'close/preview');
    check(answer.status() === 200, `the preview gives ${answer.status()}`);
}

/* The page is open; meanwhile a note is written elsewhere, which raises the version. */
export async function conflict(page, number) {
    const other = await page.context().newPage();
    await open(page, file(number));
    await open(other, file(number));
    await act(other, 'note', { note: 'اتصل بي الفريق.' });
    await other.close();
    const answer = await act(page, 'update', { news: 'الفريق في الموقع.' });
    check(answer.status() === 409, `a colleague was first, and it gives ${answer.status()}`);
}

/* Another process holds the store's one right to write, as a backup tool might. */
function holdStore(path) {
    const holder = spawn('python3', ['-c', `
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
held.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.read()
`, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    return new Promise((done, failed) => {
        holder.once('error', failed);
        holder.once('exit', code => failed(new Error(`nobody holds the store: ${code}`)));
        holder.stdout.once('data', () => done(async () => {
            const ended = new Promise(end => holder.removeAllListeners('exit').once('exit', end));
            holder.stdin.end();
            await ended;
        }));
    });
}

export async function busy(world, page, number) {
    await open(page, file(number));
    const release = await holdStore(`${world.server.store}/case.db`);
    try {
        page.setDefaultTimeout(30000);
        const answer = await act(page, 'update', { news: 'لم يُحفظ بعد.' });
        check(answer.status() === 503, `a busy store gives ${answer.status()}`);
        check(await page.locator('[name="news"]').inputValue() === 'لم يُحفظ بعد.', 'what was typed is gone');
    } finally {
        await release();
    }
}

/* A store of its own: the link exists only where there are no accounts yet. */
export async function setup(world, lang, look) {
    const server = await startSetup();
    const context = await person(world.browser, server.address, { lang, width: 1280 });
    try {
        const page = await context.newPage();
        check((await open(page, server.path)).status() === 200, 'the link of the new account leads nowhere');
        const found = await look(page, 'setup', '/staff/setup', lang);
        await fill(page, { password: 'kurz', code: '12' });
        check((await press(page, 'main form button.button')).status() === 422, 'a short password is taken');
        return [...found, ...await look(page, 'setup-mistaken', '/staff/setup', lang)];
    } finally {
        await context.close();
        await server.stop();
    }
}

/* More than a page waits for triage, at the directorate, and is found by a word. */
export function fillLists(world) {
    const head = 'type,entity,service,subject,text,wanted,place_code,place_words,days_ago,channel,identity_hidden,fate';
    const row = (i, service, fate) => `complaint,,${service},لا مياه في الشارع رقم ${i},المياه لا تصل منذ أسبوع.,إيصال المياه,` +
        `JO-AM-01,حي نزال,2,app,1,${fate}`;
    const rows = Array.from({ length: PAGE + 3 }, (_, i) => [row(i, '', 'unassigned'), row(i, 'miyahuna.supply', 'consulted')]);
    world.server.replay([head, ...rows.flat()].join('\n'));
}

export async function nextPage(page, path) {
    await open(page, path);
    const link = page.locator('.pager a, main a[href*="?before="]').last();
    check(await link.count() === 1, `${path} has no next page`);
    return link.getAttribute('href');
}
