// SPDX-License-Identifier: AGPL-3.0-or-later
// The pages in a real browser: node tests/browser/run.mjs [--quick] [--pages=WORD], from the root. SAWT names another
// binary; --quick leaves out axe and the pictures of every page, --pages=WORD takes only those of them.
import { finish, test } from './tap.mjs';
import { launch } from './hands.mjs';
import { startServer } from './server.mjs';
import { requesterTests } from './requester.mjs';
import { identityTests } from './identity.mjs';
import { staffTests } from './staff.mjs';
import { badInputTests } from './bad_input.mjs';
import { pageTests } from './pages.mjs';

let server, browser;
try {
    await test('the server starts with a living office', async () => {
        server = await startServer();
        browser = await launch();
    });
    if (browser !== undefined) {
        const world = { server, browser, address: server.address, signedIn: {} };
        await requesterTests(world);
        await identityTests(world);
        await staffTests(world);
        await badInputTests(world);
        if (!process.argv.includes('--quick'))
            await pageTests(world);
    }
} finally {
    await browser?.close();
    await server?.stop();
}
process.exitCode = finish();
