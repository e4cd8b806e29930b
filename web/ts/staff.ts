// SPDX-License-Identifier: AGPL-3.0-or-later
// What the consoles of the staff get beside app.ts.

import "./keys";
import { watchAsks } from "./asks";
import { watchPreviews } from "./preview";

watchAsks();
watchPreviews();
