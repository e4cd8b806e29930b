// SPDX-License-Identifier: AGPL-3.0-or-later
// What axe does not see: HTML that a validator refuses, targets too small to hit, words that are cut off or lie on others.
import { createRequire } from 'node:module';
import { answerOf } from './hands.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { HtmlValidate } = require('html-validate');

const validator = new HtmlValidate({
    extends: ['html-validate:recommended'],
    elements: ['html5', Object.fromEntries(['sawt-search', 'sawt-actions', 'sawt-keys'].map(name =>
        [name, { flow: true, permittedContent: ['@flow'] }]))],
    // What HTML says of an input or a button without a type is what ours are; the rest is taste or for pages that load
    // from elsewhere.
    rules: { 'no-implicit-button-type': 'off', 'no-implicit-input-type': 'off', 'no-trailing-whitespace': 'off',
             'valid-id': ['error', { relaxed: true }], // a field of a service is named f.CODE
             'long-title': 'off', 'require-sri': 'off' },
});

/* As it was sent, which the page in the browser no longer is. */
export async function htmlFaults(page) {
    const report = await validator.validateString(await answerOf(page).text());
    return report.results.flatMap(result => result.messages)
        .map(fault => `html ${fault.ruleId} at line ${fault.line}: ${fault.message}`);
}

/* 24 pixels are WCAG's least; citizens' buttons are 48 by the style sheet. Links in sentences are exempt. */
export const smallTargets = page => page.evaluate(() =>
    [...document.querySelectorAll('main :is(a, button, input, select, textarea, summary)')]
        .filter(target => target.offsetParent !== null && !target.closest('.choice, .scale, .vh, sawt-keys label'))
        .filter(target => getComputedStyle(target).display !== 'inline')
        .map(target => [target, target.getBoundingClientRect()])
        .filter(([, box]) => box.height > 0 && box.height < 24)
        .map(([target, box]) => `small target ${target.outerHTML.slice(0, 80)} ${Math.round(box.height)} px`));

/* Words outside of a box that hides what overflows it, and headings, buttons and labels that lie on one another. */
export const lostWords = page => page.evaluate(() => {
    const shown = element => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
    const faults = [];
    for (const element of document.querySelectorAll('main *, header *, footer *')) {
        const style = getComputedStyle(element);
        if (!shown(element) || element.closest('.vh, svg, select, textarea, input') || style.overflowX === 'visible')
            continue;
        const forScreenReaders = element.clientWidth <= 1;
        if (!forScreenReaders && ['hidden', 'clip'].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1 &&
            style.textOverflow !== 'ellipsis')
            faults.push(`cut off: ${element.outerHTML.slice(0, 100)}`);
    }
    const solid = [...document.querySelectorAll('main :is(h1, h2, h3, label, legend, button, .button)')].filter(shown);
    const boxes = solid.map(element => [element, element.getBoundingClientRect()]).filter(([, box]) => box.width > 2);
    for (let i = 0; i < boxes.length; i++)
        for (let j = i + 1; j < boxes.length; j++) {
            const [a, one] = boxes[i], [b, other] = boxes[j];
            const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
            const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
            if (width > 2 && height > 2 && !a.contains(b) && !b.contains(a) && !a.closest('.choice, .scale, sawt-keys'))
                faults.push(`overlap: ${a.outerHTML.slice(0, 60)} ¦ ${b.outerHTML.slice(0, 60)}`);
        }
    return faults.slice(0, 5);
});
