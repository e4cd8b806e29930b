// SPDX-License-Identifier: AGPL-3.0-or-later
// The registry does not answer: the complaint goes on, and what comes of it when the registry is back.
import { setTimeout as sleep } from 'node:timers/promises';
import { check, test } from './tap.mjs';
import { at, main, open, person } from './hands.mjs';
import { answerQuestions, proveAndSend, proveIdentity } from './lodge.mjs';

const people = {
    ahmad: { mobile: '0790001201', document: '9946062127', names: ['أحمد', 'ناصر', 'عواد', 'التلهوني'],
             born: ['24', '5', '1994'] },
    batoul: { mobile: '0790001203', document: '9689875472', names: ['بتول', 'حاتم', 'عز الدين', 'بني صقر'],
              born: ['15', '1', '1969'] },
    rahma: { mobile: '0790001204', document: '9900000001', names: ['رحمة', 'رائد', 'أشرف', 'النسور'],
             born: ['28', '10', '1979'] },
    salah: { mobile: '0790001202', document: '9703697146', names: ['صلاح', 'وليد', 'عواد', 'العمري'],
             born: ['24', '8', '1971'] },
};
const BORN = ['24', '8', '1970'];
const WITH_ENTITY = /لدى .*مياهنا.* منذ/;
const PATIENCE = 2000; // of src/core/registry.c

/* What the page says, looked at again until it holds `pattern`. */
async function until(page, path, pattern) {
    const deadline = Date.now() + 30000;
    for (;;) {
        await open(page, path);
        const said = await main(page);
        if (pattern.test(said))
            return said;
        check(Date.now() < deadline, `${path} does not say ${pattern}: ${said.slice(0, 600)}`);
        await sleep(500);
    }
}

async function lodge(world, name, settings, words, beforeProof) {
    const context = await person(world.browser, world.address, settings);
    const page = await context.newPage();
    await answerQuestions(page, words);
    world[name] = { ...await proveAndSend(page, people[name], beforeProof), page, context, words };
    return page;
}

/* For pictures: one whose data do not match, and one that waits, with the registry down from then on. */
export async function leaveWaiting(world) {
    const words = { subject: 'رائحة صرف صحي في الحي', text: 'الرائحة منذ أسبوع قرب المدرسة.' };
    world.server.run('registry', 'down');
    await lodge(world, 'batoul', { lang: 'ar', width: 360 }, words);
    world.server.run('registry', 'up');
    await until(world.batoul.page, `/follow/${world.batoul.number}`, /لا تطابق الوثيقة/);
    world.server.run('registry', 'down');
    await lodge(world, 'rahma', { lang: 'ar', width: 360 }, words);
}

export async function identityTests(world) {
    await test('with the registry down a complaint is numbered and waits', async () => {
        world.server.run('registry', 'down');
        const page = await lodge(world, 'ahmad', { lang: 'ar', width: 360, js: false },
                                 { subject: 'ضعف ضخ المياه ليلًا', text: 'الضخ ضعيف منذ شهر.' });
        check((await main(page)).includes('الهوية قيد التحقق'), 'the receipt does not say that the identity waits');
        const said = await until(page, `/follow/${world.ahmad.number}`, /الهوية قيد التحقق/);
        check(!WITH_ENTITY.test(said), `it is said to be with the entity: ${said.slice(0, 600)}`);
    });
    await test('with a slow registry nobody waits longer than its patience', async () => {
        // Slow from then on only: whoever asks it before, asks in vain, and it is left alone for a while.
        await lodge(world, 'salah', { lang: 'en', width: 1280 },
                    { subject: 'Water meter reads wrong', text: 'The meter runs although the tap is closed.' },
                    () => world.server.run('registry', 'slow'));
        const { proved } = world.salah;
        check(proved >= PATIENCE && proved < 3 * PATIENCE, `the answer took ${proved} ms`);
    });
    await test('when the registry is back: to the entity, or frozen when the data do not match', async () => {
        world.server.run('registry', 'up');
        await until(world.ahmad.page, `/follow/${world.ahmad.number}`, WITH_ENTITY);
        await until(world.salah.page, `/follow/${world.salah.number}`, /the details do not match the document/);
    });
    await test('who corrects the details is heard again', async () => {
        const { page, number } = world.salah;
        await page.locator('a[href^="/sign-in/identity"]').click();
        await page.waitForLoadState();
        at(page, '/sign-in/identity');
        await proveIdentity(page, { ...people.salah, born: BORN });
        at(page, `/follow/${number}`);
        await until(page, `/follow/${number}`, /has been with|with .* since/i);
    });
}
