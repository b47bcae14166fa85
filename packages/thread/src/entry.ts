/** The file that a thread's worker begins with. */
import { isBoot, isSpareBoot } from './messages.js';
import { platform } from './platform.js';
import { runThread } from './run.js';
import { awaitAssignment } from './spare.js';

const { data } = platform();
if (isBoot(data)) runThread(data);
else if (isSpareBoot(data)) awaitAssignment(data);
