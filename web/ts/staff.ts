// SPDX-License-Identifier: AGPL-3.0-or-later
// What the consoles of the staff get beside app.ts.

import "./keys";
import { watchPreviews } from "./preview";

watchPreviews();
