// SPDX-License-Identifier: AGPL-3.0-or-later
// What every page gets. The pages work without any of it; docs/markup.md lists the attributes that switch it on.

import "./actions";
import "./search";
import { watchCounters } from "./counter";
import { watchFiles } from "./files";
import { watchDrafts } from "./draft";
import { watchSubmits } from "./submit";

// The order counts: a submit that the files refuse must reach neither the drafts nor the guard.
watchFiles();
watchSubmits();
watchDrafts();
watchCounters();

document.querySelector<HTMLElement>(".problems")?.focus();
