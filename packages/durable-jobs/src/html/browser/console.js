/** The script of the console's pages. A page is complete without it, except for what operators do. */
import { enableActions } from './actions.js';
import { enableForms } from './forms.js';
import { enableKeys } from './keys.js';
import { keepUpToDate } from './live.js';
import { showActions } from './page.js';
import { enablePreview } from './preview.js';
import { enableSelection } from './selection.js';
import { enableStarts } from './start.js';
import { showTimes } from './times.js';

// Before the times are rewritten, the parts have been noted as they were sent.
showActions();
showTimes();
setInterval(showTimes, 1_000);
enableActions();
enableForms();
enableKeys();
enableSelection();
enablePreview();
enableStarts();
keepUpToDate();
