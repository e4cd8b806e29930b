// SPDX-License-Identifier: AGPL-3.0-or-later
// The Chromium of the system, with a profile of its own and nothing that calls home.

import { chromium } from "playwright-core";

export const launch = () => chromium.launch({
  executablePath: process.env.SAWT_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
