// SPDX-License-Identifier: AGPL-3.0-or-later
// Every page that can be opened, per role: axe, no sideways scrolling, language and direction, and a
// picture of each in build/screenshots/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, test as anyTest } from './tap.mjs';
import { act, open, person, press, send } from './hands.mjs';
import { leaveWaiting } from './identity.mjs';
import { busy, conflict, fillLists, inLanguage, nextPage, preview, setup } from './pages_posted.mjs';
import { answerQuestions, proveMobile } from './lodge.mjs';
import { sawt } from './server.mjs';
import { htmlFaults, lostWords, smallTargets } from './valid.mjs';

const pictures = 'build/screenshots';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/* No page of their own: redirects, fragments, files; and what needs a link that the trial does not give. */
const NOT_PAGES = ['/new', '/find/suggest', '/follow/{number}/rate', '/language/{lang}',
                   '/files/{id}', '/desk/suggest', '/desk/fields', '/desk/find',
                   '/desk/requests', '/desk/requests/{number}/add'];

const seen = new Set();

/* --pages=WORD: only those whose name has the word. */
const only = process.argv.find(word => word.startsWith('--pages='))?.slice(8) ?? '';
const test = (name, run) => name.includes(only) ? anyTest(name, run) : undefined;

/* The path as `sawt routes` has it. */
function routeOf(routes, path) {
    const parts = path.split('?')[0].split('/');
    return routes.find(route => {
        const own = route.split('/');
        return own.length === parts.length && own.every((part, i) => part === parts[i] || part.startsWith('{'));
    });
}

async function axe(page) {
    const found = await page.evaluate(async tags => {
        const result = await globalThis.axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
        return result.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' ¦ ')}`);
    }, RULES);
    return found;
}

async function sideways(page) {
    const { wide, room } = await page.evaluate(() =>
        ({ wide: document.documentElement.scrollWidth, room: innerWidth }));
    return wide > room ? [`scrolls sideways: ${wide} of ${room}`] : [];
}

async function picture(page, name) {
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true, animations: 'disabled' });
}

const fileName = (role, path) =>
    `${role}-${path.replace(/[?].*/, '-q').replace(/\d{2}-\d{4}-\d{4}-\d/, 'N').replace(/\d{6,}/, 'ID')
        .replace(/^\//, '').replaceAll('/', '_') || 'start'}`;

/* One page in one language: light at both widths, dark. axe at one width light and the other dark. */
async function look(page, role, path, lang) {
    const problems = [], name = `${fileName(role, path)}-${lang}`;
    const note = (where, list) => problems.push(...list.map(one => `${path} ${lang} ${where}: ${one}`));
    const [html, dir] = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
    if (html !== lang || dir !== (lang === 'ar' ? 'rtl' : 'ltr'))
        note('', [`lang="${html}" dir="${dir}"`]);

    note('', await htmlFaults(page));
    const before = page.viewportSize();
    const lightAxe = lang === 'ar' ? 360 : 1280;
    for (const width of [360, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        note(width, [...await sideways(page), ...await smallTargets(page), ...await lostWords(page)]);
        if (width === lightAxe)
            note(`${width} light`, await axe(page));
        await picture(page, `${name}-${width}`);
        if (width !== lightAxe) {
            await page.emulateMedia({ colorScheme: 'dark' });
            note(`${width} dark`, await axe(page));
            if (lang === 'ar')
                await picture(page, `${name}-${width}-dark`);
            await page.emulateMedia({ colorScheme: 'light' });
        }
    }
    await page.setViewportSize(before);
    return problems;
}

/* The same cookies, another language. */
async function lookAt(world, role, state, lang, paths, expected = 200) {
    const context = await person(world.browser, world.address, { lang, width: 1280, state });
    const page = await context.newPage(), problems = [];
    for (const path of paths) {
        const status = (await open(page, path)).status();
        const there = decodeURIComponent(new URL(page.url()).pathname);
        if (status !== expected || there !== path.split('?')[0])
            problems.push(`${path} ${lang}: ${status} at ${page.url()}`);
        else
            problems.push(...await look(page, role, path, lang));
        world.visited.add(path);
    }
    await context.close();
    return problems;
}

async function inBothLanguages(world, role, state, paths, expected) {
    const found = await Promise.all(['ar', 'en'].map(lang => lookAt(world, role, state, lang, paths, expected)));
    check(found.flat().length === 0, found.flat().join('\n'));
}

/* While the form is being filled in: the only time at which its questions stand. */
async function questions(world, lang) {
    const context = await person(world.browser, world.address, { lang, width: 1280 });
    const page = await context.newPage(), problems = [];
    const visit = async path => {
        problems.push(...await look(page, 'visitor', path, lang));
        world.visited.add(path);
    };
    await answerQuestions(page, { subject: 'تسرب في الشارع', text: 'ماسورة مكسورة أمام المدرسة منذ يومين.', visit });
    if (lang === 'ar') {
        await open(page, '/sign-in');
        await page.locator('form[action="/sign-in"] [name="phone"]').fill('0790001112');
        await press(page, 'form[action="/sign-in"] button.button');
        await visit('/sign-in/code');
        await open(page, '/sign-in');
        await proveMobile(page, '0790001113');
        await visit('/sign-in/identity');
    }
    await context.close();
    check(problems.length === 0, problems.join('\n'));
}

async function mistaken(world, lang) {
    const context = await person(world.browser, world.address, { lang, width: 1280 });
    const page = await context.newPage();
    await open(page, '/follow');
    await press(page, 'main form button.button');
    const problems = await look(page, 'mistaken', '/follow', lang);
    await context.close();
    check(problems.length === 0, problems.join('\n'));
}

/* Who asked for calls is called with the answer: the officer gives it, the agent takes the call. */
async function callOf(world) {
    const { officer, agent } = world.signedIn;
    await open(officer, `/office/requests/${world.omar.number}`);
    await act(officer, 'close', { outcome: 'resolved', answer: 'رُكّب مصباح جديد.' }, 'close/preview');
    await send(officer, 'form.composer .button');
    await open(agent, '/desk/calls');
    check(await agent.locator('form[action$="/take"]').count() > 0, 'nobody waits for a call');
    await press(agent, 'form[action$="/take"] button');
    return new URL(agent.url()).pathname;
}

/* An unfinished request with the questions of its service, as it comes back. */
async function leaveTyped(page) {
    await open(page, '/desk');
    await page.locator('#f-subject').fill('انقطاع المياه');
    await page.locator('#f-entity_q').fill('انقطاع مياه');
    await page.locator('[data-results] .result:has(.result-meta:text-matches("^شركة مياه الأردن"))').first().click();
    await page.locator('[data-asks] [name^="f."]').first().fill('990');
    await page.locator('.desk-form .saved').filter({ hasText: /\S/ }).waitFor();
}

export async function pageTests(world) {
    const routes = sawt('routes').split('\n').map(line => line.split('\t')).filter(row => row[0] === 'GET')
        .map(row => row[1]);
    const { layla, omar, signedIn } = world;
    const state = page => page.context().storageState();
    const walk = (name, role, page, paths, expected) => test(`axe, width, language: ${name}`, async () =>
        inBothLanguages(world, role, page === null ? undefined : await state(page), await paths, expected));

    world.visited = seen;
    mkdirSync(pictures, { recursive: true });
    await walk('public pages', 'visitor', null, ['/', '/follow', '/sign-in', '/sign-in/code', '/staff/sign-in',
                                                 '/outbox', ...['/privacy'].filter(path => routes.includes(path))]);
    await walk('a page that is not there', 'visitor', null, ['/nothing'], 404);
    for (const lang of ['ar', 'en'])
        await test(`axe, width, language: the questions, ${lang}`, () => questions(world, lang));
    await test('axe, width, language: a form with mistakes', () =>
        Promise.all(['ar', 'en'].map(lang => mistaken(world, lang))));
    await walk('the requester', 'requester', layla.page,
               ['/mine', '/account', `/receipt/${layla.number}`, `/follow/${layla.number}`]);
    await walk('the requester of an open request', 'requester2', omar.page,
               [`/follow/${omar.number}`, `/follow/${omar.number}/add`, `/follow/${omar.number}/withdraw`]);
    await test('axe, width, language: an identity that is not verified', async () => {
        await leaveWaiting(world);
        const { rahma, batoul } = world;
        await inBothLanguages(world, 'held', await state(rahma.page),
                              [`/receipt/${rahma.number}`, `/follow/${rahma.number}`]);
        await inBothLanguages(world, 'frozen', await state(batoul.page),
                              ['/mine', `/follow/${batoul.number}`, '/sign-in/identity']);
        await inBothLanguages(world, 'unit-frozen', await state(signedIn.unit), [`/office/requests/${batoul.number}`]);
        await inBothLanguages(world, 'unit-held', await state(signedIn.unit), [`/office/requests/${rahma.number}`]);
    });
    await walk('the officer', 'officer', signedIn.officer,
               ['/office', '/office/closed', '/office/search', '/office/search?q=مياه',
                `/office/requests/${layla.number}`]);
    await walk('the officer with an open file', 'officer-open', signedIn.officer, [`/office/requests/${omar.number}`]);
    await test('axe, width, language: what answers to an officer\'s form', async () => {
        const { officer } = signedIn, answers = [['preview', page => preview(page, omar.number)],
                                                 ['conflict', page => conflict(page, omar.number)],
                                                 ['busy', page => busy(world, page, omar.number)]];
        const problems = [];
        for (const lang of ['ar', 'en'])
            for (const [name, show] of answers)
                problems.push(...await inLanguage(world, officer, lang, async page => {
                    await show(page);
                    return look(page, name, `/office/${name}`, lang);
                }));
        check(problems.length === 0, problems.join('\n'));
    });
    await test('axe, width, language: the link of a new account', async () => {
        const problems = (await Promise.all(['ar', 'en'].map(lang => setup(world, lang, look)))).flat();
        seen.add('/staff/setup/token');
        check(problems.length === 0, problems.join('\n'));
    });
    await walk('a link with a wrong code', 'visitor', null, [`/f/${layla.number}/AAAAAAAAAA`], 404);
    await test('a link with the right code leads to the request', async () => {
        const context = await person(world.browser, world.address);
        const page = await context.newPage();
        await open(page, `/f/${omar.number}/${omar.code.replace('-', '')}`);
        check(new URL(page.url()).pathname === `/follow/${omar.number}`, `it leads to ${page.url()}`);
        await context.close();
    });
    await walk('the directorate', 'directorate', signedIn.directorate, ['/office/questions', world.question]);
    await test('axe, width, language: the unit', async () => {
        await open(signedIn.unit, '/office/triage');
        const link = await signedIn.unit.locator('main tbody a').first().getAttribute('href');
        await inBothLanguages(world, 'unit', await state(signedIn.unit), ['/office/triage', link, '/office/search']);
    });
    await test('axe, width, language: lists of more than one page', async () => {
        fillLists(world);
        const paged = [['unit', '/office/triage'], ['directorate', '/office/questions'],
                       ['officer', '/office'], ['officer', '/office/search?q=مياه']];
        for (const [login, path] of paged) {
            const next = await nextPage(signedIn[login], path);
            await inBothLanguages(world, `${login}-next`, await state(signedIn[login]), [next]);
        }
        await inBothLanguages(world, 'outbox-next', undefined, [await nextPage(layla.page, '/outbox')]);
    });
    await test('axe, width, language: the agent', async () => {
        const call = await callOf(world);
        await leaveTyped(signedIn.agent);
        await inBothLanguages(world, 'agent', await state(signedIn.agent),
                              ['/desk', '/desk/register', '/desk/calls', call,
                               `/desk/requests/${layla.number}`, `/desk/requests/${layla.number}/receipt`]);
    });
    await test('every page of `sawt routes` was looked at', async () => {
        const visited = new Set([...seen].map(path => routeOf(routes, path)));
        const missed = routes.filter(route => !visited.has(route) && !NOT_PAGES.includes(route));
        check(missed.length === 0, `not seen: ${missed.join(' ')}`);
    });
}
