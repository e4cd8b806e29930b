// SPDX-License-Identifier: AGPL-3.0-or-later
// The office: officer, directorate, unit, agent; and the requester who reads the answer.
import { check, test } from './tap.mjs';
import { act, at, fill, main, open, person, press, send } from './hands.mjs';
import { totp } from './server.mjs';
import { people } from './lodge.mjs';

const REPLY = 'أُصلح الخط يوم الثلاثاء وعادت المياه.';

/* Once for each role: a used step of the second factor is refused. */
export async function staffPage(world, login) {
    if (world.signedIn[login] !== undefined)
        return world.signedIn[login];
    const account = world.server.accounts[login];
    const context = await person(world.browser, world.address, { width: 1280 });
    const page = await context.newPage();
    await open(page, '/staff/sign-in');
    await fill(page, { login, password: account.password, code: totp(account.secret) });
    await send(page);
    check(new URL(page.url()).pathname !== '/staff/sign-in', `${login} is not signed in`);
    return world.signedIn[login] = page;
}

async function done(page, answer, what) {
    check(answer.status() === 200, `${what}: ${answer.status()} ${(await main(page)).slice(0, 500)}`);
}

/* Working days are Sunday to Thursday; holidays are tried past. */
async function setPeriod(page) {
    let answer;
    for (let ahead = 1; ahead <= 7; ahead++) {
        const day = new Date(Date.now() + ahead * 86400000);
        answer = await act(page, 'period', { 'due_day-day': String(day.getDate()),
                                             'due_day-month': String(day.getMonth() + 1),
                                             'due_day-year': String(day.getFullYear()) });
        if (answer.status() === 200)
            return;
    }
    await done(page, answer, 'period');
}

/* The page on which the directorate answers. */
async function questionOf(world, subject) {
    const page = await staffPage(world, 'directorate');
    await open(page, '/office/questions');
    return page.locator('a', { hasText: subject }).getAttribute('href');
}

async function officerTests(world) {
    const file = () => `/office/requests/${world.layla.number}`;

    await test('the officer signs in with a second factor and finds the complaint in the inbox', async () => {
        const page = await staffPage(world, 'officer');
        at(page, '/office');
        let link = page.locator(`a[href="${file()}"]`);
        while (await link.count() === 0 && await page.locator('.pager .older').count() > 0)
            await press(page, '.pager .older');
        check(await link.count() === 1, 'the complaint is not in the inbox');
        await link.click();
        at(page, file());
        const said = await main(page);
        check(said.includes(world.layla.words.text), 'the text is not in the file');
        for (const secret of [people.layla.document, people.layla.mobile, 'العبادي'])
            check(!(await page.content()).includes(secret), `the file shows ${secret}`);
    });
    await test('the officer accepts and asks a directorate', async () => {
        const page = await staffPage(world, 'officer');
        await done(page, await act(page, 'accept', {}), 'accept');
        const directorate = await page.$eval('[name="directorate"]', list => list.options[1].value);
        await done(page, await act(page, 'consult', { directorate, question: 'ما سبب الانقطاع؟',
                                                      answer_days: '1' }), 'consult');
    });
    await test('the directorate answers and proposes days', async () => {
        const page = await staffPage(world, 'directorate');
        at(page, '/office/questions');
        await page.locator('a', { hasText: world.layla.words.subject }).click();
        await page.waitForLoadState();
        await fill(page, { reply: 'كسر في الخط الرئيسي.', proposed_days: '3' });
        await send(page);
    });
    await test('the officer sets the date, tells news, previews and closes as resolved', async () => {
        const page = await staffPage(world, 'officer');
        await open(page, file());
        await setPeriod(page);
        await done(page, await act(page, 'update', { news: 'فريق الصيانة في الموقع.' }), 'update');
        await done(page, await act(page, 'close', { outcome: 'resolved', answer: REPLY }, 'close/preview'),
                   'preview');
        check((await page.locator('.preview').innerText()).includes(REPLY), 'the preview lacks the answer');
        await send(page, 'form.composer .button');
        at(page, file());
    });
}

async function requesterReads(world) {
    await test('number and code show the answer to whoever has them', async () => {
        const context = await person(world.browser, world.address, { js: false });
        const page = await context.newPage();
        await open(page, '/follow');
        await fill(page, { number: world.layla.number, code: world.layla.code });
        await send(page);
        at(page, `/follow/${world.layla.number}`);
        check((await main(page)).includes(REPLY), 'the answer is not shown');
        check(await page.locator('[name="solved"]').count() === 0, 'a rating without being signed in');
        world.byCode = context;
    });
    await test('the requester rates "yes"', async () => {
        const { page, number } = world.layla;
        await open(page, `/follow/${number}`);
        await fill(page, { solved: 'yes', stars: '5' });
        await send(page, 'form[action$="/rate"] button.button');
        at(page, `/follow/${number}`);
        check(await page.locator('[name="solved"]').count() === 0, 'it can be rated twice');
    });
    await test('the outbox shows the messages of the complaint', async () => {
        await open(world.layla.page, '/outbox');
        const said = await main(world.layla.page);
        check(said.includes(world.layla.number), 'no message carries the number');
        check(await world.layla.page.locator('.message').count() > 3, 'too few messages');
    });
}

export async function staffTests(world) {
    await officerTests(world);
    await requesterReads(world);
    await test('the unit routes the request without an entity', async () => {
        const page = await staffPage(world, 'unit');
        at(page, '/office/triage');
        const link = page.locator(`main a[href="/office/requests/${world.omar.number}"]`);
        check(await link.count() === 1, 'the request does not wait at the unit');
        await link.click();
        const entity = await page.$eval('select[name="entity"]', list =>
            [...list.options].find(option => option.label.includes('مياهنا')).value);
        const answer = await act(page, 'route', { entity });
        await done(page, answer, 'route');
        await open(page, '/office/triage');
        check(await link.count() === 0, 'it still waits at the unit');
    });
    await test('the officer asks the directorate about the routed request', async () => {
        const page = await staffPage(world, 'officer');
        await open(page, `/office/requests/${world.omar.number}`);
        await done(page, await act(page, 'accept', {}), 'accept');
        const directorate = await page.$eval('[name="directorate"]', list => list.options[1].value);
        await done(page, await act(page, 'consult', { directorate, question: 'هل العمود لنا؟', answer_days: '1' }),
                   'consult');
        world.question = await questionOf(world, world.omar.words.subject);
    });
    await test('keys are rotated while the server runs, and everything opens as before', async () => {
        for (const purpose of ['person', 'petition', 'attachment', 'cookie', 'brief'])
            check(/^epoch 2; \d+ data keys/.test(world.server.run('rotate', purpose)), `${purpose} is not rotated`);
        check(/^epoch 2; 0 data keys/.test(world.server.run('rotate', 'petition', '--resume')), 'some were left');
        const { page, number, words } = world.layla;
        await open(page, `/follow/${number}`);
        check((await main(page)).includes(words.subject), 'the request does not open');
        const file = await page.locator('.files a').first().getAttribute('href');
        check((await page.context().request.get(file)).status() === 200, 'the attachment does not open');
        await open(await staffPage(world, 'officer'), '/office');
        check((await main(await staffPage(world, 'officer'))).includes(world.omar.words.subject), 'a subject is gone');
    });
    await test('the agent finds the caller', async () => {
        const page = await staffPage(world, 'agent');
        at(page, '/desk');
        await fill(page, { who: people.layla.mobile }, 'form[action="/desk/find"]');
        await send(page, 'form[action="/desk/find"] button.button');
        at(page, '/desk');
        const said = await main(page);
        check(said.includes('ليلى') && said.includes(world.layla.number), 'caller or requests are missing');
    });
    await test('the agent opens the caller\'s file while the call lasts, and no longer', async () => {
        const page = await staffPage(world, 'agent');
        await open(page, `/desk/requests/${world.layla.number}`);
        const file = await page.locator('.files a').getAttribute('href');
        const status = async () => (await page.context().request.get(file)).status();
        check(await status() === 200, 'the file is not the caller\'s');
        await open(page, '/desk');
        await send(page, 'form[action="/desk/end"] button.button');
        check(await status() === 404, 'the file stays open after the call');
        await fill(page, { who: people.layla.mobile }, 'form[action="/desk/find"]');
        await send(page, 'form[action="/desk/find"] button.button');
    });
    await test('of two picks the later one asks, and an emptied search asks nothing', async () => {
        const page = await staffPage(world, 'agent'), asked = page.locator('[data-asks] [name^="f."]');
        const pick = async words => {
            await page.locator('#f-entity_q').fill(words);
            await page.locator('[data-results] .result:has(.result-meta:text-matches("^شركة مياه الأردن"))').first().click();
        };
        let release, n = 0;
        const held = new Promise(done => { release = done; });
        await page.route('**/desk/fields?*', async route => {
            if (n++ === 0)
                await held;
            await route.continue().catch(() => {}); // given up meanwhile
        });
        const givenUp = page.waitForEvent('requestfailed', request => request.url().includes('/desk/fields'));
        await pick('انقطاع مياه');
        await pick('طفح مجاري');
        await givenUp;
        await page.locator('[data-asks] [name="f.overflow"]').first().waitFor();
        release();
        await page.locator('#f-entity_q').fill('');
        await asked.first().waitFor({ state: 'detached' });
        await page.unroute('**/desk/fields?*');
        await open(page, '/desk');
    });
    await test('what the agent types is kept, and the service asks at once', async () => {
        const page = await staffPage(world, 'agent');
        at(page, '/desk');
        await page.locator('#f-subject').fill('تسرب في الدرج');
        await page.locator('#f-entity_q').fill('انقطاع مياه');
        await page.locator('[data-results] .result:has(.result-meta:text-matches("^شركة مياه الأردن"))').first().click();
        await page.locator('[data-asks] [name^="f."]').first().fill('990');
        await page.locator('.desk-form .saved').filter({ hasText: /\S/ }).waitFor();
        await open(page, '/desk');
        check(await page.locator('#f-subject').inputValue() === 'تسرب في الدرج', 'the subject is gone');
        check(await page.locator('[data-asks] [name^="f."]').first().inputValue() === '990', 'the answer is gone');
        await send(page, 'form[action="/desk/clear"] button.button');
        check(await page.locator('#f-subject').inputValue() === '', 'it was not cleared');
    });
}
