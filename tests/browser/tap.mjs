// SPDX-License-Identifier: AGPL-3.0-or-later
// Results as TAP. A test that fails does not stop those after it.
let count = 0, failed = 0;

export async function test(name, run) {
    count++;
    const began = Date.now();
    try {
        await run();
        console.log(`ok ${count} - ${name} # ${((Date.now() - began) / 1000).toFixed(1)} s`);
        return true;
    } catch (error) {
        failed++;
        console.log(`not ok ${count} - ${name}`);
        for (const line of String(error.stack ?? error).split('\n').slice(0, 14))
            console.log(`# ${line}`);
        return false;
    }
}

export function check(condition, sentence) {
    if (!condition)
        throw new Error(sentence);
}

export function finish() {
    console.log(`1..${count}`);
    console.log(`# ${count - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
}
