// SPDX-License-Identifier: AGPL-3.0-or-later
// What is wrong is named, and what was typed stays.
import { check, test } from './tap.mjs';
import { fill, main, open, person, press } from './hands.mjs';

/* The page without what differs each time. */
const bare = html => html.replace(/name="(csrf|command)" value="[^"]*"/g, '').replace(/value="[^"]*"/g, '');

async function prove(context, number, code) {
    const page = await context.newPage();
    await open(page, '/follow');
    await fill(page, { number, code });
    const answer = await press(page, 'main form button.button');
    const html = await page.content(), status = answer.status();
    await page.close();
    return { html: bare(html), status };
}

async function expectStatus(page, path, expected) {
    const status = (await open(page, path)).status();
    check(status === expected, `${path} gives ${status} at ${page.url()}, not ${expected}`);
}

export async function badInputTests(world) {
    const context = await person(world.browser, world.address, { js: false });
    const page = await context.newPage();

    await test('an empty question gives 422 and a summary that names the field', async () => {
        await open(page, '/new?fresh=1');
        const answer = await press(page, 'main form button.button');
        check(answer.status() === 422, `status ${answer.status()}`);
        check(await page.locator('.problems a[href="#f-type"]').count() === 1, 'the summary does not name it');
        check(await page.locator('#f-type').count() === 1, 'the link of the summary goes nowhere');
        check(/^(خطأ|Error)/.test(await page.title()), `the title is "${await page.title()}"`);
    });
    await test('what was typed stays when something else is missing', async () => {
        await open(page, '/sign-in');
        await fill(page, { phone: '12' }, 'form[action="/sign-in"]');
        const answer = await press(page, 'form[action="/sign-in"] button.button');
        check(answer.status() === 422, `status ${answer.status()}`);
        check(await page.locator('[name="phone"]').inputValue() === '12', 'the number is gone');
        check(await page.locator('[name="phone"]').getAttribute('aria-invalid') === 'true', 'not marked');
        check(await page.locator('.problems a[href="#f-phone"]').count() === 1, 'the summary does not name it');
    });
    await test('an unknown number and a wrong code look the same', async () => {
        const wrong = await prove(context, world.layla?.number ?? '', 'AAAAA-AAAAA');
        const unknown = await prove(context, '26-0000-0000-0', 'AAAAA-AAAAA');
        check(wrong.status === 422, `a wrong code gives ${wrong.status}`);
        check(wrong.status === unknown.status, `${wrong.status} and ${unknown.status}`);
        check(wrong.html === unknown.html, 'the two pages differ');
    });
    await test('a number that is not theirs: 404 when signed in, the way in when not', async () => {
        const paths = ['/follow/99-0000-0000-0', `/follow/${world.omar.number}`, '/receipt/99-0000-0000-0'];
        for (const path of paths)
            await expectStatus(world.layla.page, path, 404);
        check((await main(world.layla.page)).length > 20, 'the page of a 404 is empty');
        for (const path of paths) /* the same for all, so that nothing is told */
            await expectStatus(page, path, 401);
    });
    await test('pages of the staff send a visitor away', async () => {
        for (const path of ['/office', '/office/triage', '/desk', '/office/questions']) {
            const status = (await open(page, path)).status();
            check(status >= 400 || new URL(page.url()).pathname === '/staff/sign-in', `${path} shows itself`);
        }
    });
    await test('every link of the first page and of the signed-in pages leads somewhere', async () => {
        for (const [who, from] of [[page, '/'], [world.layla.page, '/mine'], [world.signedIn.officer, '/office']]) {
            await open(who, from);
            const links = await who.$$eval('a[href^="/"]', all => [...new Set(all.map(a => a.getAttribute('href')))]);
            for (const link of links) {
                const status = (await who.context().request.get(link)).status();
                check(status < 400, `${from} links to ${link}, which gives ${status}`);
            }
        }
    });
    await test('who is signed in can sign out', async () => {
        for (const who of [world.layla.page, world.signedIn.officer]) {
            await open(who, '/');
            check(await who.locator('form[action="/sign-out"]').count() === 1,
                  `${(await who.locator('nav.tools').first().innerText()).replace(/\s+/g, ' ')}: no way out`);
        }
    });
}
