// SPDX-License-Identifier: AGPL-3.0-or-later
// A complaint from the first page to the receipt, and who a person is.
import { check } from './tap.mjs';
import { at, fill, main, open, png, press, send } from './hands.mjs';

export const people = {
    layla: { mobile: '0791234567', document: '9871234567', names: ['ليلى', 'محمد', 'أحمد', 'العبادي'],
             born: ['14', '3', '1987'] },
    omar: { mobile: '0797654321', document: '9851112223', names: ['عمر', 'خالد', 'يوسف', 'الزعبي'],
            born: ['2', '7', '1985'] },
};

const NUMBER = /\d{2}-\d{4}-\d{4}-\d/;

/* What the service asks: whatever it is, something that fits. */
async function fillServiceFields(page) {
    const names = await page.$$eval('main form [name^="f."]', all => [...new Set(all.map(e => e.name))]);
    for (const name of names) {
        const control = page.locator(`main [name="${name}"]`).first();
        const kind = await control.evaluate(e => e.tagName === 'SELECT' ? 'list' : e.type);
        if (kind === 'list')
            await control.selectOption({ index: 1 });
        else if (kind === 'radio' || kind === 'checkbox')
            await control.check({ force: true });
        else
            await control.fill(name.endsWith('-month') || name.endsWith('-day') ? '11'
                               : name.endsWith('-year') ? '2026' : '9');
    }
}

/* Up to the page that shows all answers. `unknown` leaves the entity to the unit. */
export async function answerQuestions(page, { subject, text, unknown = false, contact = 'sms', visit = async () => {} }) {
    await open(page, '/');
    await press(page, 'a.button.start');
    at(page, '/new/type');
    await visit('/new/type');
    await fill(page, { type: 'complaint' });
    await send(page);
    at(page, '/new/identity');
    await visit('/new/identity');
    await fill(page, { identity: 'hidden' });
    await send(page);

    at(page, '/new/entity');
    await visit('/new/entity');
    if (unknown) {
        await send(page, 'button[value="unknown"]');
    } else {
        await fill(page, { q: 'انقطاع مياه' });
        await press(page, 'form[role="search"] button');
        await visit('/new/entity?q=انقطاع مياه');
        await send(page, 'button.result:has(.result-meta:text-matches("^(شركة مياه الأردن|Jordan Water)"))');
    }
    at(page, '/new/about');
    await visit('/new/about');
    await fill(page, { about: 'service' });
    await send(page);
    at(page, '/new/text');
    await visit('/new/text');
    await fill(page, { subject, text, wanted: 'ضخ المياه', happened: 'منذ أسبوع' });
    await send(page);
    if (new URL(page.url()).pathname === '/new/fields') {
        await visit('/new/fields');
        await fillServiceFields(page);
        await send(page);
    }
    at(page, '/new/place');
    await visit('/new/place');
    const place = await page.$$eval('[name="place"]', all =>
        all[0].tagName === 'SELECT' ? all[0].options[1].value : all[0].value);
    await fill(page, { place, place_words: 'حي نزال' });
    await send(page);
    at(page, '/new/files');
    await page.setInputFiles('[name="files"]', { name: 'صورة.png', mimeType: 'image/png', buffer: png() });
    await send(page, 'main form button.secondary');
    at(page, '/new/files');
    check((await main(page)).includes('صورة.png'), 'the picture is not listed');
    await visit('/new/files');
    await send(page, 'button[name="none"]');
    at(page, '/new/contact');
    await visit('/new/contact');
    await fill(page, { contact });
    await send(page);
    at(page, '/new/check');
    await visit('/new/check');
    const said = await main(page);
    check(said.includes(subject) && said.includes(text), 'the answers are not on the check page');
}

export async function proveMobile(page, mobile) {
    await fill(page, { phone: mobile }, 'form[action="/sign-in"]');
    await send(page, 'form[action="/sign-in"] button.button');
    const digits = (await page.locator('.notice').allInnerTexts()).join(' ').match(/\d{6}/)?.[0];
    check(digits !== undefined, 'the trial page does not show the code');
    await fill(page, { code: digits });
    await send(page);
}

/* Gives how many milliseconds the answer to the form took. `before` it is sent something may happen. */
export async function proveIdentity(page, who, before = () => {}) {
    await fill(page, { document_type: 'national_number', document_number: who.document,
                       name1: who.names[0], name2: who.names[1], name3: who.names[2], name4: who.names[3],
                       'birth_date-day': who.born[0], 'birth_date-month': who.born[1],
                       'birth_date-year': who.born[2] });
    before();
    const posted = (await send(page)).request().redirectedFrom();
    return posted.timing().responseStart;
}

export async function readReceipt(page) {
    const number = (await page.locator('#number').innerText()).match(NUMBER)?.[0];
    const code = (await page.locator('#code').innerText()).trim();
    check(number !== undefined, 'no number on the receipt');
    check(/^\w{5}-\w{5}$/.test(code), `no code on the receipt: ${code}`);
    return { number, code };
}

/* From the check page to the receipt, with the proof between. Gives number, code, the form that was sent, and how long
   the proof took. */
export async function proveAndSend(page, who, beforeProof) {
    await send(page);
    at(page, '/sign-in');
    await proveMobile(page, who.mobile);
    at(page, '/sign-in/identity');
    const proved = await proveIdentity(page, who, beforeProof);
    at(page, '/new/check');
    const form = await page.$$eval('form[action="/new/send"] input', all =>
        Object.fromEntries(all.map(e => [e.name, e.value])));
    await send(page);
    return { ...await readReceipt(page), form, proved };
}
