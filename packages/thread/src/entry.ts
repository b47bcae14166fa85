/** The file that a thread's worker begins with. */
import { isBoot } from './messages.js';
import { platform } from './platform.js';
import { runThread } from './run.js';

const { data } = platform();
if (isBoot(data)) runThread(data);
