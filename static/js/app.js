/** The one entry: starts every module. Each finds its elements by `data-` attributes and does nothing without them;
 *  every page works without any of them. */

import * as copy from "./copy.js";
import * as dialogs from "./dialogs.js";
import * as forms from "./forms.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as palette from "./palette.js";
import * as selection from "./selection.js";
import * as sight from "./sight.js";
import * as theme from "./theme.js";
import * as times from "./times.js";
import * as toasts from "./toasts.js";

document.documentElement.dataset.script = "";
for (const module of [times, live, copy, dialogs, forms, palette, keys, selection, sight, theme, toasts]) module.start();
